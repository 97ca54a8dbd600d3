/**
 * READ(6) and VERIFY(6) of a lane in every length and with every flag, variable and fixed, against the
 * model: from the drive, from a tape that the ring does not know, and from the ring while a recovery runs.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RECORD_BYTES_MAX } from "../../assembly/spec/abi.ts";
import { LaneHost } from "./lane-host.ts";
import { modelRead, type ReadOrder, readWords } from "./read-model.ts";
import { DRIVE_FAILURE } from "./tape-drive.ts";

const RUNS = { numRuns: 80 };
const NOTHING = new Uint8Array();
const BLOCK = 8;

type Tape = readonly (Uint8Array | undefined)[];

const OBJECT = fc.constantFrom(BLOCK, BLOCK, BLOCK, BLOCK - 3, BLOCK + 5, undefined);
const TAPE: fc.Arbitrary<Tape> = fc
  .array(OBJECT, { maxLength: 12 })
  .map((lengths) =>
    lengths.map((length, at) =>
      length === undefined ? undefined : new Uint8Array(length).fill(at + 1),
    ),
  );
const ORDER: fc.Arbitrary<ReadOrder> = fc.record({
  isVerify: fc.boolean(),
  flags: fc.constantFrom(0, 0, 1, 1, 2, 3),
  length: fc.constantFrom(0, 1, 2, 3, BLOCK - 3, BLOCK, BLOCK, BLOCK + 5, 0xff_ffff),
});
const STORY = fc.tuple(
  TAPE,
  fc.constantFrom(0, 0, BLOCK),
  fc.array(fc.tuple(ORDER, fc.nat(12)), { minLength: 1, maxLength: 10 }),
);

function cdbOf({ isVerify, flags, length }: ReadOrder): number[] {
  return [
    isVerify ? 0x13 : 0x08,
    flags,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff,
  ];
}

function setBlockLength(host: LaneHost, bytes: number): void {
  const list = Buffer.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 0, bytes]);
  assert.equal(host.command([0x15, 0x10, 0, 0, list.length, 0], list, 0).status, 0);
}

/** Writes the tape through the lane; whatever the drive makes of it. */
function write(host: LaneHost, tape: Tape): void {
  for (const object of tape) {
    const { status } =
      object === undefined
        ? host.command([0x10, 1, 0, 0, 1, 0], NOTHING, 0)
        : host.command([0x0a, 0, 0, 0, object.length, 0], object, 0);
    assert.equal(status, 0);
  }
}

interface Place {
  readonly name: string;
  readonly open: (tape: Tape) => Promise<LaneHost>;
}

async function mounted(host: LaneHost): Promise<LaneHost> {
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  return host;
}

const PLACES: readonly Place[] = [
  {
    name: "what the lane has written",
    open: async (tape) => {
      const host = await mounted(await LaneHost.start());
      write(host, tape);
      return host;
    },
  },
  {
    name: "what somebody else has written",
    open: async (tape) => {
      const host = await LaneHost.start({ headerMarks: 0, copyBelowPercent: 0 });
      host.drive.objects.push(...tape);
      return mounted(host);
    },
  },
  {
    name: "from the ring, a recovery runs",
    open: async (tape) => {
      const host = await mounted(await LaneHost.start({ spareDrives: 1 }));
      host.drive.writeFailure = DRIVE_FAILURE;
      write(host, [Uint8Array.of(0), ...tape]);
      return host;
    },
  },
];

for (const { name, open } of PLACES) {
  test(`READ and VERIFY as the model has them: ${name}`, async () => {
    const run = fc.asyncProperty(STORY, async ([objects, blockLength, orders]) => {
      const host = await open(objects);
      const isRing = host.drive.writeFailure !== undefined;
      const tape = isRing ? [Uint8Array.of(0), ...objects] : objects;
      setBlockLength(host, blockLength);
      for (const [order, place] of orders) {
        const at = Math.min(place, tape.length);
        assert.equal(host.command([0x2b, 0, 0, 0, 0, 0, at], NOTHING, 0).status, 0);
        const expected = modelRead(tape, at, blockLength, order);
        const { status, sense, data } = host.command(cdbOf(order), NOTHING, RECORD_BYTES_MAX);
        const isTooLong = (order.flags & 1) === 1 && order.length === 0xff_ffff && !order.isVerify;
        if (isTooLong && expected.words !== "5/2400") {
          assert.equal(readWords(status, sense), "5/2400");
          continue;
        }
        const what = JSON.stringify({ order, at });
        assert.equal(readWords(status, sense), expected.words, what);
        assert.deepEqual(Buffer.from(data), expected.data, what);
        const { data: position } = host.command([0x34], NOTHING, 20);
        assert.equal(Buffer.from(position).readUInt32BE(4), expected.at, what);
      }
    });
    await fc.assert(run, RUNS);
  });
}

test("blocks up to a record that cannot be read are given, the rest is the residual", async () => {
  const host = await LaneHost.start({ headerMarks: 0, copyBelowPercent: 0 });
  host.drive.objects.push(...[1, 2, 3, 4].map((fill) => new Uint8Array(BLOCK).fill(fill)));
  await mounted(host);
  setBlockLength(host, BLOCK);
  host.drive.readFailure = 2;
  const { status, sense, data } = host.command([0x08, 1, 0, 0, 4], NOTHING, 4 * BLOCK);
  assert.equal(readWords(status, sense), "3/1100 2");
  assert.deepEqual([data.length, data[0], data[BLOCK]], [2 * BLOCK, 1, 2]);
});

test("VERIFY tells what the medium does not give back; READ takes it from the ring", async () => {
  const host = await mounted(await LaneHost.start());
  write(host, [new Uint8Array(BLOCK).fill(1), new Uint8Array(BLOCK).fill(2)]);
  assert.equal(host.command([0x01], NOTHING, 0).status, 0);
  host.drive.readFailure = 0;
  const failed = host.command([0x13, 0, 0, 0, BLOCK], NOTHING, 0);
  assert.match(readWords(failed.status, failed.sense), /^3\/1100/);
  const fromRing = host.command([0x08, 0, 0, 0, BLOCK], NOTHING, BLOCK);
  assert.deepEqual([fromRing.status, fromRing.data[0]], [0, 1]);
  host.drive.readFailure = undefined;
  // The medium gives other bytes than were written.
  host.drive.objects[1] = new Uint8Array(BLOCK).fill(9);
  const differs = host.command([0x13, 0, 0, 0, BLOCK], NOTHING, 0);
  assert.match(readWords(differs.status, differs.sense), /^3\/1100/);
  const mended = host.command([0x08, 0, 0, 0, BLOCK], NOTHING, BLOCK);
  assert.deepEqual([mended.status, mended.data[0]], [0, 2]);
});
