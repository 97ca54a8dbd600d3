/** The cartridge's memory (MAM) of a volume whose cartridge has been replaced. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const ROOM = 8192;
const SERIAL_NUMBER = 0x0401;
const BARCODE = 0x0806;

/** Every attribute that READ ATTRIBUTE gives: values by identifier, as text without the blanks behind it. */
async function attributes(server: Server): Promise<Map<number, string>> {
  const dataIn = Buffer.alloc(ROOM);
  const bytes = await server.good([0x8c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ROOM >> 8, 0, 0, 0], {
    dataIn,
  });
  const values = new Map<number, string>();
  for (let at = 4; at + 5 <= bytes; ) {
    const end = at + 5 + dataIn.readUInt16BE(at + 3);
    values.set(dataIn.readUInt16BE(at), dataIn.toString("latin1", at + 5, end).trimEnd());
    at = end;
  }
  return values;
}

/** The server's cartridge is replaced under it. */
async function swap(stage: Stage, server: Server, spare = "UND008L9"): Promise<void> {
  const at = server.tape.length;
  await stage.fault(`cartridge UND001L9 write fail at ${at + 2}`);
  await server.writeMany(6, 5000);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"]);
  const { lanes } = await stage.status();
  assert.equal(lanes[0]?.cartridge?.realVolumeTag, spare);
}

test(
  "a volume keeps serial number and barcode over a swap, a remount and a restart",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const server = await stage.mounted();
    const before = await attributes(server);
    const serial = before.get(SERIAL_NUMBER);
    assert.ok(serial !== undefined && serial !== "");
    assert.equal(before.get(BARCODE), "UND001L9");
    await swap(stage, server);
    const looks = async (who: Server): Promise<void> => {
      const values = await attributes(who);
      assert.deepEqual([values.get(SERIAL_NUMBER), values.get(BARCODE)], [serial, "UND001L9"]);
    };
    await looks(server);
    await server.logOut();
    const changer = await stage.server(0);
    await changer.move(DRIVE_1, SLOT_1);
    await changer.logOut();
    await stage.bridge.stop();
    await stage.startBridge();
    const later = await stage.mounted();
    await looks(later);
    await later.logOut();
  },
);
