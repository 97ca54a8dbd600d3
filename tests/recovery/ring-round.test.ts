/**
 * The ring goes round ([037]-[039]): what it has room for stays, what was used last stays longest, and a
 * cartridge that comes back finds its image.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findRings } from "../../tools/ring/find-rings.ts";
import { specRead } from "../ring/spec-reader.ts";
import { DRIVE_1, SLOT_1, Stage } from "./kit.ts";
import type { TapeObject } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const RECORD_BYTES = 0x8_0000;
/** A cartridge that is used up to here, in a ring of six segments of 16 MiB, takes two of them. */
const RECORDS = 60;
const RING = { bridge: ["--ring-size", "112M", "--lanes", "1"] };

/** Mounts the cartridge in that slot, writes so many records behind what it has, and takes it home. */
async function write(stage: Stage, slot: number, records: number): Promise<TapeObject[]> {
  await move(stage, slot, DRIVE_1);
  const server = await stage.server();
  await server.space(3, 0);
  await server.writeMany(records, RECORD_BYTES);
  await server.filemarks(1);
  await server.logOut();
  await move(stage, DRIVE_1, slot);
  return server.tape;
}

async function move(stage: Stage, from: number, to: number): Promise<void> {
  const changer = await stage.server(0);
  await changer.move(from, to);
  await changer.logOut();
}

/** Volume tags of the images that begin at object 0, with how many objects they have. */
function wholeImages(stage: Stage): Map<string, number> {
  const [path] = findRings(join(stage.folder, "state", "ring"));
  const images = specRead(readFileSync(path ?? "")) ?? [];
  const whole = images.filter(({ base, end }) => base === 0n && end > 0n);
  return new Map(whole.map(({ volumeTag, end }) => [volumeTag, Number(end)]));
}

test("a ring larger than two cartridges: the one before last is still there", LIMIT, async (t) => {
  const stage = await Stage.open(t, RING);
  await write(stage, SLOT_1, RECORDS);
  await write(stage, SLOT_1 + 1, RECORDS);
  await write(stage, SLOT_1 + 2, RECORDS);
  const objects = RECORDS + 1;
  assert.equal(wholeImages(stage).get("UND003L9"), objects);
  assert.equal(wholeImages(stage).get("UND002L9"), objects);
  // It comes back, is known without being read, and fails: all of it goes to the spare.
  await move(stage, SLOT_1 + 1, DRIVE_1);
  const server = await stage.server();
  server.tape.push(...(await stage.tapeOf("UND002L9")));
  assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
  await stage.fault(`cartridge UND002L9 write fail at ${objects + 3}`);
  await server.space(3, 0);
  await server.writeMany(8, RECORD_BYTES);
  await server.filemarks(1);
  const recovery = await stage.recovered();
  assert.equal(recovery.result, "recovered", recovery.cause);
  await server.logOut();
  await stage.tapeIs("UND008L9", server.tape);
});

test("what was not used for longest gives way, from its beginning on", LIMIT, async (t) => {
  const stage = await Stage.open(t, RING);
  await write(stage, SLOT_1, RECORDS);
  await write(stage, SLOT_1 + 1, RECORDS);
  // The first one is used again: now the second one is the oldest.
  await write(stage, SLOT_1, 1);
  await write(stage, SLOT_1 + 2, RECORDS);
  const whole = wholeImages(stage);
  assert.deepEqual([...whole.keys()].sort(), ["UND001L9", "UND003L9"]);
  assert.equal(whole.get("UND001L9"), RECORDS + 3);
});

test("a ring of one cartridge: the mounted one has all of it", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--ring-size", "64M", "--lanes", "1"] });
  await write(stage, SLOT_1, RECORDS);
  await write(stage, SLOT_1 + 1, RECORDS);
  await write(stage, SLOT_1 + 2, RECORDS);
  assert.equal(wholeImages(stage).get("UND003L9"), RECORDS + 1);
});
