/**
 * SPACE, LOCATE and READ POSITION of a lane against a model that is nothing but a list of objects: where
 * the ring has the image, where only the drive knows the tape, and where not even the drive can say where it
 * stands; also when another instance takes over in the middle.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Answer, LaneHost } from "./lane-host.ts";

const RUNS = { numRuns: 60 };
const NOTHING = new Uint8Array();
const POSITION_BYTES = 32;

type TapeObject = "record" | "mark";

/** What a tape of these objects answers, worked out step by step. */
class Model {
  readonly objects: readonly TapeObject[];
  at = 0;

  constructor(objects: readonly TapeObject[]) {
    this.objects = objects;
  }

  get marks(): number {
    return this.objects.slice(0, this.at).filter((kind) => kind === "mark").length;
  }

  space(code: number, count: number): string {
    if (code === 3) {
      this.at = this.objects.length;
      return "GOOD";
    }
    const wanted = Math.abs(count);
    for (let done = 0; done < wanted; ) {
      const kind = count > 0 ? this.objects[this.at] : this.objects[this.at - 1];
      if (kind === undefined) {
        return count > 0 ? `8/0005 ${wanted - done}` : `4_/0004 ${wanted - done}`;
      }
      this.at += Math.sign(count);
      if (code === 0 && kind === "mark") {
        return `8_/0001 ${wanted - done}`;
      }
      done += code === 0 || kind === "mark" ? 1 : 0;
    }
    return "GOOD";
  }

  locate(object: number): string {
    this.at = Math.min(object, this.objects.length);
    return object > this.objects.length ? "8/0005" : "GOOD";
  }

  file(file: number): string {
    const starts = [0, ...this.objects.flatMap((kind, at) => (kind === "mark" ? [at + 1] : []))];
    this.at = starts[file] ?? this.objects.length;
    return starts[file] === undefined ? "8/0005" : "GOOD";
  }
}

const KIND = fc.constantFrom<TapeObject>("record", "record", "mark");
const MOVE = fc.oneof(
  fc.record({
    op: fc.constantFrom("space6" as const, "space16" as const),
    code: fc.constantFrom(0, 0, 1, 1, 3),
    count: fc.integer({ min: -12, max: 12 }),
  }),
  fc.record({ op: fc.constantFrom("locate10" as const, "locate16" as const), to: fc.nat(24) }),
  fc.record({ op: fc.constant("file" as const), to: fc.nat(8) }),
  fc.record({ op: fc.constantFrom("end" as const, "rewind" as const, "read" as const) }),
);
type Move = typeof MOVE extends fc.Arbitrary<infer T> ? T : never;

function cdbOf(move: Exclude<Move, { op: "read" }>): number[] {
  switch (move.op) {
    case "space6":
      return [
        0x11,
        move.code,
        0xff & (move.count >> 16),
        0xff & (move.count >> 8),
        0xff & move.count,
      ];
    case "space16": {
      const cdb = Buffer.alloc(16);
      cdb.set([0x91, move.code]);
      cdb.writeBigInt64BE(BigInt(move.count), 4);
      return [...cdb];
    }
    case "locate10":
      return [0x2b, 0x04, 0, 0, 0, 0, move.to];
    case "locate16":
      return [0x92, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, move.to];
    case "file":
      return [0x92, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, move.to];
    case "end":
      return [0x92, 0x18];
    case "rewind":
      return [0x01, 0x01];
    default:
      return assert.fail();
  }
}

function modelled(model: Model, move: Exclude<Move, { op: "read" }>): string {
  switch (move.op) {
    case "space6":
    case "space16":
      return model.space(move.code, move.count);
    case "locate10":
    case "locate16":
      return model.locate(move.to);
    case "file":
      return model.file(move.to);
    case "end":
      return model.space(3, 0);
    case "rewind":
      return model.locate(0);
    default:
      return assert.fail();
  }
}

/** "GOOD", or bits and key, code, INFORMATION where it is valid: "8_/0001 3". */
function words({ status, sense }: Answer): string {
  if (status === 0) {
    return "GOOD";
  }
  const view = Buffer.from(sense);
  const second = view.readUInt8(2);
  const key = second > 0x0f ? `${(second >> 4).toString(16)}_` : second.toString(16);
  const isValid = (view.readUInt8(0) & 0x80) !== 0;
  const code = view.readUInt16BE(12).toString(16).padStart(4, "0");
  return `${key}/${code}${isValid ? ` ${view.readInt32BE(3)}` : ""}`;
}

function readOne(host: LaneHost, model: Model): void {
  const { status, sense, data } = host.command([0x08, 2, 0, 0x10, 0, 0], NOTHING, 4096);
  const kind = model.objects[model.at];
  if (kind === "record") {
    assert.deepEqual([status, ...data], [0, 1, model.at]);
  } else {
    assert.deepEqual([status, (sense[2] ?? 0) & 0x8f], [2, kind === "mark" ? 0x80 : 0x08]);
  }
  model.at += kind === undefined ? 0 : 1;
}

/** Both forms of READ POSITION; `marksKnown`: the long one has to know the filemarks. */
function positionIs(host: LaneHost, model: Model, marksKnown: boolean): void {
  const short = Buffer.from(host.command([0x34, 1], NOTHING, POSITION_BYTES).data);
  assert.equal(short.readUInt32BE(4), model.at);
  assert.equal((short.readUInt8(0) & 0x80) !== 0, model.at === 0);
  const long = Buffer.from(host.command([0x34, 6], NOTHING, POSITION_BYTES).data);
  assert.equal(long.readBigUInt64BE(8), BigInt(model.at));
  if (marksKnown || model.at === 0) {
    assert.equal(long.readUInt8(0) & 0x08, 0, "filemarks unknown");
    assert.equal(long.readBigUInt64BE(16), BigInt(model.marks));
  } else {
    assert.equal(long.readUInt8(0) & 0x08, 0x08);
  }
}

interface Tape {
  readonly name: string;
  readonly isWritten: boolean;
  readonly isPlain: boolean;
}

const TAPES: readonly Tape[] = [
  { name: "the ring has the image", isWritten: true, isPlain: false },
  { name: "only the drive knows the tape", isWritten: false, isPlain: false },
  { name: "the ring has the image, the drive has no LOCATE", isWritten: true, isPlain: true },
  { name: "nobody knows the tape", isWritten: false, isPlain: true },
];

/** A lane with these objects on the tape: written through it, or by somebody else before. */
async function laneWith(
  objects: readonly TapeObject[],
  { isWritten, isPlain }: Tape,
  successors: number,
): Promise<LaneHost> {
  const host = await LaneHost.start({ isPlain, successors, headerMarks: 0, copyBelowPercent: 0 });
  const record = (at: number): Uint8Array => Uint8Array.of(1, at);
  if (!isWritten) {
    host.drive.objects.push(
      ...objects.map((kind, at) => (kind === "mark" ? undefined : record(at))),
    );
  }
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  if (isWritten) {
    for (const [at, kind] of objects.entries()) {
      const { status } =
        kind === "mark"
          ? host.command([0x10, 1, 0, 0, 1, 0], NOTHING, 0)
          : host.command([0x0a, 0, 0, 0, 2, 0], record(at), 0);
      assert.equal(status, 0);
    }
  }
  assert.equal(host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0).status, 0);
  return host;
}

for (const tape of TAPES) {
  test(`SPACE, LOCATE, READ POSITION: ${tape.name}`, async () => {
    const story = fc.tuple(
      fc.array(KIND, { maxLength: 20 }),
      fc.array(MOVE, { minLength: 1, maxLength: 12 }),
      fc.array(fc.record({ move: fc.nat(11), steps: fc.nat(8) }), { maxLength: 2 }),
    );
    const run = fc.asyncProperty(story, async ([objects, moves, traps]) => {
      const host = await laneWith(objects, tape, traps.length);
      const model = new Model(objects);
      for (const [index, move] of moves.entries()) {
        const here = traps.find((one) => one.move === index);
        if (here !== undefined) {
          host.trapIn(here.steps);
        }
        if (move.op === "read") {
          readOne(host, model);
        } else {
          const told = words(host.command(cdbOf(move), NOTHING, 0));
          assert.equal(told, modelled(model, move), JSON.stringify(move));
        }
        positionIs(host, model, tape.isWritten || !tape.isPlain);
      }
    });
    await fc.assert(run, RUNS);
  });
}
