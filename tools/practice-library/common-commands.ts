/**
 * Commands that drives and changer have in common. Decides INQUIRY, REQUEST SENSE, REPORT LUNS,
 * RESERVE/RELEASE and PREVENT/ALLOW; nothing about tape or elements.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo, RESERVATION_CONFLICT } from "./answer.ts";
import type { Identity } from "./identity.ts";
import { inquiry } from "./identity.ts";
import type { NexusTable } from "./nexus-table.ts";
import { big } from "./parameters.ts";
import { persistentReserveIn, persistentReserveOut } from "./persistent-commands.ts";
import type { SenseCode } from "./sense.ts";
import { descriptorSense, fixedSense, SENSE } from "./sense.ts";
import type { Call, Command } from "./unit-shell.ts";

/** Operation codes of this file, and those that drives and changer answer each in its own way. */
export const OP = {
  testUnitReady: 0x00,
  requestSense: 0x03,
  inquiry: 0x12,
  reserve6: 0x16,
  release6: 0x17,
  modeSelect6: 0x15,
  modeSense6: 0x1a,
  preventAllow: 0x1e,
  modeSelect10: 0x55,
  reserve10: 0x56,
  release10: 0x57,
  modeSense10: 0x5a,
  persistentReserveIn: 0x5e,
  persistentReserveOut: 0x5f,
  reportLuns: 0xa0,
} as const;

/** What the common commands need of a unit. */
export interface CommonUnit {
  readonly identity: Identity;
  readonly nexuses: NexusTable;
  /** All logical unit numbers of the target, ascending. */
  readonly luns: readonly number[];
  /** What the unit is doing now, for REQUEST SENSE when nothing else is to be told. */
  currentSense(): SenseCode;
}

/** In byte 1 of REQUEST SENSE. */
export const DESCRIPTOR_FORMAT_BIT = 0x01;
/** Byte 1 of RESERVE and RELEASE: third party, long identifier, element. */
const PARTS_OR_OTHERS_BITS = 0x13;
const PREVENT_MASK = 0x03;
const WELL_KNOWN_ONLY = 0x01;
const SELECT_REPORT_MAX = 0x02;
const ALLOCATION_MIN_BYTES = 16;

/** The table of the common commands. */
export function commonCommands(unit: CommonUnit): [number, Command][] {
  const reserving = (call: Call) => reserve(unit, call);
  const releasing = (call: Call) => release(unit, call);
  return [
    [
      OP.inquiry,
      {
        run: (call) => inquiry(unit.identity, call),
        effect: "none",
        ignoresAttention: true,
      },
    ],
    [
      OP.requestSense,
      {
        run: (call) => requestSense(unit, call),
        effect: "none",
        ignoresAttention: true,
      },
    ],
    [
      OP.reportLuns,
      {
        run: (call) => reportLuns(unit.luns, call),
        effect: "none",
        ignoresAttention: true,
      },
    ],
    [OP.reserve6, { run: reserving, effect: "looks", reserves: "simple" }],
    [OP.reserve10, { run: reserving, effect: "looks", reserves: "simple" }],
    [OP.release6, { run: releasing, effect: "none", reserves: "simple" }],
    [OP.release10, { run: releasing, effect: "none", reserves: "simple" }],
    [
      OP.persistentReserveIn,
      {
        run: (call) => persistentReserveIn(unit.nexuses, call),
        effect: "looks",
        reserves: "persistent",
      },
    ],
    [
      OP.persistentReserveOut,
      {
        run: (call) => persistentReserveOut(unit.nexuses, call),
        effect: "looks",
        reserves: "persistent",
      },
    ],
    [
      OP.preventAllow,
      {
        run: (call) => preventAllow(unit, call),
        effect: (cdb) => ((cdb.readUInt8(4) & PREVENT_MASK) === 0 ? "none" : "changes"),
      },
    ],
  ];
}

function requestSense(unit: CommonUnit, { cdb, nexus }: Call): Answer {
  const sense = fixedSense(unit.nexuses.takeAttention(nexus) ?? unit.currentSense());
  const asDescriptors = (cdb.readUInt8(1) & DESCRIPTOR_FORMAT_BIT) !== 0;
  return goodUpTo(asDescriptors ? descriptorSense(sense) : sense, cdb.readUInt8(4));
}

/** REPORT LUNS: list length 4 bytes, 4 reserved, then 8 bytes a LUN in peripheral addressing. */
export function reportLuns(luns: readonly number[], { cdb }: Call): Answer {
  const allocationBytes = cdb.readUInt32BE(6);
  const selectReport = cdb.readUInt8(2);
  if (selectReport > SELECT_REPORT_MAX || allocationBytes < ALLOCATION_MIN_BYTES) {
    return check(SENSE.invalidFieldInCdb);
  }
  const listed = selectReport === WELL_KNOWN_ONLY ? [] : luns;
  const entries = listed.map((lun) => Buffer.from([0, lun, 0, 0, 0, 0, 0, 0]));
  const list = Buffer.concat([big(entries.length * 8, 4), Buffer.alloc(4), ...entries]);
  return goodUpTo(list, allocationBytes);
}

/** RESERVE(6) and (10): the whole unit, for the nexus itself. */
function reserve(unit: CommonUnit, { cdb, nexus }: Call): Answer {
  if ((cdb.readUInt8(1) & PARTS_OR_OTHERS_BITS) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  return unit.nexuses.reservations.reserve(nexus) ? good() : RESERVATION_CONFLICT;
}

function release(unit: CommonUnit, { cdb, nexus }: Call): Answer {
  if ((cdb.readUInt8(1) & PARTS_OR_OTHERS_BITS) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  unit.nexuses.reservations.release(nexus);
  return good();
}

function preventAllow(unit: CommonUnit, { cdb, nexus }: Call): Answer {
  const prevent = cdb.readUInt8(4) & PREVENT_MASK;
  if (prevent > 1) {
    return check(SENSE.invalidFieldInCdb);
  }
  unit.nexuses.prevent(nexus, prevent === 1);
  return good();
}
