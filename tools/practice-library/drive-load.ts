/**
 * LOAD UNLOAD. Decides when it may run and when it is answered; what happens to the cartridge is the
 * drive's.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const IMMEDIATE_BIT = 0x01;
const LOAD_BIT = 0x01;
const END_OF_TAPE_BIT = 0x04;
const HOLD_BIT = 0x08;

/** LOAD UNLOAD: byte 1 IMMED, byte 4 HOLD, EOT and LOAD (RETEN changes nothing here). */
export function loadUnload(drive: Drive, call: Call): Promise<Answer> | Answer {
  const how = call.cdb.readUInt8(4);
  if ((how & END_OF_TAPE_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  if ((how & LOAD_BIT) !== 0) {
    return load(drive, call);
  }
  return unload(drive, (how & HOLD_BIT) !== 0 ? "held" : "ejected");
}

async function load(drive: Drive, { cdb, nexus }: Call): Promise<Answer> {
  const { state } = drive;
  if (state.kind === "ready") {
    await state.tape.drain();
    const late = drive.takeDeferred();
    if (late === undefined) {
      state.tape.changeTo(0);
      drive.forgetPartitionPage();
    }
    return late ?? good();
  }
  if (state.kind === "empty") {
    return check(SENSE.noMedium);
  }
  const done = drive.load(nexus);
  if ((cdb.readUInt8(1) & IMMEDIATE_BIT) !== 0) {
    return good();
  }
  await done;
  return drive.state.kind === "ready" ? good() : check(drive.currentSense());
}

async function unload(drive: Drive, end: "ejected" | "held"): Promise<Answer> {
  if (drive.nexuses.preventsRemoval()) {
    return check(SENSE.removalPrevented);
  }
  await drive.settled();
  if (drive.state.kind === "ready") {
    await drive.state.tape.drain();
    const late = drive.takeDeferred();
    if (late !== undefined) {
      return late;
    }
  }
  if (drive.state.kind === "empty") {
    // Nothing to unload is not a failure: programs unload to be sure.
    return good();
  }
  const refused = await drive.unload(end);
  return refused === undefined ? good() : check(refused);
}
