/** The cartridge's memory (MAM) of a volume whose cartridge has been replaced. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const ROOM = 8192;
const SERIAL_NUMBER = 0x0401;
const DENSITY = 0x0405;
const BARCODE = 0x0806;

/** Every attribute that READ ATTRIBUTE gives: values by identifier, as text without the blanks behind it. */
async function attributes(server: Server, partition = 0): Promise<Map<number, string>> {
  const dataIn = Buffer.alloc(ROOM);
  const cdb = [0x8c, 0, 0, 0, 0, 0, 0, partition, 0, 0, 0, 0, ROOM >> 8, 0, 0, 0];
  const bytes = await server.good(cdb, { dataIn });
  const values = new Map<number, string>();
  for (let at = 4; at + 5 <= bytes; ) {
    const end = at + 5 + dataIn.readUInt16BE(at + 3);
    values.set(dataIn.readUInt16BE(at), dataIn.toString("latin1", at + 5, end).trimEnd());
    at = end;
  }
  return values;
}

type Row = readonly [identifier: number, format: number, value: string];

/** WRITE ATTRIBUTE; one without a value is taken away. */
function writeAttributes(server: Server, ...rows: readonly Row[]): Promise<void> {
  return writeIn(server, 0, ...rows);
}
async function writeIn(server: Server, partition: number, ...rows: readonly Row[]): Promise<void> {
  const parts = rows.map(([identifier, format, value]) => {
    const head = Buffer.from([identifier >> 8, identifier & 0xff, format, 0, value.length]);
    return Buffer.concat([head, Buffer.from(value)]);
  });
  const body = Buffer.concat(parts);
  const dataOut = Buffer.concat([Buffer.alloc(4), body]);
  dataOut.writeUInt32BE(body.length);
  const length = [dataOut.length >> 8, dataOut.length & 0xff];
  await server.good([0x8d, 0, 0, 0, 0, 0, 0, partition, 0, 0, 0, 0, ...length, 0, 0], { dataOut });
}
const COHERENCY = 0x080c;
function coherency(which: string): Row {
  return [COHERENCY, 0, which.padEnd(23)];
}
/** Mode page 11h and FORMAT MEDIUM: two partitions. */
async function divide(server: Server): Promise<void> {
  const page = [0x11, 14, 3, 1, 0x3c, 3, 6, 0, 255, 255, 0, 200, 0, 0, 0, 0];
  const dataOut = Buffer.from([0, 0, 0x10, 0, ...page]);
  await server.good([0x15, 0x10, 0, 0, dataOut.length, 0], { dataOut });
  await server.good([0x04, 0, 1, 0, 0, 0]);
  server.tape.length = 0;
}
/** What hosts can write, in both. */
async function inBoth(server: Server): Promise<readonly Record<string, string>[]> {
  return [ofHosts(await attributes(server)), ofHosts(await attributes(server, 1))];
}
/** What hosts can write, and the serial number. */
function ofHosts(values: ReadonlyMap<number, string>): Record<string, string> {
  const rows = [...values].filter(([identifier]) => identifier >= SERIAL_NUMBER);
  return Object.fromEntries(
    rows.flatMap(([identifier, value]) =>
      identifier === DENSITY ? [] : [[identifier.toString(16), value]],
    ),
  );
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

/** A spare that has been somebody's. */
const USED_SPARE = new Map([
  [
    "library/UND008L9.json",
    Buffer.from(
      JSON.stringify({
        capacityBytes: 1_000_000_000,
        attributes: {
          "0803": `2 ${Buffer.from("OLD LABEL".padEnd(160)).toString("hex")}`,
          "0806": `1 ${Buffer.from("UND008L9".padEnd(32)).toString("hex")}`,
          "1405": "0 6f6c64",
        },
      }),
    ),
  ],
]);

test("what hosts have written is on the spare, and nothing of what was there", LIMIT, async (t) => {
  const stage = await Stage.open(t, { files: USED_SPARE });
  const server = await stage.mounted();
  await writeAttributes(server, [0x0800, 1, "A VENDOR"], [0x0802, 1, "1.2     "]);
  await server.unload();
  await server.load();
  await server.settle();
  const label = "a label of the server's".padEnd(160);
  await writeAttributes(server, [0x0802, 1, ""], [0x0803, 2, label], [0x1401, 0, "own"]);
  const before = ofHosts(await attributes(server));
  assert.deepEqual(
    [before["800"], before["802"], before["803"], before["1401"]],
    ["A VENDOR", undefined, label.trimEnd(), "own"],
  );
  await swap(stage, server);
  assert.deepEqual(ofHosts(await attributes(server)), before);
  await writeAttributes(server, [0x0800, 1, "B VENDOR"]);
  await server.logOut();
  await stage.bridge.stop();
  await stage.startBridge();
  const later = await stage.server();
  assert.deepEqual(ofHosts(await attributes(later)), { ...before, "800": "B VENDOR" });
  await later.logOut();
});

test("each partition of the spare has its own", LIMIT, async (t) => {
  const stage = await Stage.open(t, { files: USED_SPARE });
  const server = await stage.mounted();
  await divide(server);
  await writeIn(server, 1, [0x0800, 1, "A VENDOR"], coherency("one"));
  await writeAttributes(server, [0x0809, 1, "the first label ".padEnd(16)], coherency("zero"));
  await server.unload();
  await server.load();
  await server.settle();
  await server.writeMany(2, 5000);
  const before = await inBoth(server);
  const of = (own: string) => ({ "401": before[0]?.["401"], "800": "A VENDOR", "80c": own });
  const barcode = { "806": "UND001L9" };
  assert.deepEqual(before, [
    { ...of("zero"), ...barcode, "809": "the first label" },
    { ...of("one"), ...barcode },
  ]);
  await swap(stage, server);
  assert.deepEqual(await inBoth(server), before);
  await writeIn(server, 1, coherency("later"));
  await server.logOut();
  await stage.bridge.stop();
  await stage.startBridge();
  const later = await stage.server();
  assert.deepEqual(await inBoth(later), [before[0], { ...of("later"), ...barcode }]);
  await later.rewind();
  await divide(later);
  const { "80c": gone, ...left } = before[1] ?? {};
  assert.deepEqual(await inBoth(later), [left, left]);
  await later.logOut();
});

for (const isDivided of [false, true]) {
  const what = `killed when the spare${isDivided ? " of a divided cartridge" : ""} is in the drive`;
  test(`${what}: the next start writes it there`, LIMIT, async (t) => {
    const stage = await Stage.open(t, {
      isChild: true,
      bridge: ["--spare-media", "UND007L9,UND008L9"],
    });
    const server = await stage.mounted();
    const kept = isDivided ? inBoth : async (who: Server) => [ofHosts(await attributes(who))];
    if (isDivided) {
      await divide(server);
      await writeIn(server, 1, coherency("one"));
    }
    await writeAttributes(server, [0x0800, 1, "A VENDOR"], [0x1401, 0, "own"]);
    const before = await kept(server);
    await server.writeMany(10, 5000);
    await server.filemarks(1);
    await stage.fault("cartridge UND001L9 write fail at 12");
    const writes = server.writeMany(6, 5000).then(
      () => undefined,
      () => undefined,
    );
    await stage.step(632);
    await stage.bridge.kill();
    await writes;
    await stage.startBridge();
    const later = await stage.server();
    await stage.recoveredAll();
    assert.notEqual((await stage.status()).lanes[0]?.cartridge?.realVolumeTag, "UND001L9");
    assert.deepEqual(await kept(later), before);
    await later.logOut();
  });
}

test("the drive fails with the spare in it: the spare has it all the same", LIMIT, async (t) => {
  const stage = await Stage.open(t, { library: ["--move-ms", "200"] });
  const server = await stage.mounted();
  await writeAttributes(server, [0x0800, 1, "A VENDOR"], [0x1401, 0, "own"]);
  const before = ofHosts(await attributes(server));
  await server.writeMany(10, 5000);
  await server.filemarks(1);
  await stage.fault("cartridge UND001L9 write fail at 12");
  const writes = server.writeMany(6, 5000);
  // The robot is on its way.
  await stage.step(631);
  await stage.fault("drive 1 drop");
  await writes;
  await server.filemarks(1);
  const recoveries = await stage.recoveredAll();
  assert.ok(recoveries.every(({ result }) => result === "recovered"));
  const { lanes } = await stage.status();
  assert.notEqual(lanes[0]?.drive?.serial, "PRACDRV001");
  assert.equal(lanes[0]?.cartridge?.realVolumeTag, "UND008L9");
  assert.deepEqual(ofHosts(await attributes(server)), before);
  await server.logOut();
});
