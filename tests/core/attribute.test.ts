/** READ ATTRIBUTE: the drive's answer, with the volume's barcode where another cartridge stands in. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, LaneHost } from "./lane-host.ts";
import { DRIVE_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ROOM = 0x1000;
const BUSY = 0x08;
const VALUES = 0;
const LIST = 1;
const SPARE = "SPR001L9";
const SPARE_MEMORY = { serial: "B", loads: 3, remaining: 900, maximum: 1000, barcode: SPARE };
/** What is of 32 bytes: the tag of the volume (as `mount` has it) and its first bytes. */
const VOLUME = "UND001L9".padEnd(32);
/** Before the value: head of the data, three numbers, the serial number, the attribute's own head. */
const BARCODE_AT = 4 + 3 * 13 + 37 + 5;
const SERIAL_AT = BARCODE_AT - 5 - 32;
const ALL_BYTES = BARCODE_AT + 32;

function ask(host: LaneHost, action: number, allocation = ROOM): Answer {
  const cdb = [
    0x8c,
    action,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    allocation >> 8,
    allocation & 0xff,
    0,
    0,
  ];
  return host.command(cdb, NOTHING, ROOM);
}
/** What the drive itself says. */
function driveSays(host: LaneHost, action: number): Buffer {
  const cdb = Buffer.alloc(16);
  cdb.set([0x8c, action]);
  return Buffer.from(host.drive.execute(cdb, NOTHING).data);
}
function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

async function mounted(realTag: string, memory = {}, settings = {}): Promise<LaneHost> {
  const host = await LaneHost.start({ spareDrives: 1, ...settings });
  host.drive.attributes = { ...SPARE_MEMORY, ...memory };
  host.mount("UND001L9", realTag);
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  return host;
}

test("a cartridge that stands in has the volume's barcode, and else what is its own", async () => {
  const host = await mounted(SPARE);
  const own = driveSays(host, VALUES);
  assert.equal(own.toString("latin1", BARCODE_AT), SPARE.padEnd(32));
  const expected = Buffer.concat([own.subarray(0, BARCODE_AT), Buffer.from(VOLUME)]);
  const { status, data } = ask(host, VALUES);
  assert.deepEqual([status, hex(data)], [0, hex(expected)]);
  // The same bytes, wherever the CDB cuts them; the length in front stays that of all.
  for (const room of [0, 3, 4, BARCODE_AT - 2, BARCODE_AT + 3, ALL_BYTES, ALL_BYTES + 1]) {
    assert.equal(hex(ask(host, VALUES, room).data), hex(expected.subarray(0, room)));
  }
  assert.equal(hex(ask(host, LIST).data), hex(driveSays(host, LIST)));
});

test("its serial number is the volume's own where the changer knows it", async () => {
  const host = await LaneHost.start({ spareDrives: 1 });
  host.drive.attributes = SPARE_MEMORY;
  host.mount("UND001L9", SPARE, "SERIAL OF ANOTHER");
  host.command([0, 0, 0, 0, 0, 0], NOTHING, 0);
  const own = driveSays(host, VALUES);
  const expected = Buffer.concat([own.subarray(0, BARCODE_AT), Buffer.from(VOLUME)]);
  expected.write("SERIAL OF ANOTHER".padEnd(32), SERIAL_AT);
  assert.equal(hex(ask(host, VALUES).data), hex(expected));
});

test("the volume's own cartridge says what is in it, whatever that is", async () => {
  const host = await mounted("UND001L9", { barcode: "A LABEL OF A SERVER" });
  assert.equal(hex(ask(host, VALUES).data), hex(driveSays(host, VALUES)));
});

test("a cartridge without a barcode in its memory gets none", async () => {
  const host = await mounted(SPARE, { barcode: undefined });
  assert.equal(hex(ask(host, VALUES).data), hex(driveSays(host, VALUES)));
});

test("the barcode outlives a trapped core", async () => {
  const host = await mounted(SPARE, {}, { successors: 1 });
  host.trapIn(0);
  assert.equal(Buffer.from(ask(host, VALUES).data).toString("latin1", BARCODE_AT), VOLUME);
});

test("BUSY in a recovery; a drive without the command lacks the field", async () => {
  const host = await mounted(SPARE);
  host.drive.attributes = undefined;
  const { status, sense } = ask(host, VALUES);
  assert.deepEqual([status, sense[2], sense[12]], [2, 5, 0x24]);
  host.drive.writeFailure = DRIVE_FAILURE;
  host.command([0x0a, 0, 0, 0, 10, 0], new Uint8Array(10), 0);
  assert.equal(ask(host, VALUES).status, BUSY);
});
