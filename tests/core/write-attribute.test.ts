/** WRITE ATTRIBUTE on a lane: what is taken, what is refused, and when GOOD is said. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost } from "./lane-host.ts";
import { DRIVE_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const BUSY = 0x08;
const MEMORY = { serial: "A", loads: 3, remaining: 900, maximum: 1000, barcode: "UND001L9" };
const VENDOR = 0x0800;
const NAME = 0x0801;
const COHERENCY = 0x080c;
/** READ ATTRIBUTE, values, up to the partition. */
const READ = [0x8c, 0, 0, 0, 0, 0, 0];
/** More than can be kept, of a host's own. */
const MANY = Array.from({ length: 8 }, (_, index) => [0x1400 + index, "x".repeat(150)] as const);

type Row = readonly [identifier: number, value: string];

function attribute([identifier, value]: Row): Buffer {
  const head = Buffer.from([identifier >> 8, identifier & 0xff, 1, 0, value.length]);
  return Buffer.concat([head, Buffer.from(value)]);
}
function listOf(...rows: readonly Row[]): Buffer {
  const body = Buffer.concat(rows.map(attribute));
  const list = Buffer.concat([Buffer.alloc(4), body]);
  list.writeUInt32BE(body.length);
  return list;
}
function cdbOf(bytes: number, volume = 0, partition = 0): number[] {
  return [0x8d, 0, 0, 0, 0, volume, 0, partition, 0, 0, 0, 0, bytes >> 8, bytes & 0xff, 0, 0];
}
/** "GOOD", or key, code and the byte that it points to. */
function words({ status, sense }: Answer): string {
  const hex = (byte = 0) => byte.toString(16).toUpperCase().padStart(2, "0");
  const at =
    ((sense[15] ?? 0) & 0x80) === 0 ? "" : ` at ${(sense[16] ?? 0) * 256 + (sense[17] ?? 0)}`;
  return status === 0 ? "GOOD" : `${(sense[2] ?? 0) & 15}/${hex(sense[12])}/${hex(sense[13])}${at}`;
}
function write(host: LaneHost, list: Buffer): string {
  return words(host.command(cdbOf(list.length), list, 0));
}
/** What the drive has, by identifier. */
function had(host: LaneHost): Record<number, string> {
  const rows = [...host.drive.hostAttributes].map(([identifier, bytes]) => {
    return [identifier, bytes.toString("latin1", 5)] as const;
  });
  return Object.fromEntries(rows);
}

async function mounted(): Promise<LaneHost> {
  const host = await LaneHost.start({ spareDrives: 1 });
  host.drive.attributes = MEMORY;
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  return host;
}

test("the drive gets the list as it is; GOOD is said when the journal is on stable storage", async () => {
  const host = await mounted();
  host.timeStands = true;
  host.hold(ev.EV_RING_DONE);
  const list = listOf([VENDOR, "A VENDOR"], [NAME, "a name"]);
  assert.deepEqual(host.begin(cdbOf(list.length), list, 0), []);
  assert.deepEqual(had(host), { [VENDOR]: "A VENDOR", [NAME]: "a name" });
  assert.deepEqual(host.release(ev.EV_RING_DONE).map(words), ["GOOD"]);
  assert.equal(write(host, listOf([VENDOR, ""])), "GOOD");
  assert.deepEqual(had(host), { [NAME]: "a name" });
});

test("what is not right is refused, and no drive hears of it", async () => {
  const host = await mounted();
  const right = listOf([VENDOR, "A VENDOR"], [NAME, "a name"]);
  const { length } = right;
  assert.equal(words(host.command(cdbOf(length, 1), right, 0)), "5/24/00");
  assert.equal(words(host.command(cdbOf(length, 0, 1), right, 0)), "5/24/00");
  assert.equal(words(host.command(cdbOf(length + 1), right, 0)), "5/1A/00");
  assert.equal(words(host.command(cdbOf(4097), Buffer.alloc(4097), 0)), "5/1A/00");
  assert.equal(words(host.command(cdbOf(0), NOTHING, 0)), "GOOD");
  assert.equal(write(host, right.subarray(0, 3)), "5/1A/00");
  assert.equal(write(host, right.subarray(0, length - 1)), "5/1A/00");
  const short = listOf([VENDOR, "A VENDOR"]);
  short.writeUInt16BE(9, 7);
  assert.equal(write(host, short), "5/1A/00");
  assert.equal(write(host, listOf([NAME, "a name"], [VENDOR, "A VENDOR"])), "5/26/00 at 15");
  assert.equal(write(host, listOf([VENDOR, "A VENDOR"], [VENDOR, "B VENDOR"])), "5/26/00 at 17");
  for (const identifier of [0x0401, 0x0c00, 0x13ff, 0x1800]) {
    assert.equal(write(host, listOf([identifier, "x"])), "5/26/00 at 4");
  }
  assert.equal(write(host, listOf(...MANY)), "5/55/06");
  assert.deepEqual(had(host), {});
  assert.equal(write(host, listOf(...MANY.slice(0, 5))), "GOOD");
  // 775 of 900 bytes are taken.
  assert.equal(write(host, listOf([0x1500, "x".repeat(121)])), "5/55/06");
  assert.equal(write(host, listOf([0x1500, "x".repeat(120)])), "GOOD");
  assert.equal(write(host, listOf([0x1501, ""])), "GOOD");
  assert.equal(write(host, listOf([0x1501, "x"])), "5/55/06");
  assert.equal(write(host, listOf([0x1400, ""], [0x1501, "x".repeat(150)])), "GOOD");
});

test("each partition has some of its own; what is the volume's is in all", async () => {
  const host = await LaneHost.start({ spareDrives: 1 });
  host.drive.attributes = MEMORY;
  host.drive.layout = Uint8Array.of(3, 1, 0x3c, 3, 6, 0, 0, 90, 0, 10, 0, 0, 0, 0);
  host.mount();
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const into = (partition: number, ...rows: readonly Row[]): string => {
    const list = listOf(...rows);
    return words(host.command(cdbOf(list.length, 0, partition), list, 0));
  };
  assert.equal(into(1, [COHERENCY, "one"]), "GOOD");
  assert.equal(into(0, [VENDOR, "A VENDOR"], [COHERENCY, "zero"]), "GOOD");
  assert.equal(into(1, [NAME, "a name"]), "GOOD");
  assert.equal(into(2, [COHERENCY, "two"]), "5/24/00");
  const all = {
    [VENDOR]: "A VENDOR",
    [NAME]: "a name",
    [COHERENCY]: "zero",
    [0x10000 + COHERENCY]: "one",
  };
  assert.deepEqual(had(host), all);
  const shown = (partition: number): string => {
    const answer = host.command([...READ, partition, 8, 0, 0, 0, 1, 0, 0, 0], NOTHING, 256);
    return answer.status === 0 ? Buffer.from(answer.data).toString("latin1") : words(answer);
  };
  for (const [partition, own] of ["zero", "one"].entries()) {
    assert.ok(shown(partition).endsWith(attribute([COHERENCY, own]).toString("latin1")));
    assert.ok(shown(partition).includes("a name"));
  }
  assert.equal(shown(2), "5/24/00");
  // Of a partition that is not named: the lists of what the cartridge has.
  assert.equal(
    host.command([0x8c, 3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 1, 0, 0, 0], NOTHING, 256).status,
    0,
  );
});

test("what the drive refuses is the server's matter; BUSY in a recovery", async () => {
  const host = await mounted();
  const list = listOf([VENDOR, "A VENDOR"]);
  host.drive.attributeFailure = [0x03, 0x0c0b];
  assert.equal(write(host, list), "3/0C/0B");
  host.drive.attributeFailure = undefined;
  host.drive.writeFailure = DRIVE_FAILURE;
  host.command([0x0a, 0, 0, 0, 10, 0], new Uint8Array(10), 0);
  assert.equal(host.command(cdbOf(list.length), list, 0).status, BUSY);
  assert.deepEqual(had(host), {});
});
