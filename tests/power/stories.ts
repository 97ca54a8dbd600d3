/**
 * The runs that are cut at every write: appends, filemarks, an overwriting that fails, with its recovery, in
 * a ring in which older images are given up on the way. Decides what the server does and what breaks.
 */

import assert from "node:assert/strict";
import { DRIVE_1, SLOT_1 } from "../recovery/kit.ts";
import { serialOf } from "./after-cut.ts";
import type { Life } from "./life.ts";
import { move, placesOf, withVolumeAt } from "./places.ts";

const OTHERS_RECORDS = 60;
const OTHERS_BYTES = 20_000;
/** The first object that the server writes over. */
export const OVERWRITTEN_FROM = 6;

/** Before any cut: another cartridge was in the drive, and its image fills the ring; who the lane is. */
export async function firstDay(life: Life): Promise<void> {
  const { stage, writer } = life;
  await move(stage, SLOT_1 + 1, DRIVE_1);
  const server = await stage.server();
  await server.writeMany(OTHERS_RECORDS, OTHERS_BYTES);
  await server.filemarks(1);
  writer.told = { ...writer.told, serialNumber: await serialOf(server) };
  await server.logOut();
  await move(stage, DRIVE_1, SLOT_1 + 1);
}

/** The cartridge comes, is written, fails with `faults` in an overwriting, and goes home when that is over. */
export async function dayWithFault(
  life: Life,
  faults: readonly string[],
  beforeFault: () => void,
): Promise<void> {
  const { stage, writer } = life;
  const home = await placesOf(stage);
  const inDrive = withVolumeAt(home, DRIVE_1);
  await writer.moves(home, inDrive, () => move(stage, SLOT_1, DRIVE_1));
  const server = await stage.server();
  await writer.write(server, 4);
  await writer.filemarks(server, 1);
  await writer.write(server, 3);
  await writer.filemarks(server, 2, 1);
  await writer.write(server, 2);
  await writer.filemarks(server, 0);
  await server.locate(OVERWRITTEN_FROM);
  beforeFault();
  for (const rule of faults) {
    await life.fault(rule);
  }
  await writer.write(server, 3, OVERWRITTEN_FROM);
  await writer.filemarks(server, 1);
  await writer.write(server, 3);
  await writer.filemarks(server, 0);
  const recoveries = await stage.recoveredAll();
  assert.deepEqual(
    recoveries.map(({ result }) => result),
    ["recovered"],
  );
  await writer.write(server, 2);
  await writer.synchronizes(server, server.rewind());
  await writer.synchronizes(server, server.unload());
  await server.logOut();
  await writer.moves(inDrive, home, () => move(stage, DRIVE_1, SLOT_1));
}

/** Units of the second partition; it gets that much, the first one the rest. */
const SECOND = [200];
/** The first object that the server writes over in the second partition. */
export const SECOND_OVERWRITTEN_FROM = 2;

/**
 * The cartridge is divided in two, twice, written in both partitions, and fails with `faults` in an overwriting in the
 * second one.
 */
export async function dividedDay(
  life: Life,
  faults: readonly string[],
  beforeFault: () => void,
): Promise<void> {
  const { stage, writer } = life;
  const home = await placesOf(stage);
  const inDrive = withVolumeAt(home, DRIVE_1);
  await writer.moves(home, inDrive, () => move(stage, SLOT_1, DRIVE_1));
  const server = await stage.server();
  await writer.write(server, 2);
  await writer.filemarks(server, 1);
  await server.rewind();
  await writer.divides(server, SECOND);
  await writer.write(server, 2);
  await writer.enters(server, 1, 0);
  await writer.write(server, 2);
  await writer.filemarks(server, 1);
  await writer.enters(server, 0, 0);
  await writer.divides(server, SECOND);
  await writer.write(server, 3);
  await writer.filemarks(server, 1);
  await writer.enters(server, 1, 0);
  await writer.write(server, 2);
  await writer.filemarks(server, 2);
  await writer.enters(server, 0, "end");
  await writer.write(server, 2);
  await writer.enters(server, 1, SECOND_OVERWRITTEN_FROM);
  beforeFault();
  for (const rule of faults) {
    await life.fault(rule);
  }
  await writer.write(server, 3, SECOND_OVERWRITTEN_FROM);
  await writer.filemarks(server, 1);
  await writer.write(server, 2);
  await writer.filemarks(server, 0);
  const recoveries = await stage.recoveredAll();
  assert.deepEqual(
    recoveries.map(({ result }) => result),
    faults.length === 0 ? [] : ["recovered"],
  );
  await writer.enters(server, 0, 1);
  await writer.write(server, 2, 1);
  await writer.synchronizes(server, server.rewind());
  await writer.synchronizes(server, server.unload());
  await server.logOut();
  await writer.moves(inDrive, home, () => move(stage, DRIVE_1, SLOT_1));
}
