/** An operator at the library behind a bridge: what the server hears of it, and when the door is locked. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  bridgeConfig,
  logIn,
  operate,
  type ServerUnit,
  startLibrary,
  startWith,
} from "./practice-bridge.ts";

const folder = mkdtempSync(join(tmpdir(), "understudy-operator-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Commands of the server until it must have heard; a reading of the library takes a few of them. */
const POLLS_MAX = 500;
const PORT = 0x10;
const SLOT_2 = 0x1001;
const PREVENT = [0x1e, 0, 0, 0, 1, 0];
const ALLOW = [0x1e, 0, 0, 0, 0, 0];
/** Waits for its turn at the robot. */
const INITIALIZE = [0x07, 0, 0, 0, 0, 0];

function move(from: number, to: number): number[] {
  return [0xa5, 0, 0, 0, from >> 8, from & 0xff, to >> 8, to & 0xff, 0, 0, 0, 0];
}

/**
 * Allows removal, and comes back when the library knows it: the bridge tells it when the robot has nothing
 * to do, which is between the two readings at the latest.
 */
async function allow(changer: ServerUnit): Promise<void> {
  for (const cdb of [ALLOW, INITIALIZE, INITIALIZE]) {
    await changer.tell(cdb);
  }
}

/** The next unit attention of the server, as "2801". */
async function attention(changer: ServerUnit): Promise<string> {
  for (let count = 0; count < POLLS_MAX; count += 1) {
    const sense = await changer.tell([0, 0, 0, 0, 0, 0]).then(() => "", String);
    if (sense !== "") {
      return /sense 700006.{18}(.{4})/.exec(sense)?.[1] ?? sense;
    }
  }
  return `none in ${POLLS_MAX} commands`;
}

/** Byte 2 of an element's descriptor, and its volume tag. */
async function element(changer: ServerUnit, address: number): Promise<[number, string]> {
  const cdb = [0xb8, 0x10, address >> 8, address & 0xff, 0, 1, 0, 0, 1, 0, 0, 0];
  const data = await changer.ask(cdb, 256);
  return [data.readUInt8(18), data.toString("latin1", 28, 60).replaceAll("\0", "").trim()];
}

test("the server hears of an operator by 28/01 and 28/00, and locks him out by PREVENT", async (t) => {
  const library = await startLibrary(t, folder);
  const bridge = await startWith(t, bridgeConfig(folder, library.ready));
  const changer = await logIn(bridge.ready, 0);
  assert.equal((await element(changer, PORT))[1], "");

  // PREVENT goes on to the library, which answers it with its unit attention first.
  assert.deepEqual(await operate(folder, "put NEW001L9 into 10h"), [
    0,
    "done  put NEW001L9 into 10h",
  ]);
  await changer.tell(PREVENT);
  assert.equal(await attention(changer), "2801");
  assert.deepEqual(await element(changer, PORT), [0x3b, "NEW001L9"]);

  const [code, said] = await operate(folder, "take 1001h");
  assert.equal(code, 2);
  assert.match(said, /prevents medium removal/);
  assert.equal((await element(changer, SLOT_2))[1], "UND002L9");

  await allow(changer);
  assert.equal((await operate(folder, "take 1001h"))[0], 0);
  await changer.tell(PREVENT);
  assert.equal(await attention(changer), "2800");
  assert.deepEqual(await element(changer, SLOT_2), [0x08, ""]);

  // What the robot has taken from the import/export element is no operator's any more.
  await changer.tell(move(PORT, SLOT_2));
  await changer.tell(move(SLOT_2, PORT));
  assert.deepEqual(await element(changer, PORT), [0x39, "NEW001L9"]);
  await changer.device.disconnect();
  await bridge.stop();
  await library.stop();
});
