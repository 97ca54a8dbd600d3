import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost, OTHER_NEXUS } from "./lane-host.ts";
import { DUMP } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ROOM = 255;

function hex({ data }: Answer): string {
  return Buffer.from(data).toString("hex");
}

function words({ status, sense }: Answer): string {
  const code = [sense[12], sense[13]].map((byte) => (byte ?? 0).toString(16).padStart(2, "0"));
  return status === 0 ? "GOOD" : `${(sense[2] ?? 0) & 15}/${code.join("/")}`;
}

function ask(host: LaneHost, ...cdb: readonly number[]): Answer {
  return host.command(cdb, NOTHING, ROOM);
}

/** What the core gets in EV_START are blanks: serial number and names. */
const BLANK = "20";

test("standard INQUIRY data: lengths, cut where the CDB says", async () => {
  const host = await LaneHost.start();
  const whole = hex(ask(host, 0x12, 0, 0, 0, ROOM, 0));
  const names = BLANK.repeat(28);
  assert.equal(whole, `0180060245010002${names}${"00".repeat(22)}00a00460052009600000000000000000`);
  assert.equal(hex(ask(host, 0x12, 0, 0, 0, 5, 0)), whole.slice(0, 10));
  assert.equal(hex(ask(host, 0x12, 0, 0, 0, 0, 0)), "");
});

test("vital product data pages, each with its length", async () => {
  const host = await LaneHost.start();
  const page = (code: number, bytes = ROOM): string => hex(ask(host, 0x12, 1, code, 0, bytes, 0));
  assert.equal(page(0x00), "0100000800808386b0b1b2b5");
  assert.equal(page(0x80), `01800010${BLANK.repeat(16)}`);
  assert.equal(page(0xb1), `01b10010${BLANK.repeat(16)}`);
  assert.equal(page(0x86), `0186003c0801000000000000004${"0".repeat(101)}`);
  assert.equal(page(0xb0), "01b000020000");
  assert.equal(page(0xb2), `01b20008${"ff".repeat(8)}`);
  const named = `02010028${BLANK.repeat(40)}`;
  const identification = page(0x83);
  assert.equal(identification.slice(0, 8 + named.length), `01830040${named}`);
  assert.match(identification.slice(8 + named.length), /^010300083[0-9a-f]{15}5194000400000001$/);
  assert.equal(page(0x83, 6), identification.slice(0, 12));
});

test("INQUIRY of what there is not is refused, and says nothing of unit attentions", async () => {
  const host = await LaneHost.start();
  host.nexus(OTHER_NEXUS, ev.NEXUS_ESTABLISHED);
  host.nexus(OTHER_NEXUS, ev.NEXUS_LU_RESET);
  for (const [flags, page] of [
    [0, 0x80],
    [1, 0xc0],
    [1, 0x01],
    [2, 0x00],
    [3, 0x80],
  ] as const) {
    assert.equal(words(ask(host, 0x12, flags, page, 0, ROOM, 0)), "5/24/00");
  }
  assert.equal(words(ask(host, 0, 0, 0, 0, 0, 0)), "6/29/03");
});

test("REPORT LUNS: all, none that is well known, and nothing else", async () => {
  const host = await LaneHost.start();
  const report = (select: number, room = ROOM): Answer =>
    ask(host, 0xa0, 0, select, 0, 0, 0, 0, 0, 0, room, 0, 0);
  const all = `0000001000000000${"00".repeat(8)}0001${"00".repeat(6)}`;
  assert.equal(hex(report(0)), all);
  assert.equal(hex(report(2)), all);
  assert.equal(hex(report(0, 16)), all.slice(0, 32));
  assert.equal(hex(report(1)), "00".repeat(8));
  for (const [select, room] of [
    [3, ROOM],
    [0x10, ROOM],
    [0, 15],
  ] as const) {
    assert.equal(words(report(select, room)), "5/24/00");
  }
});

test("REQUEST SENSE: a unit attention once, then how the medium is, in either format", async () => {
  const host = await LaneHost.start();
  const fixed = (code: string): string =>
    `7000${code.slice(0, 2)}000000000a00000000${code.slice(2)}00000000`;
  const asFixed = (): string => hex(ask(host, 3, 0, 0, 0, ROOM, 0));
  const asDescriptors = (): string => hex(ask(host, 3, 1, 0, 0, ROOM, 0));
  assert.equal(asFixed(), fixed("023a00"));
  assert.equal(asDescriptors(), "72023a0000000000");
  host.mount();
  assert.equal(asDescriptors(), "7206280000000000");
  assert.equal(asFixed(), fixed("000000"));
  host.nexus(OTHER_NEXUS, ev.NEXUS_LU_RESET);
  assert.equal(hex(ask(host, 3, 0, 0, 0, 8, 0)), fixed("062903").slice(0, 16));
  assert.equal(words(ask(host, 0, 0, 0, 0, 0, 0)), "GOOD");
  // D_SENSE is of CHECK CONDITIONs.
  const list = Buffer.from(`000010000a0a06${"00".repeat(9)}`, "hex");
  assert.equal(host.command([0x15, 0x10, 0, 0, list.length, 0], list, 0).status, 0);
  assert.equal(asFixed(), fixed("000000"));
});

test("diagnostics: the default self-test, one page, and the drive's own buffers to be read", async () => {
  const host = await LaneHost.start();
  const self = (...bytes: readonly number[]): string => words(ask(host, 0x1d, ...bytes));
  assert.deepEqual([self(4, 0, 0, 0, 0), self(0, 0, 0, 0, 0)], ["GOOD", "GOOD"]);
  assert.deepEqual([self(0x20, 0, 0, 0, 0), self(0x10, 0, 0, 8, 0)], ["5/24/00", "5/24/00"]);
  assert.equal(hex(ask(host, 0x1c, 1, 0, 0, ROOM, 0)), "0000000100");
  assert.equal(words(ask(host, 0x1c, 1, 0x80, 0, ROOM, 0)), "5/24/00");
  const dump = Buffer.from(DUMP).toString("hex");
  assert.equal(hex(ask(host, 0x3c, 2, 7, 0, 0, 0, 0, 0, ROOM, 0)), dump);
  assert.equal(hex(ask(host, 0x3c, 2, 7, 0, 0, 0, 0, 0, 4, 0)), dump.slice(0, 8));
  const firmware = host.command([0x3b, 5, 0, 0, 0, 0, 0, 0, 8, 0], new Uint8Array(8), 0);
  assert.equal(words(firmware), "5/20/00");
  assert.equal(host.receivedCount, 0);
});

test("a drive that says to the server's command that it was reset is positioned before the next WRITE", async () => {
  const host = await LaneHost.start();
  host.mount();
  ask(host, 0, 0, 0, 0, 0, 0);
  const [first, second] = [Buffer.from("first"), Buffer.from("second")];
  assert.equal(host.command([0x0a, 0, 0, 0, first.length, 0], first, 0).status, 0);
  assert.equal(words(ask(host, 0x10, 0, 0, 0, 0, 0)), "GOOD");
  host.drive.reset();
  assert.equal(
    hex(ask(host, 0x3c, 2, 7, 0, 0, 0, 0, 0, ROOM, 0)),
    Buffer.from(DUMP).toString("hex"),
  );
  assert.equal(host.command([0x0a, 0, 0, 0, second.length, 0], second, 0).status, 0);
  assert.equal(words(ask(host, 0x10, 0, 0, 0, 0, 0)), "GOOD");
  assert.deepEqual(
    host.drive.objects.map((object) => Buffer.from(object ?? [])),
    [first, second],
  );
});
