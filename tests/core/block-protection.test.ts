/** Logical block protection: the page of each nexus, and what its words do to WRITE, READ and VERIFY. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost, OTHER_NEXUS } from "./lane-host.ts";
import { DRIVE_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ROOM = 4096;
const HEADER = "00001000";
const PAGE_HEAD = "4af0001c";
const NONE = `${PAGE_HEAD}${"00".repeat(28)}`;
const BOTH = `${PAGE_HEAD}0204c0${"00".repeat(25)}`;
const GUARD_FAILED = "4/10/01";

/** "GOOD", or key and code of fixed format, the flags of its third byte, and a valid INFORMATION. */
function words({ status, sense }: Answer): string {
  if (status === 0) {
    return "GOOD";
  }
  const hex = (byte = 0) => byte.toString(16).toUpperCase().padStart(2, "0");
  const second = sense[2] ?? 0;
  const flags = (second & 0x20) === 0 ? "" : " ILI";
  const left = Buffer.from(sense).readInt32BE(3);
  const information = ((sense[0] ?? 0) & 0x80) === 0 ? "" : ` ${left}`;
  return `${second & 15}/${hex(sense[12])}/${hex(sense[13])}${flags}${information}`;
}

function pageOf(host: LaneHost, control = 0, nexus?: number): string {
  const answer = host.command([0x1a, 8, (control << 6) | 0x0a, 0xf0, 255, 0], NOTHING, 255, nexus);
  return Buffer.from(answer.data.subarray(4)).toString("hex");
}
function select(host: LaneHost, list: string, nexus?: number): Answer {
  const data = Buffer.from(list, "hex");
  return host.command([0x15, 0x10, 0, 0, data.length, 0], data, 0, nexus);
}
function six(code: number, flags: number, length: number): number[] {
  return [code, flags, length >> 16, (length >> 8) & 0xff, length & 0xff, 0];
}
/** Records as they go over the wire, each with its word. */
function withWords(...records: readonly Buffer[]): Buffer {
  const parts = records.map((record) => {
    const word = Buffer.alloc(4);
    word.writeUInt32LE(crc32c(record));
    return Buffer.concat([record, word]);
  });
  return Buffer.concat(parts);
}
function write(host: LaneHost, sent: Buffer, nexus?: number): string {
  return words(host.command(six(0x0a, 0, sent.length), sent, 0, nexus));
}
function read(host: LaneHost, length: number, flags = 0): readonly [string, string] {
  const answer = host.command(six(0x08, flags, length), NOTHING, ROOM);
  return [words(answer), Buffer.from(answer.data).toString("hex")];
}
function rewind(host: LaneHost): void {
  assert.equal(words(host.command([1, 0, 0, 0, 0, 0], NOTHING, 0)), "GOOD");
}
function position(host: LaneHost): number {
  const { data } = host.command([0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0], NOTHING, 20);
  return Buffer.from(data).readUInt32BE(4);
}
function spoilt(sent: Buffer, at: number): Buffer {
  const bad = Buffer.from(sent);
  bad.writeUInt8((bad[at] ?? 0) ^ 0x10, at);
  return bad;
}
const A = Buffer.from("the first record");
const B = Buffer.from("another one, 20 long");

async function ready(settings = {}): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  host.nexus(OTHER_NEXUS, ev.NEXUS_ESTABLISHED);
  return host;
}
async function protectedHost(settings = {}): Promise<LaneHost> {
  const host = await ready(settings);
  assert.equal(words(select(host, HEADER + BOTH)), "GOOD");
  return host;
}

test("the page: each nexus' own, changeable, refused where it cannot be", async () => {
  const host = await ready();
  assert.equal(pageOf(host), NONE);
  assert.equal(pageOf(host, 1), `${PAGE_HEAD}ff3fc0${"00".repeat(25)}`);
  assert.equal(words(select(host, HEADER + BOTH)), "GOOD");
  assert.equal(pageOf(host), BOTH);
  assert.equal(pageOf(host, 2), NONE);
  assert.equal(pageOf(host, 0, OTHER_NEXUS), NONE, "nor is it told");
  const wrong = [
    ["0104c0", 8],
    ["0208c0", 9],
    ["0204e0", 10],
    ["f004c0", 8],
  ] as const;
  for (const [fields, place] of wrong) {
    const { sense, ...answer } = select(host, HEADER + BOTH.replace("0204c0", fields));
    assert.equal(words({ sense, ...answer }), "5/26/00");
    assert.deepEqual([sense[15], sense[17]], [0x80, place]);
  }
  assert.equal(pageOf(host), BOTH);
  assert.equal(words(select(host, HEADER + BOTH.replace("04c0", "0480"), OTHER_NEXUS)), "GOOD");
  // Without a method the rest means nothing.
  assert.equal(words(select(host, HEADER + BOTH.replace("0204", "0004"))), "GOOD");
  assert.deepEqual(
    [pageOf(host), pageOf(host, 0, OTHER_NEXUS)],
    [NONE, BOTH.replace("04c0", "0480")],
  );
});

test("the choice ends with its nexus, which is told, and with a reset; not with a trapped core", async () => {
  const host = await protectedHost({ successors: 1 });
  assert.equal(words(select(host, HEADER + BOTH, OTHER_NEXUS)), "GOOD");
  host.trapIn(0);
  assert.equal(pageOf(host), BOTH);
  host.nexus(OTHER_NEXUS, ev.NEXUS_LOST);
  host.nexus(OTHER_NEXUS, ev.NEXUS_ESTABLISHED);
  const ask = [0, 0, 0, 0, 0, 0];
  assert.equal(words(host.command(ask, NOTHING, 0, OTHER_NEXUS)), "6/29/07");
  assert.deepEqual([pageOf(host, 0, OTHER_NEXUS), pageOf(host)], [NONE, BOTH]);
  host.nexus(OTHER_NEXUS, ev.NEXUS_LU_RESET);
  assert.equal(words(host.command(ask, NOTHING, 0)), "6/29/03");
  assert.equal(pageOf(host), NONE);
});

test("variable blocks: a right word is taken off, a wrong one ends the WRITE with nothing taken", async () => {
  const host = await protectedHost();
  assert.equal(write(host, withWords(A)), "GOOD");
  const bad = spoilt(withWords(B), B.length + 1);
  const { received } = host.show();
  assert.equal(write(host, bad), `${GUARD_FAILED} 24`);
  assert.equal(write(host, spoilt(withWords(B), 0)), `${GUARD_FAILED} 24`);
  assert.equal(write(host, B.subarray(0, 4)), "5/24/00");
  assert.deepEqual([position(host), host.show().received], [1, received]);
  assert.equal(write(host, withWords(B)), "GOOD");
  // Of a nexus that has not chosen it the four bytes are data.
  assert.equal(write(host, withWords(A), OTHER_NEXUS), "GOOD");
  rewind(host);
  assert.deepEqual(read(host, 20), ["GOOD", withWords(A).toString("hex")]);
  assert.deepEqual(read(host, 24), ["GOOD", withWords(B).toString("hex")]);
  assert.deepEqual(read(host, 24), ["GOOD", withWords(withWords(A)).toString("hex")]);
  assert.deepEqual(read(host, 24), ["8/00/05 24", ""]);
});

test("fixed blocks: each has its word; one wrong one, and none is taken", async () => {
  const host = await protectedHost();
  const block = Buffer.from("sixteen bytes it");
  const sent = withWords(A, block, A);
  assert.equal(words(select(host, "00001008" + "0000000000000014")), "GOOD");
  assert.equal(words(host.command(six(0x0a, 1, 3), spoilt(sent, 45), 0)), `${GUARD_FAILED} 3`);
  assert.equal(position(host), 0);
  assert.equal(words(host.command(six(0x0a, 1, 3), sent, 0)), "GOOD");
  assert.equal(position(host), 3);
  rewind(host);
  assert.deepEqual(read(host, 2, 1), ["GOOD", sent.subarray(0, 40).toString("hex")]);
  assert.deepEqual(read(host, 2, 1), ["8/00/05 1", sent.subarray(40).toString("hex")]);
  // A VERIFY counts as a READ does.
  rewind(host);
  assert.equal(words(host.command(six(0x13, 1, 3), NOTHING, 0)), "GOOD");
  rewind(host);
  assert.equal(words(select(host, "00001008" + "0000000000000010")), "GOOD");
  assert.equal(words(host.command(six(0x13, 1, 3), NOTHING, 0)), "0/00/00 ILI 3");
});

test("other lengths: the word is part of the record, and is cut with it", async () => {
  const host = await protectedHost();
  assert.equal(write(host, withWords(A)), "GOOD");
  const whole = withWords(A).toString("hex");
  for (const [length, left] of [
    [100, 80],
    [21, 1],
    [19, -1],
    [18, -2],
    [16, -4],
    [10, -10],
    [2, -18],
  ] as const) {
    rewind(host);
    assert.deepEqual(read(host, length), [`0/00/00 ILI ${left}`, whole.slice(0, 2 * length)]);
  }
  rewind(host);
  assert.deepEqual(read(host, 100, 2), ["GOOD", whole]);
});

test("what was behind a WRITE with a wrong word is still there", async () => {
  const host = await protectedHost();
  for (const record of [A, B, A]) {
    assert.equal(write(host, withWords(record)), "GOOD");
  }
  rewind(host);
  assert.deepEqual(read(host, 20)[0], "GOOD");
  assert.equal(write(host, spoilt(withWords(A), 3)), `${GUARD_FAILED} 20`);
  assert.deepEqual(read(host, 24), ["GOOD", withWords(B).toString("hex")]);
  assert.deepEqual(read(host, 20), ["GOOD", withWords(A).toString("hex")]);
  assert.equal(read(host, 20)[0], "8/00/05 20");
  rewind(host);
  assert.equal(write(host, withWords(B)), "GOOD");
  assert.equal(read(host, 20)[0], "8/00/05 20");
});

test("from the ring, while a recovery runs: single records, and one of many", async () => {
  const host = await protectedHost({ spareDrives: 1 });
  assert.equal(write(host, withWords(B)), "GOOD");
  assert.equal(words(select(host, "00001008" + "0000000000000014")), "GOOD");
  const sent = withWords(A, Buffer.from("sixteen bytes it"));
  assert.equal(words(host.command(six(0x0a, 1, 2), sent, 0)), "GOOD");
  host.drive.writeFailure = DRIVE_FAILURE;
  assert.equal(write(host, withWords(A)), "GOOD");
  rewind(host);
  assert.deepEqual(read(host, 24), ["GOOD", withWords(B).toString("hex")]);
  assert.deepEqual(read(host, 3, 1), ["GOOD", Buffer.concat([sent, withWords(A)]).toString("hex")]);
});

test("INQUIRY says that it can be chosen", async () => {
  const host = await ready();
  const inquiry = (page: number): string => {
    const flags = page === 0 ? 0 : 1;
    const { data } = host.command([0x12, flags, page, 0, 255, 0], NOTHING, 255);
    return Buffer.from(data).toString("hex");
  };
  assert.equal(inquiry(0).slice(10, 12), "01");
  assert.equal(inquiry(0x86).slice(8, 10), "08");
  assert.equal(inquiry(0xb5), "01b50008" + "00000000" + "030204c0");
});
