/**
 * Commands that write, read or move the tape, made from what is believed of it. Decides their fields.
 */

import type { Random } from "../parity/random.ts";
import { bytesOf, type Made, six, sixteen } from "./made.ts";
import { MARK, Model } from "./model.ts";

const FIXED = 1;
const SILI = 2;
const SMALL_BYTES = 300;
const LARGE_BYTES = 70_000;
const LARGE_ONE_IN = 60;
const DATA_POOL_BYTES = 65_536;
const PARTITIONS_MAX = 4;

let pool: Buffer | undefined;

/** Record data: no two of a sequence are alike. */
function dataOf(random: Random, bytes: number): Buffer {
  pool ??= Buffer.from(
    Array.from({ length: DATA_POOL_BYTES }, (_, at) => (at * 31 + (at >> 7)) & 255),
  );
  const data = Buffer.alloc(bytes);
  const from = random.below(DATA_POOL_BYTES);
  for (let at = 0; at < bytes; ) {
    const piece = pool.subarray(at === 0 ? from : 0, (at === 0 ? from : 0) + bytes - at);
    piece.copy(data, at);
    at += piece.length;
  }
  if (bytes >= 4) {
    data.writeUInt32LE(random.word());
  }
  return data;
}

function recordBytes(random: Random, model: Model): number {
  if (random.oneIn(LARGE_ONE_IN)) {
    return 1 + random.below(LARGE_BYTES);
  }
  return model.block > 0 && random.oneIn(3) ? model.block : 1 + random.below(SMALL_BYTES);
}

export function write(random: Random, model: Model): Made {
  const bytes = recordBytes(random, model);
  model.write(bytes, 1);
  return { cdb: six(0x0a, 0, bytes), out: dataOf(random, bytes) };
}

export function writeFixed(random: Random, model: Model): Made | undefined {
  if (model.block === 0) {
    return undefined;
  }
  const blocks = 1 + random.below(6);
  model.write(model.block, blocks);
  return { cdb: six(0x0a, FIXED, blocks), out: dataOf(random, blocks * model.block) };
}

export function filemarks(random: Random, model: Model): Made {
  const count = random.pick([0, 1, 1, 1, 2, 3]);
  if (count > 0) {
    model.write(MARK, count);
  }
  return { cdb: six(0x10, random.pick([0, 0, 1]), count) };
}

/** A length that is right, or short, or long. */
function nearly(random: Random, bytes: number): number {
  switch (random.below(4)) {
    case 0:
      return Math.max(1, bytes - 1 - random.below(bytes));
    case 1:
      return bytes + 1 + random.below(SMALL_BYTES);
    default:
      return bytes;
  }
}

export function read(random: Random, model: Model): Made {
  const { next } = model;
  const bytes = nearly(random, next === undefined || next === MARK ? SMALL_BYTES : next);
  model.pass();
  return { cdb: six(0x08, random.pick([0, SILI]), bytes), inBytes: bytes };
}

export function readFixed(random: Random, model: Model): Made | undefined {
  if (model.block === 0) {
    return undefined;
  }
  const blocks = 1 + random.below(5);
  for (let done = 0; done < blocks && model.next === model.block; done += 1) {
    model.pass();
  }
  if (model.next !== model.block) {
    model.pass();
  }
  return { cdb: six(0x08, FIXED, blocks), inBytes: blocks * model.block };
}

/** A partition that a command names: mostly the one where the tape is; now and then one that there is not. */
function partitionFor(random: Random, model: Model): number {
  const isOther = random.oneIn(model.partitionCount > 1 ? 3 : 30);
  return isOther ? random.below(PARTITIONS_MAX) : model.partition;
}

/** Where a command of sixteen bytes begins. */
interface Place {
  readonly partition: number;
  readonly object: number;
  /** What the command changes: nothing of the tape where there is no such partition. */
  readonly there: Model;
}

/** Mostly where the tape is. */
function place(random: Random, model: Model): Place {
  const partition = partitionFor(random, model);
  const isHere = partition === model.partition && !random.oneIn(3);
  const there = model.changeTo(partition) ? model : new Model();
  const object = isHere ? model.at : target(random, there);
  there.moveTo(object);
  return { partition, object, there };
}

/** A CDB of sixteen bytes with a place, and a length of three bytes. */
function streaming(
  operation: number,
  flags: number,
  { partition, object }: Place,
  length: number,
): number[] {
  return [operation, flags, 0, partition, ...bytesOf(object, 8), ...bytesOf(length, 3), 0];
}

export function write16(random: Random, model: Model): Made {
  const at = place(random, model);
  const bytes = recordBytes(random, model);
  at.there.write(bytes, 1);
  return { cdb: streaming(0x8a, 0, at, bytes), out: dataOf(random, bytes) };
}

export function read16(random: Random, model: Model): Made {
  const at = place(random, model);
  const { cdb, inBytes = 0 } = read(random, at.there);
  const [, flags = 0, ...length] = cdb;
  return { cdb: streaming(0x88, flags, at, Buffer.from(length).readUIntBE(0, 3)), inBytes };
}

export function filemarks16(random: Random, model: Model): Made {
  const at = place(random, model);
  const [, flags = 0, ...count] = filemarks(random, at.there).cdb;
  return { cdb: streaming(0x80, flags, at, Buffer.from(count).readUIntBE(0, 3)) };
}

export function erase16(random: Random, model: Model): Made {
  const { partition, object, there } = place(random, model);
  there.erase();
  return { cdb: sixteen(0x93, random.pick([0, 1]), object, partition) };
}

/** VERIFY(6) of one record, or of blocks. */
export function verify(random: Random, model: Model): Made {
  if (model.block > 0 && random.oneIn(2)) {
    const [, , ...blocks] = readFixed(random, model)?.cdb ?? [];
    return { cdb: [0x13, FIXED, ...blocks] };
  }
  const [, , ...length] = read(random, model).cdb;
  return { cdb: [0x13, 0, ...length] };
}

export function verify16(random: Random, model: Model): Made {
  const at = place(random, model);
  const [, flags = 0, ...length] = verify(random, at.there).cdb;
  return { cdb: streaming(0x8f, flags, at, Buffer.from(length).readUIntBE(0, 3)) };
}

/** READ and WRITE that transfer nothing, or may not be: SILI with FIXED, FIXED without blocks. */
export function oddTransfer(random: Random, model: Model): Made {
  switch (random.below(4)) {
    case 0:
      return { cdb: six(0x08, 0, 0) };
    case 1:
      return { cdb: six(0x0a, model.block > 0 ? FIXED : 0, 0) };
    case 2:
      return { cdb: six(0x08, FIXED | SILI, 1), inBytes: SMALL_BYTES };
    default:
      return model.block > 0
        ? { cdb: six(0x08, FIXED, 0) }
        : { cdb: six(0x08, FIXED, 1), inBytes: SMALL_BYTES };
  }
}

function signedCount(random: Random): number {
  const count = random.oneIn(12) ? random.below(2000) : random.below(6);
  return random.oneIn(2) ? -count : count;
}

const SPACE_BLOCKS = 0;
const SPACE_MARKS = 1;
const SPACE_END = 3;

export function space(random: Random, model: Model): Made {
  const code = random.pick([SPACE_BLOCKS, SPACE_BLOCKS, SPACE_MARKS, SPACE_MARKS, SPACE_END]);
  const count = signedCount(random);
  if (code === SPACE_END) {
    model.moveTo(model.objects.length);
  } else {
    model.space(code === SPACE_MARKS, count);
  }
  const isLong = random.oneIn(3);
  return { cdb: isLong ? sixteen(0x91, code, count) : six(0x11, code, count) };
}

function target(random: Random, model: Model): number {
  const end = model.objects.length;
  return random.oneIn(10) ? end + random.below(100) : random.below(end + 1);
}

const CHANGE_PARTITION = 2;
const BLOCK_TYPE = 4;

/** LOCATE: without CP the field is not looked at. */
export function locate10(random: Random, model: Model): Made {
  const flags = random.pick([0, BLOCK_TYPE, CHANGE_PARTITION, CHANGE_PARTITION]);
  const partition = partitionFor(random, model);
  const there = flags !== CHANGE_PARTITION || model.changeTo(partition) ? model : new Model();
  const object = target(random, there);
  there.moveTo(object);
  return { cdb: [0x2b, flags, 0, ...bytesOf(object, 4), 0, partition, 0] };
}

/** Destination types: a logical object, a logical file, the end of data. */
const TO_FILE = 1;
const TO_END = 3;
const TYPE_SHIFT = 3;
const FILES_MAX = 6;

export function locate16(random: Random, model: Model): Made {
  const type = random.pick([0, 0, 0, TO_FILE, TO_END]);
  const flags = random.pick([0, CHANGE_PARTITION]);
  const partition = partitionFor(random, model);
  const there = flags !== CHANGE_PARTITION || model.changeTo(partition) ? model : new Model();
  const isFile = type === TO_FILE;
  const number = isFile ? random.below(FILES_MAX) : target(random, there);
  const object = isFile ? there.fileAt(number) : number;
  there.moveTo(type === TO_END ? there.objects.length : object);
  return { cdb: sixteen(0x92, (type << TYPE_SHIFT) | flags, number, partition) };
}

export function rewind(_: Random, model: Model): Made {
  model.moveTo(0);
  return { cdb: six(0x01, 0, 0) };
}

export function erase(random: Random, model: Model): Made {
  model.erase();
  return { cdb: six(0x19, random.pick([0, 1]), 0) };
}

export function load(_: Random, model: Model): Made {
  model.isUnloaded = false;
  model.load();
  return {
    cdb: six(0x1b, 0, 1 << 8)
      .slice(0, 4)
      .concat([1, 0]),
  };
}

export function unload(_: Random, model: Model): Made {
  model.isUnloaded = true;
  return { cdb: [0x1b, 0, 0, 0, 0, 0] };
}
