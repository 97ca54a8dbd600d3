/**
 * What must be true after a power cut, and that the bridge goes on: in the next life of a bridge, in the
 * world that was left. The ring opens; the server sees the inventory, the lane's serial number and one of
 * the volumes that may be there, in each partition; what was owed is finished; appending, reading and unloading
 * work; the cartridge's files hold what the server wrote; failed cartridges are no spares, and spares are as they were.
 */

import assert from "node:assert/strict";
import { DRIVE_1, SLOT_1 } from "../recovery/kit.ts";
import { locateIn, partitionsShown, placeOf } from "../recovery/partition-commands.ts";
import type { Server, TapeObject } from "../recovery/server.ts";
import type { Life } from "./life.ts";
import { move, placesOf, VOLUME, withVolumeAt } from "./places.ts";

const INQUIRY_BYTES = 64;
/** Records that are appended after a cut. */
const APPENDED_COUNT = 3;

/** What a life after a cut was about, so that nobody takes an empty one for a proof. */
export interface AfterCut {
  /** The whole tape was in the ring when the server went on. */
  readonly isProtected: boolean;
  readonly recoveryCount: number;
  readonly realVolumeTag: string;
}

/** Looks at what is there, goes on, and takes the cartridge home. */
export async function lookAndFinish(life: Life): Promise<AfterCut> {
  const { server, isProtected } = await look(life);
  await life.writer.write(server, APPENDED_COUNT);
  const done = await finish(life, server);
  return { ...done, isProtected };
}

/**
 * A life has just begun after a cut: everything that the server can see is as it may be. The server stands
 * at the end of data then. Nothing covers a failing cartridge that is not wholly in the ring: faults end.
 */
export async function look(
  life: Life,
): Promise<{ readonly server: Server; readonly isProtected: boolean }> {
  const { stage, writer } = life;
  const { lines } = stage.bridge;
  assert.equal(lines.count(/the ring failed|the journal is damaged/), 0);
  assert.equal(lines.count(/a new ring was made/), life.isRingNew ? 1 : 0);
  await intoDrive(life);
  const server = await stage.server();
  assert.equal(await serialOf(server), writer.told.serialNumber);
  await rightTape(life, server);
  const isProtected = (await stage.status()).lanes[0]?.ring.protected ?? false;
  if (!isProtected) {
    await life.clearFaults();
  }
  await server.space(3, 0);
  assert.equal(await server.position(), server.tape.length);
  return { server, isProtected };
}

/** The inventory is as it may be; the volume is in the drive then. */
async function intoDrive({ stage, writer }: Life): Promise<void> {
  const places = await placesOf(stage);
  const seen = JSON.stringify(places);
  assert.ok(
    writer.told.places.some((may) => JSON.stringify(may) === seen),
    `the server sees ${seen}`,
  );
  const after = withVolumeAt(places, DRIVE_1);
  if (JSON.stringify(after) !== seen) {
    await writer.moves(places, after, () => move(stage, SLOT_1, DRIVE_1));
    assert.deepEqual(await placesOf(stage), after);
  }
}

/** The server finds one of the volumes that may be there, and that one is promised from now on. */
async function rightTape({ writer }: Life, server: Server): Promise<void> {
  const [partition] = await placeOf(server);
  const count = await partitionsShown(server);
  const found: TapeObject[][] = Array.from({ length: count }, () => []);
  found[partition] = await readAll(server);
  for (let other = 0; other < count; other += 1) {
    if (other === partition) continue;
    await locateIn(server, other, "end");
    found[other] = await readAll(server);
  }
  const words = JSON.stringify(found);
  const { volumes } = writer.told;
  if (!volumes.some((volume) => JSON.stringify(volume) === words)) {
    // What was promised says best what is wrong.
    assert.deepEqual(found, volumes[0], `none of ${volumes.length} volumes`);
  }
  if (count > 1) await locateIn(server, partition, 0);
  server.tape.push(...(found[partition] ?? []));
  writer.told = { ...writer.told, partition };
  writer.isVolume(found);
}

/** What the server finds in the partition where it stands. */
async function readAll(server: Server): Promise<TapeObject[]> {
  await server.rewind();
  const found: TapeObject[] = [];
  for (let object = await server.read(); object !== undefined; object = await server.read()) {
    found.push(object);
  }
  return found;
}

/** Everything is synchronized, read, unloaded and taken home: the file, and who is a spare. */
export async function finish(life: Life, server: Server): Promise<Omit<AfterCut, "isProtected">> {
  const { stage, writer } = life;
  const { foreign } = writer.told;
  await writer.filemarks(server, 1);
  const recoveries = await stage.recoveredAll();
  for (const { result, cause } of recoveries) {
    assert.equal(result, "recovered", cause);
  }
  const { partition, volume } = writer.told;
  for (const index of volume.keys()) {
    if (volume.length > 1) await writer.enters(server, index, "end");
    await server.readBack();
  }
  if (volume.length > 1) await writer.enters(server, partition, "end");
  await server.unload();
  const { lanes, spareMedia } = await stage.status();
  const { volumeTag = "", realVolumeTag = "" } = lanes[0]?.cartridge ?? {};
  assert.equal(volumeTag, VOLUME);
  for (const [index, tape] of writer.told.volume.entries()) {
    await stage.tapeIs(index === 0 ? realVolumeTag : `${realVolumeTag}.p${index}`, tape);
  }
  await server.logOut();
  for (const { volumeTag: spare } of spareMedia) {
    assert.ok(![VOLUME, realVolumeTag].includes(spare), `spare: ${spare}`);
    assert.deepEqual(await stage.tapeOf(spare), foreign.get(spare) ?? [], `the spare ${spare}`);
  }
  for (const [barcode, tape] of foreign) {
    assert.deepEqual(await stage.tapeOf(barcode), tape, `${barcode} was somebody else's`);
  }
  const inDrive = await placesOf(stage);
  const home = withVolumeAt(inDrive, SLOT_1);
  await writer.moves(inDrive, home, () => move(stage, DRIVE_1, SLOT_1));
  assert.deepEqual(await placesOf(stage), home);
  return { recoveryCount: recoveries.length, realVolumeTag };
}

/** The unit serial number of the lane, VPD page 80h. */
export async function serialOf(server: Server): Promise<string> {
  const dataIn = Buffer.alloc(INQUIRY_BYTES);
  const bytes = await server.good([0x12, 1, 0x80, 0, dataIn.length, 0], { dataIn });
  return dataIn.subarray(4, bytes).toString("latin1");
}
