/**
 * Bad inputs for the units of a bridge: CDBs of all operation codes, parameter lists, element addresses;
 * random ones, and right ones that were changed. Decides what is sent, by a random number alone.
 */

import type { Random } from "../parity/random.ts";
import { changerCommand, laneCommand } from "../parity/server-commands.ts";
import type { FuzzInput } from "./scsi-fuzz.ts";

const CDB_BYTES_MAX = 16;
const LIST_BYTES_MAX = 96;
const DATA_BYTES_MAX = 4096;

/** What there is in the rig's library, and what is next to it. */
const ADDRESSES: readonly number[] = [
  ...[0, 1, 0x0f, 0x10, 0x11, 0x12, 0xff, 0x100, 0x101, 0x102, 0x103, 0x200],
  ...[0xfff, 0x1000, 0x1001, 0x1002, 0x1003, 0x1004, 0x1005, 0x1006, 0x1007, 0x1008, 0xffff],
];

type Unit = FuzzInput["unit"];

/** At most one direction has data. */
function input(unit: Unit, cdb: Uint8Array, random: Random, out?: Uint8Array): FuzzInput {
  if (out !== undefined) {
    return { unit, cdb, out };
  }
  const bytes = random.oneIn(3) ? 0 : random.below(DATA_BYTES_MAX);
  return random.oneIn(3)
    ? { unit, cdb, out: random.bytes(Math.min(bytes, LIST_BYTES_MAX)) }
    : { unit, cdb, inBytes: bytes };
}

/** Up to three bytes of it are others. */
function changed(random: Random, bytes: Uint8Array): Uint8Array {
  for (let changes = random.below(4); changes > 0 && bytes.length > 0; changes -= 1) {
    bytes[random.below(bytes.length)] = random.wild();
  }
  return bytes;
}

/** A CDB to that unit. */
export function cdbInput(unit: Unit, random: Random): FuzzInput {
  switch (random.below(4)) {
    case 0:
      return input(unit, random.bytes(CDB_BYTES_MAX), random);
    case 1: {
      // Any code with little in it.
      const cdb = Buffer.alloc(CDB_BYTES_MAX);
      cdb[0] = random.below(256);
      cdb[1 + random.below(CDB_BYTES_MAX - 1)] = random.wild();
      return input(unit, cdb, random);
    }
    default: {
      const made = unit === "lane" ? laneCommand(random) : changerCommand(random);
      const cdb = changed(random, Uint8Array.from(made.cdb));
      if (made.inBytes > 0) {
        return { unit, cdb, inBytes: made.inBytes };
      }
      const out = made.data ?? random.bytes(Math.min(made.outBytes, DATA_BYTES_MAX));
      return out.length > 0 ? { unit, cdb, out } : input(unit, cdb, random);
    }
  }
}

function list6(op: number, flags: number, length: number): Uint8Array {
  return Uint8Array.of(op, flags, 0, 0, length, 0);
}

function list10(op: number, flags: number, page: number, length: number): Uint8Array {
  return Uint8Array.of(op, flags, page, 0, 0, 0, 0, length >> 8, length, 0);
}

/** Mode pages as they could be: code, length, body; some of a page that is there, some of none. */
const PAGES: readonly (readonly [code: number, bytes: number])[] = [
  [0x01, 10],
  [0x02, 14],
  [0x0a, 10],
  [0x0f, 14],
  [0x10, 14],
  [0x11, 6],
  [0x1c, 10],
  [0x1d, 18],
  [0x1f, 18],
  [0x3f, 6],
];

function modeList(random: Random, isLong: boolean): Buffer {
  const hasDescriptor = !random.oneIn(3);
  const header = Buffer.alloc(isLong ? 8 : 4);
  header[isLong ? 3 : 2] = random.pick([0, 0x10, 0x10, random.wild()]);
  header[isLong ? 7 : 3] = hasDescriptor ? 8 : 0;
  const block = Buffer.alloc(8);
  block.writeUIntBE(random.pick([0, 512, 1024, random.wild() & 0xff_ffff]), 5, 3);
  const pages = Array.from({ length: random.below(3) }, () => {
    const [code, bytes] = random.pick(PAGES);
    const body = random.oneIn(2) ? Buffer.alloc(bytes) : random.bytes(bytes);
    return Buffer.concat([Buffer.of(code, bytes), body]);
  });
  return Buffer.concat([header, ...(hasDescriptor ? [block] : []), ...pages]);
}

type MakeList = (random: Random) => readonly [cdb: Uint8Array, list: Uint8Array];

const LISTS: readonly MakeList[] = [
  (random) => {
    const list = changed(random, modeList(random, false));
    return [list6(0x15, random.pick([0x10, 0x10, 0x11, 0]), list.length), list];
  },
  (random) => {
    const list = changed(random, modeList(random, true));
    return [list10(0x55, random.pick([0x10, 0x10, 0x11, 0]), 0, list.length), list];
  },
  (random) => {
    // LOG SELECT: page, then parameters of any length.
    const list = changed(random, Buffer.concat([Buffer.of(0x2e, 0, 0, 6), random.bytes(6)]));
    const bytes = random.oneIn(2) ? 0 : list.length;
    return [list10(0x4c, random.below(4), random.wild(), bytes), list];
  },
  (random) => {
    // PERSISTENT RESERVE OUT: two keys, few of them, so that some are right.
    const list = Buffer.alloc(24);
    list[7] = random.below(3);
    list[15] = random.below(3);
    list[20] = random.pick([0, 0, 1, 8, random.wild()]);
    const cdb = list10(0x5f, random.below(9), random.pick([1, 3, 5, 6, 7, 8, random.wild()]), 24);
    return [cdb, random.oneIn(3) ? changed(random, list) : list];
  },
];

/** A parameter list to either unit; now and then of another length than the CDB says. */
export function listInput(random: Random): FuzzInput {
  const unit = random.oneIn(4) ? "changer" : "lane";
  const [cdb, list] = random.pick(LISTS)(random);
  const out = random.oneIn(5) ? list.subarray(0, random.below(list.length + 1)) : list;
  const sent = random.oneIn(10) ? changed(random, cdb) : cdb;
  return { unit, cdb: sent, out };
}

/** Commands with element addresses: where they are, in pairs of bytes. */
const WITH_ADDRESSES: readonly (readonly [op: number, places: readonly number[], bytes: number])[] =
  [
    [0xa5, [2, 4, 6], 12],
    [0xa5, [4, 6], 12],
    [0xa6, [2, 4, 6, 8], 12],
    [0x2b, [2, 4], 10],
    [0xb8, [2], 12],
    [0x37, [2], 10],
    [0xe7, [2], 10],
    [0xb6, [2], 12],
  ];
const ROBOT = 1;

/** A command with element addresses, to the changer. */
export function elementInput(random: Random): FuzzInput {
  const [op, places, bytes] = random.pick(WITH_ADDRESSES);
  const cdb = Buffer.alloc(bytes);
  cdb[0] = op;
  cdb[3] = random.oneIn(2) ? ROBOT : 0;
  for (const place of places) {
    const isWild = random.oneIn(8);
    cdb.writeUInt16BE(isWild ? random.wild() & 0xffff : random.pick(ADDRESSES), place);
  }
  if (op === 0xb8) {
    cdb[1] = 0x10 | random.below(6);
    cdb.writeUInt16BE(random.wild() & 0xffff, 4);
    cdb.writeUInt16BE(DATA_BYTES_MAX, 8);
    return { unit: "changer", cdb, inBytes: DATA_BYTES_MAX };
  }
  return random.oneIn(10)
    ? input("changer", changed(random, cdb), random)
    : { unit: "changer", cdb };
}
