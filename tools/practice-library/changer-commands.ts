/**
 * The command table of the changer: operation code to command, one line each, and the reading of
 * the CDBs that move something.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Changer } from "./changer.ts";
import { maintenanceIn } from "./changer-codes.ts";
import { changerLogSense } from "./changer-log.ts";
import { changerModeSelect, changerModeSense } from "./changer-mode.ts";
import { requestVolumeAddress, sendVolumeTag } from "./changer-search.ts";
import { asksForCurrentData, readElementStatus } from "./changer-status.ts";
import { commonCommands, OP } from "./common-commands.ts";
import { elementAt } from "./elements.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";
import type { Call, Command } from "./unit-shell.ts";

const RANGE_BIT = 0x01;
const INVERT_BIT = 0x01;
const INVERT_MASK = 0x03;

/** All commands of a changer. */
export function changerCommands(changer: Changer): ReadonlyMap<number, Command> {
  const { identity, luns } = changer.parts;
  const { nexuses } = changer;
  const currentSense = () => SENSE.none;
  return new Map<number, Command>([
    ...commonCommands({ identity, luns, nexuses, currentSense }),
    [OP.testUnitReady, { run: () => good(), effect: "looks" }],
    // INITIALIZE ELEMENT STATUS, all and by range: the library always knows what it holds.
    [0x07, { run: () => good(), effect: "changes" }],
    [0x37, { run: (call) => initializeRange(changer, call), effect: "changes" }],
    [0xe7, { run: (call) => initializeRange(changer, call), effect: "changes" }],
    [OP.modeSelect6, { run: (call) => changerModeSelect(changer, call), effect: "changes" }],
    [OP.modeSense6, { run: (call) => changerModeSense(changer, call), effect: "reads" }],
    [0x2b, { run: (call) => positionToElement(changer, call), effect: "changes" }],
    [0x4d, { run: changerLogSense, effect: "none" }],
    [OP.modeSelect10, { run: (call) => changerModeSelect(changer, call), effect: "changes" }],
    [OP.modeSense10, { run: (call) => changerModeSense(changer, call), effect: "reads" }],
    [0xa3, { run: maintenanceIn, effect: "none" }],
    [0xa5, { run: (call) => moveMedium(changer, call), effect: "changes" }],
    [0xa6, { run: (call) => exchangeMedium(changer, call), effect: "changes" }],
    [0xb5, { run: (call) => requestVolumeAddress(changer, call), effect: "reads" }],
    [0xb6, { run: (call) => sendVolumeTag(changer, call), effect: "changes" }],
    [
      0xb8,
      {
        run: (call) => readElementStatus(changer, call),
        effect: (cdb) => (asksForCurrentData(cdb) ? "none" : "reads"),
      },
    ],
  ]);
}

function answerOf(refused: SenseCode | undefined): Answer {
  return refused === undefined ? good() : check(refused);
}

/** INITIALIZE ELEMENT STATUS WITH RANGE: byte 1 RANGE, 2-3 first element. */
function initializeRange(changer: Changer, { cdb }: Call): Answer {
  const isRange = (cdb.readUInt8(1) & RANGE_BIT) !== 0;
  const first = elementAt(changer.parts.inventory.ranges, cdb.readUInt16BE(2));
  return isRange && first === undefined ? check(SENSE.invalidElement) : good();
}

/** POSITION TO ELEMENT: bytes 2-3 transport, 4-5 element, 8 INVERT. */
async function positionToElement(changer: Changer, { cdb }: Call): Promise<Answer> {
  if ((cdb.readUInt8(8) & INVERT_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  return answerOf(await changer.position(cdb.readUInt16BE(2), cdb.readUInt16BE(4)));
}

/** MOVE MEDIUM: bytes 2-3 transport, 4-5 source, 6-7 destination, 10 INVERT. */
async function moveMedium(changer: Changer, { cdb }: Call): Promise<Answer> {
  if ((cdb.readUInt8(10) & INVERT_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const [transport, from, to] = [cdb.readUInt16BE(2), cdb.readUInt16BE(4), cdb.readUInt16BE(6)];
  return answerOf(await changer.move(transport, from, to));
}

/** EXCHANGE MEDIUM: bytes 2-3 transport, 4-5 source, 6-7 first, 8-9 second, 10 INV1 and INV2. */
async function exchangeMedium(changer: Changer, { cdb }: Call): Promise<Answer> {
  if ((cdb.readUInt8(10) & INVERT_MASK) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const [transport, from, first, second] = [2, 4, 6, 8].map((at) => cdb.readUInt16BE(at));
  return answerOf(await changer.exchange(transport ?? 0, from ?? 0, first ?? 0, second ?? 0));
}
