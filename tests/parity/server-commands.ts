/**
 * Commands that a server might send: mostly sensible ones, so that a stream gets deep, and some that
 * are cut, mixed up or made of random bytes. Decides how likely each is.
 */

import {
  OP_ALLOW_OVERWRITE,
  OP_ERASE_6,
  OP_ERASE_16,
  OP_EXCHANGE_MEDIUM,
  OP_FORMAT_MEDIUM,
  OP_INITIALIZE_ELEMENT_STATUS,
  OP_INQUIRY,
  OP_LOAD_UNLOAD,
  OP_LOCATE_10,
  OP_LOCATE_16,
  OP_LOG_SENSE,
  OP_MODE_SELECT_6,
  OP_MODE_SELECT_10,
  OP_MODE_SENSE_6,
  OP_MODE_SENSE_10,
  OP_MOVE_MEDIUM,
  OP_PERSISTENT_RESERVE_IN,
  OP_PERSISTENT_RESERVE_OUT,
  OP_PREVENT_ALLOW,
  OP_READ_6,
  OP_READ_16,
  OP_READ_ATTRIBUTE,
  OP_READ_BLOCK_LIMITS,
  OP_READ_ELEMENT_STATUS,
  OP_READ_POSITION,
  OP_RELEASE_6,
  OP_REPORT_DENSITY_SUPPORT,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
  OP_RESERVE_6,
  OP_REWIND,
  OP_SPACE_6,
  OP_SPACE_16,
  OP_TEST_UNIT_READY,
  OP_VERIFY_6,
  OP_VERIFY_16,
  OP_WRITE_6,
  OP_WRITE_16,
  OP_WRITE_FILEMARKS_6,
  OP_WRITE_FILEMARKS_16,
} from "../../assembly/spec/operation-code.ts";
import type { Random } from "./random.ts";

/** A command as the target has it. */
export interface ServerCommand {
  readonly cdb: Buffer;
  readonly outBytes: number;
  readonly inBytes: number;
  /** What the server sends, where it matters. */
  readonly data?: Buffer;
}

type Make = (random: Random) => ServerCommand;

const CDB_BYTES = 16;
const SMALL_BYTES = 8192;
const LARGE_BYTES = 262_144;
const LARGE_ONE_IN = 40;
const MUTATE_ONE_IN = 25;
/** Where the model library has its elements. */
export const FIRST_SLOT = 1000;
export const FIRST_DRIVE = 256;
export const FIRST_PORT = 16;
export const SLOTS = 6;
export const DRIVES = 3;
export const PORTS = 1;

function cdbOf(...bytes: readonly number[]): Buffer {
  const cdb = Buffer.alloc(CDB_BYTES);
  cdb.set(bytes);
  return cdb;
}

function plain(...bytes: readonly number[]): ServerCommand {
  return { cdb: cdbOf(...bytes), outBytes: 0, inBytes: 0 };
}

function reading(inBytes: number, ...bytes: readonly number[]): ServerCommand {
  return { cdb: cdbOf(...bytes), outBytes: 0, inBytes };
}

function recordBytes(random: Random): number {
  return random.below(random.oneIn(LARGE_ONE_IN) ? LARGE_BYTES : SMALL_BYTES);
}

function write(random: Random): ServerCommand {
  const bytes = recordBytes(random);
  const cdb = cdbOf(OP_WRITE_6, 0);
  cdb.writeUIntBE(bytes, 2, 3);
  return { cdb, outBytes: bytes, inBytes: 0 };
}

function read(random: Random): ServerCommand {
  const bytes = recordBytes(random);
  const cdb = cdbOf(OP_READ_6, random.pick([0, 0, 2, 2, 1, 3]));
  cdb.writeUIntBE(bytes, 2, 3);
  return { cdb, outBytes: 0, inBytes: bytes };
}

function verify(random: Random): ServerCommand {
  const cdb = cdbOf(OP_VERIFY_6, random.pick([0, 0, 0, 1, 2, 4]));
  cdb.writeUIntBE(random.oneIn(4) ? random.below(6) : recordBytes(random), 2, 3);
  return { cdb, outBytes: 0, inBytes: 0 };
}

/** The commands of sixteen bytes, mostly at places that are there. */
function addressed(random: Random): ServerCommand {
  const op = random.pick([OP_READ_16, OP_READ_16, OP_WRITE_16, OP_VERIFY_16, OP_ERASE_16]);
  const isMarks = random.oneIn(4);
  const bytes = isMarks ? random.below(3) : recordBytes(random);
  const partition = random.oneIn(20) ? 1 : 0;
  const cdb = cdbOf(isMarks ? OP_WRITE_FILEMARKS_16 : op, random.pick([0, 0, 1]), 0, partition);
  cdb.writeBigUInt64BE(BigInt(random.oneIn(20) ? random.wild() : random.below(60)), 4);
  cdb.writeUIntBE(bytes, 12, 3);
  return {
    cdb,
    outBytes: !isMarks && op === OP_WRITE_16 ? bytes : 0,
    inBytes: !isMarks && op === OP_READ_16 ? bytes : 0,
  };
}

/** WRITE(6) and READ(6) of a few blocks in fixed block mode. */
function fixed(random: Random): ServerCommand {
  const isWrite = random.oneIn(2);
  const blocks = random.below(6);
  const bytes = blocks * random.pick([512, 512, 1024, 80]);
  const cdb = cdbOf(isWrite ? OP_WRITE_6 : OP_READ_6, 1, 0, 0, blocks);
  return { cdb, outBytes: isWrite ? bytes : 0, inBytes: isWrite ? 0 : bytes };
}

function space(random: Random): ServerCommand {
  const count = random.below(7) - 3;
  if (random.oneIn(4)) {
    const cdb = cdbOf(OP_SPACE_16, random.below(4));
    cdb.writeBigInt64BE(BigInt(count), 4);
    return { cdb, outBytes: 0, inBytes: 0 };
  }
  const cdb = cdbOf(OP_SPACE_6, random.pick([0, 0, 1, 1, 2, 3, 3, 4]));
  cdb.writeIntBE(count, 2, 3);
  return { cdb, outBytes: 0, inBytes: 0 };
}

function locate(random: Random): ServerCommand {
  const object = random.oneIn(20) ? random.wild() : random.below(60);
  if (random.oneIn(4)) {
    const cdb = cdbOf(OP_LOCATE_16, random.pick([0, 0, 8, 8, 0x18, 0x10]));
    cdb.writeBigUInt64BE(BigInt(object), 4);
    return { cdb, outBytes: 0, inBytes: 0 };
  }
  const cdb = cdbOf(OP_LOCATE_10, random.pick([0, 0, 4, 2]));
  cdb.writeUInt32BE(object, 3);
  return { cdb, outBytes: 0, inBytes: 0 };
}

function modeSelect(random: Random): ServerCommand {
  const bytes = random.pick([12, 12, 12, 4, 28, 60, random.below(300)]);
  if (random.oneIn(4)) {
    return {
      cdb: cdbOf(OP_MODE_SELECT_10, 0x10, 0, 0, 0, 0, 0, bytes >> 8, bytes),
      outBytes: bytes,
      inBytes: 0,
    };
  }
  return { cdb: cdbOf(OP_MODE_SELECT_6, 0x10, 0, 0, bytes), outBytes: bytes, inBytes: 0 };
}

/** PERSISTENT RESERVE OUT with one of two keys, or none; seldom of exclusive access, which stops the rest. */
function persistentOut(random: Random): ServerCommand {
  const data = Buffer.alloc(24);
  data[7] = random.below(3);
  data[15] = random.below(3);
  data[20] = random.pick([0, 0, 0, 0, 1, 4, 8]);
  const action = random.pick([0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 6, 7]);
  const type = random.pick([1, 3, 5, 5, 5, 6, 7, 7, 7, 8, random.below(256)]);
  const cdb = cdbOf(OP_PERSISTENT_RESERVE_OUT, action, type, 0, 0, 0, 0, 0, data.length);
  return { cdb, outBytes: data.length, inBytes: 0, data };
}

/** Any bytes, any lengths: half of them with an operation code that is known somewhere. */
function garbage(random: Random): ServerCommand {
  const cdb = random.bytes(CDB_BYTES);
  if (random.oneIn(2)) {
    cdb[0] = random.pick(ANY_LANE).make(random).cdb[0] ?? 0;
  }
  return { cdb, outBytes: lengthOf(random), inBytes: lengthOf(random) };
}

function lengthOf(random: Random): number {
  return random.pick([0, random.below(64), random.below(SMALL_BYTES), random.below(2 ** 24)]);
}

interface Row {
  readonly weight: number;
  readonly make: Make;
}

function row(weight: number, make: Make): Row {
  return { weight, make };
}

const COMMON: readonly Row[] = [
  row(2, () => plain(OP_TEST_UNIT_READY)),
  row(1, (r) => reading(252, OP_REQUEST_SENSE, 0, 0, 0, r.pick([252, 18, 8, 0]))),
  row(1, (r) =>
    reading(255, OP_INQUIRY, r.below(2), r.pick([0, 0x80, 0x83, r.below(256)]), 0, 255),
  ),
  row(1, (r) =>
    reading(255, OP_MODE_SENSE_6, r.below(2) * 8, r.pick([0, 0x3f, 0x0f, 0x10, 0x1d]), 0, 255),
  ),
  row(1, (r) => reading(512, OP_MODE_SENSE_10, 0, r.below(64), 0, 0, 0, 0, 2, 0)),
  row(1, () => reading(4096, OP_REPORT_LUNS, 0, 0, 0, 0, 0, 0, 0, 16, 0)),
  row(3, () => plain(OP_RELEASE_6)),
  row(1, (r) => plain(OP_PREVENT_ALLOW, 0, 0, 0, r.pick([0, 0, 1, 2]))),
];

const ANY_LANE: readonly Row[] = [
  ...COMMON,
  row(180, write),
  row(24, (r) => plain(OP_WRITE_FILEMARKS_6, r.pick([0, 0, 0, 1, 2]), 0, 0, r.below(4))),
  row(34, read),
  row(4, verify),
  row(4, addressed),
  row(1, (r) => plain(OP_FORMAT_MEDIUM, r.below(4), r.below(4))),
  row(1, (r) => plain(OP_ALLOW_OVERWRITE, 0, r.below(4), 0, 0, 0, 0, 0, 0, 0, 0, r.below(20))),
  row(8, space),
  row(6, locate),
  row(3, (r) => plain(OP_REWIND, r.below(2))),
  row(3, (r) => reading(32, OP_READ_POSITION, r.pick([0, 0, 6, 6, 8, 1]))),
  row(3, modeSelect),
  row(4, fixed),
  row(1, () => reading(6, OP_READ_BLOCK_LIMITS)),
  row(1, (r) =>
    reading(512, OP_LOG_SENSE, 0, 0x40 | r.pick([0, 0x2e, 0x17, 0x0c, 0x11]), 0, 0, 0, 0, 2, 0),
  ),
  row(1, (r) => plain(OP_ERASE_6, r.below(4))),
  row(1, (r) => plain(OP_LOAD_UNLOAD, r.below(2), 0, 0, r.pick([0, 1, 1, 1, 1, 1, 4, 8]))),
  row(1, (r) => plain(r.oneIn(4) ? OP_RESERVE_6 : OP_TEST_UNIT_READY)),
  row(3, persistentOut),
  row(1, (r) => reading(512, OP_PERSISTENT_RESERVE_IN, r.below(5), 0, 0, 0, 0, 0, r.below(3), 0)),
  row(1, () => reading(1024, OP_READ_ATTRIBUTE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)),
  row(1, () => reading(512, OP_REPORT_DENSITY_SUPPORT, 0, 0, 0, 0, 0, 0, 2, 0)),
];

function element(random: Random): number {
  return random.pick([
    FIRST_SLOT + random.below(SLOTS),
    FIRST_DRIVE + random.below(DRIVES),
    FIRST_SLOT + random.below(SLOTS),
    FIRST_PORT + random.below(PORTS),
  ]);
}

function move(random: Random): ServerCommand {
  const isIn = !random.oneIn(3);
  const from = isIn ? FIRST_SLOT + random.below(SLOTS) : element(random);
  const to = isIn ? FIRST_DRIVE + random.below(DRIVES) : element(random);
  return plain(OP_MOVE_MEDIUM, 0, 0, 1, from >> 8, from, to >> 8, to);
}

const ANY_CHANGER: readonly Row[] = [
  ...COMMON,
  row(30, move),
  row(10, (r) =>
    reading(4096, OP_READ_ELEMENT_STATUS, 0x10 | r.below(5), 0, 0, 255, 255, r.below(4), 0, 16, 0),
  ),
  row(2, () => plain(OP_INITIALIZE_ELEMENT_STATUS)),
  row(2, persistentOut),
  row(1, () => plain(OP_EXCHANGE_MEDIUM, 0, 0, 1, 3, 232, 1, 0, 3, 233)),
];

function chosen(rows: readonly Row[], random: Random): ServerCommand {
  let at = random.below(rows.reduce((sum, { weight }) => sum + weight, 0));
  const found = rows.find(({ weight }) => {
    at -= weight;
    return at < 0;
  });
  return (found?.make ?? garbage)(random);
}

/** Now and then another byte in the CDB, or other lengths than the CDB says. */
function mutated(command: ServerCommand, random: Random): ServerCommand {
  if (!random.oneIn(MUTATE_ONE_IN)) {
    return command;
  }
  if (random.oneIn(4)) {
    return garbage(random);
  }
  if (random.oneIn(2)) {
    command.cdb[random.below(CDB_BYTES)] = random.wild();
    return command;
  }
  return { ...command, outBytes: lengthOf(random), inBytes: lengthOf(random) };
}

/** A command to a lane. */
export function laneCommand(random: Random): ServerCommand {
  return mutated(chosen(ANY_LANE, random), random);
}

/** A command to the changer. */
export function changerCommand(random: Random): ServerCommand {
  return mutated(chosen(ANY_CHANGER, random), random);
}
