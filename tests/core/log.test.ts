/** LOG SENSE and LOG SELECT: pages, counters, TapeAlert flags per nexus, and what must not come through. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost, OTHER_NEXUS } from "./lane-host.ts";
import { DRIVE_FAILURE, VENDOR_PAGE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ROOM = 1024;
const PAGES = [0x00, 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x14, 0x17, 0x2e, 0x31];
const TAPE_ALERT = 0x2e;
const LOG_CHANGED = "6/2A/02";
const REFUSED = "5/24/00";
const MEBIBYTES_AS_MEGABYTES = 1.048576;

interface Parameter {
  readonly control: number;
  readonly value: Buffer;
}

function words({ status, sense }: Answer): string {
  const hex = (byte = 0) => byte.toString(16).toUpperCase().padStart(2, "0");
  return status === 0 ? "GOOD" : `${(sense[2] ?? 0) & 15}/${hex(sense[12])}/${hex(sense[13])}`;
}

interface Ask {
  readonly control?: number;
  readonly pointer?: number;
  readonly room?: number;
  readonly nexus?: number;
}

function sense(host: LaneHost, page: number, ask: Ask = {}): Answer {
  const { control = 1, pointer = 0, room = ROOM, nexus } = ask;
  const cdb = Buffer.from([0x4d, 0, (control << 6) | page, 0, 0, 0, 0, 0, 0, 0]);
  cdb.writeUInt16BE(pointer, 5);
  cdb.writeUInt16BE(room, 7);
  return host.command([...cdb], NOTHING, ROOM, nexus);
}

/** The parameters of a page by their codes. */
function parameters(host: LaneHost, page: number, ask: Ask = {}): Map<number, Parameter> {
  const answer = sense(host, page, ask);
  assert.equal(words(answer), "GOOD");
  const data = Buffer.from(answer.data);
  assert.deepEqual([data[0], data[1], data.readUInt16BE(2)], [page, 0, data.length - 4]);
  const found = new Map<number, Parameter>();
  for (let at = 4; at < data.length; at += 4 + data.readUInt8(at + 3)) {
    const value = data.subarray(at + 4, at + 4 + data.readUInt8(at + 3));
    found.set(data.readUInt16BE(at), { control: data.readUInt8(at + 2), value });
  }
  return found;
}

function numbers(host: LaneHost, page: number, ask: Ask = {}): [number, number][] {
  return [...parameters(host, page, ask)].map(([code, { value }]) => {
    return [code, Number(BigInt(`0x${value.toString("hex")}`))];
  });
}

/** Flags that are set. */
function alerts(host: LaneHost, nexus?: number): number[] {
  const flags = numbers(host, TAPE_ALERT, nexus === undefined ? {} : { nexus });
  assert.deepEqual(
    flags.map(([flag]) => flag),
    Array.from({ length: 64 }, (_, index) => index + 1),
  );
  return flags.filter(([, isSet]) => isSet === 1).map(([flag]) => flag);
}

function select(host: LaneHost, flags: number, page: number, listBytes = 0): string {
  return words(host.command([0x4c, flags, page, 0, 0, 0, 0, 0, listBytes, 0], NOTHING, 0));
}

function tell(host: LaneHost, nexus?: number): string {
  return words(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0, nexus));
}

function write(host: LaneHost, bytes: number): string {
  const data = new Uint8Array(bytes);
  return words(host.command([0x0a, 0, 0, 0, bytes, 0], data, 0));
}

async function ready(settings = {}): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.drive.attributes = { serial: "A", loads: 3, remaining: 900, maximum: 1000 };
  host.mount();
  assert.equal(tell(host), "6/28/00");
  host.nexus(OTHER_NEXUS, ev.NEXUS_ESTABLISHED);
  return host;
}

test("the list of pages; each is there, whole or cut, and nothing else is", async () => {
  const host = await ready();
  const list = Buffer.from(sense(host, 0).data);
  assert.deepEqual([...list], [0, 0, 0, PAGES.length, ...PAGES]);
  for (const page of PAGES) {
    const whole = Buffer.from(sense(host, page).data);
    assert.deepEqual([whole[0], whole.readUInt16BE(2)], [page, whole.length - 4]);
    assert.deepEqual(Buffer.from(sense(host, page, { room: 6 }).data), whole.subarray(0, 6));
  }
  for (const page of [0x01, 0x0d, 0x18, 0x2f, 0x3f]) {
    assert.equal(words(sense(host, page)), REFUSED);
  }
  const odd = [
    [0x4d, 1, 0x42, 0],
    [0x4d, 2, 0x42, 0],
    [0x4d, 0, 0x42, 1],
    [0x4d, 0, 0x40, 0xff],
  ];
  for (const cdb of odd) {
    assert.equal(words(host.command([...cdb, 0, 0, 0, 1, 0, 0], NOTHING, ROOM)), REFUSED);
  }
});

test("a vendor's page is the drive's, and not there where it has none", async () => {
  const host = await ready();
  assert.deepEqual([...sense(host, VENDOR_PAGE).data], [VENDOR_PAGE, 0, 0, 0]);
  assert.equal(words(sense(host, 0x33)), REFUSED);
  host.drive.isPlain = true;
  assert.equal(words(sense(host, 0x33)), REFUSED);
});

test("counters: bytes in both directions, page control, the parameter pointer", async () => {
  const host = await ready();
  assert.equal(write(host, 100), "GOOD");
  assert.equal(write(host, 50), "GOOD");
  host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(words(host.command([0x08, 2, 0, 0, 200, 0], NOTHING, 200)), "GOOD");
  const errors = (bytes: number) => [0, 0, 0, 0, 0, bytes, 0].map((value, code) => [code, value]);
  assert.deepEqual(numbers(host, 0x02), errors(150));
  assert.deepEqual(numbers(host, 0x03), errors(100));
  const access = [
    [0, 150],
    [1, 150],
    [2, 100],
    [3, 100],
    [0x100, 0],
  ];
  assert.deepEqual(numbers(host, 0x0c), access);
  assert.deepEqual(numbers(host, 0x0c, { pointer: 2 }), access.slice(2));
  assert.deepEqual(numbers(host, 0x0c, { pointer: 4 }), access.slice(4));
  assert.equal(words(sense(host, 0x0c, { pointer: 0x101 })), REFUSED);
  const lengths = [...parameters(host, 0x02).values()].map(({ value }) => value.length);
  assert.deepEqual(lengths, [4, 4, 4, 4, 4, 8, 4]);
  for (const control of [0, 2]) {
    for (const { value } of parameters(host, 0x02, { control }).values()) {
      assert.equal(value.toString("hex"), "ff".repeat(value.length));
    }
  }
  assert.deepEqual(numbers(host, 0x02, { control: 3 }), errors(0));
});

test("LOG SELECT sets counters to zero, a page's or all, and the other nexus hears of it", async () => {
  const host = await ready();
  const bytes = () => [numbers(host, 0x02)[5]?.[1], numbers(host, 0x03)[5]?.[1]];
  const both = () => {
    assert.equal(write(host, 100), "GOOD");
    host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0);
    host.command([0x08, 0, 0, 0, 100, 0], NOTHING, 100);
  };
  both();
  assert.equal(select(host, 0, 0x42), "GOOD");
  assert.deepEqual([bytes(), tell(host, OTHER_NEXUS)], [[100, 100], "GOOD"]);
  assert.equal(select(host, 2, 0x42), "GOOD");
  assert.deepEqual([bytes(), tell(host, OTHER_NEXUS)], [[0, 100], LOG_CHANGED]);
  assert.equal(select(host, 0, 0xc3), "GOOD");
  assert.deepEqual([bytes(), tell(host, OTHER_NEXUS)], [[0, 0], LOG_CHANGED]);
  both();
  assert.equal(select(host, 2, 0), "GOOD");
  assert.deepEqual([bytes(), tell(host, OTHER_NEXUS), tell(host)], [[0, 0], LOG_CHANGED, "GOOD"]);
  for (const [flags, page, list] of [
    [3, 0, 0],
    [1, 0, 0],
    [2, 0, 4],
    [2, 0x31, 0],
    [2, 0x17, 0],
  ] as const) {
    assert.equal(select(host, flags, page, list), REFUSED);
  }
  both();
  host.nexus(OTHER_NEXUS, ev.NEXUS_LU_RESET);
  assert.equal(tell(host), "6/29/03");
  assert.deepEqual(bytes(), [0, 0]);
});

test("what the cartridge says: loads, capacity, protection", async () => {
  const host = await ready();
  const megabytes = (mebibytes: number) => Math.floor(mebibytes * MEBIBYTES_AS_MEGABYTES);
  const volume = (loads: number, used: number) => [
    [0, 1],
    [1, loads],
    [0x16, megabytes(1000)],
    [0x17, megabytes(used)],
    [0x80, 0],
    [0x81, 0],
  ];
  assert.deepEqual(numbers(host, 0x17), volume(3, 100));
  // The drive has written meanwhile: it is asked anew.
  host.drive.attributes = { serial: "A", loads: 3, remaining: 500, maximum: 1000 };
  assert.deepEqual(numbers(host, 0x31), [
    [1, 500],
    [2, 0],
    [3, 1000],
    [4, 0],
  ]);
  assert.deepEqual(numbers(host, 0x17), volume(3, 500));
  host.command([0x1b, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.deepEqual(numbers(host, 0x31), [
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
  ]);
  assert.deepEqual(numbers(host, 0x17)[0], [0, 0]);
});

test("a drive without MAM and LOG SENSE gives the server every page all the same", async () => {
  const host = await LaneHost.start({ isPlain: true });
  host.mount();
  tell(host);
  for (const page of PAGES) {
    assert.equal(words(sense(host, page)), "GOOD", page.toString(16));
  }
  assert.deepEqual(alerts(host), []);
});

test("device status: what is in the drive and what is set", async () => {
  const host = await LaneHost.start();
  const status = () => parameters(host, 0x11).get(0)?.value.toString("hex");
  assert.equal(status(), "11200000");
  host.drive.attributes = { serial: "A", loads: 3, remaining: 900, maximum: 1000 };
  host.mount();
  tell(host);
  assert.equal(status(), "31170000");
  host.command([0x1e, 0, 0, 0, 1, 0], NOTHING, 0);
  assert.equal(status(), "b1170000");
  assert.equal(numbers(host, 0x14).at(-1)?.[1], 1);
  host.command([0x1e, 0, 0, 0, 0, 0], NOTHING, 0);
  host.command([0x1b, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(status(), "11300000");
});

test("TapeAlert: of the cartridge and of cleaning, once for each nexus", async () => {
  const host = await ready();
  assert.deepEqual(alerts(host), []);
  for (const flag of [3, 7, 20, 30]) {
    host.drive.alerts.add(flag);
  }
  // Flag 1 is the highest bit; this page clears nothing.
  const response = () => parameters(host, 0x12).get(0)?.value.toString("hex");
  assert.equal(response(), "0200100000000000");
  assert.equal(response(), "0200100000000000");
  assert.deepEqual(alerts(host), [7, 20]);
  assert.deepEqual(alerts(host), []);
  assert.deepEqual(alerts(host, OTHER_NEXUS), [7, 20]);
  assert.deepEqual(alerts(host, OTHER_NEXUS), []);
  assert.deepEqual(numbers(host, 0x0c).at(-1), [0x100, 1]);
  const comeLater = OTHER_NEXUS + 1;
  host.nexus(comeLater, ev.NEXUS_ESTABLISHED);
  assert.deepEqual(alerts(host, comeLater), [7, 20]);
  host.nexus(comeLater + 1, ev.NEXUS_ESTABLISHED);
  assert.equal(select(host, 2, TAPE_ALERT), "GOOD");
  assert.equal(tell(host, comeLater + 1), LOG_CHANGED);
  assert.deepEqual(alerts(host, comeLater + 1), []);
});

test("an aborted LOG SENSE: the next one asks the drive anew, whatever the first had come to", async () => {
  const host = await ready();
  host.hold(ev.EV_DEVICE_DONE);
  const cdb = [0x4d, 0, 0x40 | TAPE_ALERT, 0, 0, 0, 0, 4, 0, 0];
  assert.deepEqual(host.begin(cdb, NOTHING, ROOM), []);
  host.abort();
  host.drive.alerts.add(7);
  assert.deepEqual(host.release(ev.EV_DEVICE_DONE), []);
  assert.deepEqual(alerts(host), [7]);
  host.drive.alerts.add(20);
  assert.deepEqual(alerts(host), [20]);
});

test("flags that nobody has read outlive a trapped core, for each nexus", async () => {
  const host = await ready({ successors: 1 });
  host.drive.alerts.add(19);
  assert.deepEqual(alerts(host), [19]);
  host.trapIn(0);
  assert.deepEqual(alerts(host), []);
  assert.deepEqual(alerts(host, OTHER_NEXUS), [19]);
});

test("an error that the server is told of brings the drive's flags and is counted", async () => {
  const host = await ready();
  assert.equal(write(host, 10), "GOOD");
  host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0);
  host.drive.alerts.add(3).add(31);
  host.drive.writeFailure = DRIVE_FAILURE;
  assert.equal(write(host, 10), "GOOD");
  assert.equal(words(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0)), "4/44/00");
  assert.deepEqual(alerts(host), [3, 31]);
  assert.deepEqual(alerts(host, OTHER_NEXUS), [3, 31]);
  assert.deepEqual(numbers(host, 0x02).at(-1), [6, 1]);
  assert.deepEqual(numbers(host, 0x03).at(-1), [6, 0]);
});

test("a drive without LOG SENSE: the bridge says what kind of error it was", async () => {
  const host = await LaneHost.start({ isPlain: true });
  host.mount();
  tell(host);
  assert.equal(write(host, 10), "GOOD");
  host.command([0x10, 0, 0, 0, 1, 0], NOTHING, 0);
  host.drive.writeFailure = DRIVE_FAILURE;
  assert.equal(write(host, 10), "GOOD");
  assert.notEqual(words(host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0)), "GOOD");
  assert.deepEqual(alerts(host), [3, 6]);
});
