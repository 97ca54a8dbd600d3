/** Commands that bring data: MODE SELECT, SEND VOLUME TAG with what REQUEST VOLUME ELEMENT ADDRESS finds. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { EV_NEXUS, NEXUS_ESTABLISHED, NEXUS_LOST } from "../../assembly/spec/event.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Bench, moveCdb, outcome } from "./bench.ts";
import { library } from "./model-library.ts";

const TAGS = ["AAA001L9", "AAA002L9", "AAB003L9", "AAB004L9", "CLN001L1", "SPR001L9"];

async function bench(): Promise<Bench> {
  const real = library({ slots: 8, drives: 3, ports: 2 }, TAGS);
  return await Bench.started({ library: real, lanes: 2, spares: ["SPR001L9"] });
}
function modeSelect(b: Bench, list: Buffer, options = 0x10): string {
  const cdb = [0x15, options, 0, 0, list.length, 0];
  return outcome(b.ask(cdb, 1, 0, list));
}
/** The current page, as MODE SELECT(6) has it: behind a header of zeros. */
function page(b: Bench, code: number): Buffer {
  const { data } = b.ask([0x1a, 8, code, 0, 255, 0]);
  return Buffer.concat([Buffer.alloc(4), data.subarray(4)]);
}

test("MODE SELECT: what is there already is accepted, nothing else is", async () => {
  const b = await bench();
  for (const code of [0x1d, 0x1e, 0x1f, 0x3f]) {
    const list = page(b, code);
    assert.equal(modeSelect(b, list), "good", `page ${code.toString(16)}`);
    for (let at = 5; at < list.length; at += 1) {
      const other = Buffer.from(list);
      other.writeUInt8(list.readUInt8(at) ^ 0x01, at);
      assert.equal(modeSelect(b, other), "5/2600", `byte ${at} of page ${code.toString(16)}`);
    }
  }
  const ten = Buffer.concat([Buffer.alloc(4), page(b, 0x1d)]);
  assert.equal(outcome(b.ask([0x55, 0x10, 0, 0, 0, 0, 0, 0, ten.length, 0], 1, 0, ten)), "good");
});

test("a parameter list that was taken leaves no residual count, whatever is said of it", async () => {
  const b = await bench();
  const list = page(b, 0x1d);
  const select = (data: Buffer) => b.ask([0x15, 0x10, 0, 0, data.length, 0], 1, 0, data);
  const search = Buffer.alloc(40);
  search.write("AAA*".padEnd(32));
  const answers = [
    select(list),
    select(Buffer.alloc(list.length, 0x55)),
    b.ask([0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0], 1, 0, Buffer.alloc(24, 9)),
    b.ask([0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 40, 0, 0], 1, 0, search),
  ];
  assert.deepEqual(
    answers.map((answer) => [outcome(answer), answer.wanted]),
    [
      ["good", list.length],
      ["5/2600", list.length],
      ["5/2600", 24],
      ["good", 40],
    ],
  );
  const refused = b.ask([0x15, 0x11, 0, 0, list.length, 0], 1, 0, list);
  assert.deepEqual([outcome(refused), refused.wanted], ["5/2400", 0], "not even asked for");
  assert.equal(b.ask([0, 0, 0, 0, 0, 0]).wanted, 0);
});

test("MODE SELECT: lists that are no lists", async () => {
  const b = await bench();
  const list = page(b, 0x1d);
  assert.equal(modeSelect(b, list, 0x11), "5/2400", "nothing is saved");
  assert.equal(modeSelect(b, list, 0), "5/2400", "PF");
  assert.equal(outcome(b.ask([0x15, 0x10, 0, 0, 0, 0])), "good", "no list");
  assert.equal(modeSelect(b, Buffer.alloc(4)), "good", "no page");
  for (const bytes of [1, 3, 5, 12, list.length - 1]) {
    assert.equal(modeSelect(b, list.subarray(0, bytes)), "5/1a00", `${bytes} bytes`);
  }
  assert.equal(
    modeSelect(b, Buffer.concat([Buffer.from([0, 0, 0, 8]), Buffer.alloc(8)])),
    "5/2600",
  );
  assert.equal(modeSelect(b, Buffer.from([0, 0, 0, 0, 0x10, 2, 0, 0])), "5/2600", "another page");
  const short = b.ask([0x15, 0x10, 0, 0, list.length, 0], 1, 0, list.subarray(0, 8));
  assert.equal(outcome(short), "5/2400", "less data than the CDB says");
});

interface Search {
  readonly action?: number;
  readonly type?: number;
  readonly start?: number;
  readonly nexus?: number;
  readonly minimum?: number;
}
function search(b: Bench, template: string, wish: Search = {}): string {
  const { action = 5, type = 0, start = 0, nexus = 1, minimum = 0 } = wish;
  const list = Buffer.alloc(40);
  list.write(template, "latin1");
  list.writeUInt16BE(minimum, 34);
  list.writeUInt16BE(0xffff, 38);
  const cdb = [0xb6, type, start >> 8, start & 0xff, 0, action, 0, 0, 0, 40, 0, 0];
  return outcome(b.ask(cdb, nexus, 0, list));
}
interface Found {
  readonly first: number;
  readonly count: number;
  readonly action: number;
  readonly all: [number, string][];
}
function found(b: Bench, count = 0xffff, allocation = 0xffff, nexus = 1): Found {
  const [high, low] = [allocation >> 8, allocation & 0xff];
  const cdb = [0xb5, 0x10, 0, 0, count >> 8, count & 0xff, 0, 0, high, low, 0, 0];
  const reply = b.ask(cdb, nexus);
  assert.equal(outcome(reply), "good");
  const { data } = reply;
  const all: [number, string][] = [];
  for (let page = 8; page + 8 <= data.length; ) {
    const bytes = data.readUInt16BE(page + 2);
    const end = page + 8 + data.readUIntBE(page + 5, 3);
    for (let at = page + 8; at < end && at + bytes <= data.length; at += bytes) {
      all.push([data.readUInt16BE(at), data.toString("latin1", at + 12, at + 44).trimEnd()]);
    }
    page = end;
  }
  return {
    first: data.readUInt16BE(0),
    count: data.readUInt16BE(2),
    action: data.readUInt8(4),
    all,
  };
}
const NOTHING: Found = { first: 0, count: 0, action: 5, all: [] };

test("a search finds volume tags wherever they are, each once", async () => {
  const b = await bench();
  b.ask(moveCdb(1001, 256));
  assert.equal(search(b, "AA*"), "good");
  assert.deepEqual(found(b), {
    first: 256,
    count: 4,
    action: 5,
    all: [
      [256, "AAA002L9"],
      [1000, "AAA001L9"],
      [1002, "AAB003L9"],
      [1003, "AAB004L9"],
    ],
  });
  assert.deepEqual(found(b), NOTHING, "all have been reported");
});

test("templates: whole tags, any character, nothing hidden", async () => {
  const b = await bench();
  const rows: [string, number[]][] = [
    ["AAA001L9", [1000]],
    ["AAA001L9                        ", [1000]],
    ["AAA001", []],
    ["AA?00?L9", [1000, 1001, 1002, 1003]],
    ["???00?L1", [1004]],
    ["*", [1000, 1001, 1002, 1003, 1004]],
    ["SPR*", []],
    ["", []],
  ];
  for (const [template, wanted] of rows) {
    assert.equal(search(b, template), "good");
    assert.deepEqual(
      found(b).all.map(([address]) => address),
      wanted,
      template,
    );
  }
});

test("a search by type and address; results in pieces, none cut", async () => {
  const b = await bench();
  b.ask(moveCdb(1001, 256));
  search(b, "*", { type: 4 });
  assert.deepEqual(found(b).all, [[256, "AAA002L9"]]);
  search(b, "*", { type: 2, start: 1001 });
  assert.deepEqual(
    found(b).all.map(([address]) => address),
    [1002, 1003, 1004],
  );
  search(b, "*");
  assert.deepEqual(found(b, 2).all.length, 2);
  // The rest: room for the header alone, then for one and a half.
  assert.deepEqual(found(b, 9, 8).all, []);
  assert.deepEqual(found(b, 9, 8 + 8 + 52 + 26).all, [[1002, "AAB003L9"]]);
  assert.deepEqual(
    found(b).all.map(([address]) => address),
    [1003, 1004],
  );
});

test("sequence numbers are zero", async () => {
  const b = await bench();
  for (const [action, minimum, wanted] of [
    [0, 0, 1],
    [1, 0, 1],
    [0, 1, 0],
    [1, 1, 0],
    [4, 1, 1],
    [5, 1, 1],
  ] as const) {
    search(b, "AAA001L9", { action, minimum });
    assert.equal(found(b).all.length, wanted, `action ${action}, from ${minimum}`);
    assert.equal(found(b).action, action);
  }
});

test("searches that are refused; a search is of its nexus", async () => {
  const b = await bench();
  for (const nexus of [1, 2]) b.send({ ...coreEvent(EV_NEXUS), a: nexus, b: NEXUS_ESTABLISHED });
  const request = [0xb5, 0x10, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0];
  assert.equal(outcome(b.ask(request)), "5/2c00", "nothing was searched for");
  for (const action of [2, 6, 8, 0x0a, 0x0c, 0x1f])
    assert.equal(search(b, "*", { action }), "5/2400");
  assert.equal(search(b, "*", { type: 5 }), "5/2400");
  const odd = [0xb6, 0, 0, 0, 0, 5, 0, 0, 0, 39, 0, 0];
  assert.equal(outcome(b.ask(odd, 1, 0, Buffer.alloc(40))), "5/1a00");
  assert.equal(search(b, "*"), "good");
  assert.equal(outcome(b.ask(request, 2)), "5/2c00", "of another nexus");
  assert.equal(outcome(b.ask(request.with(1, 0x15), 1)), "5/2400");
  b.send({ ...coreEvent(EV_NEXUS), a: 1, b: NEXUS_LOST });
  assert.equal(outcome(b.ask(request, 1)), "5/2c00", "it ended with its nexus");
});
