/**
 * READ and WRITE ATTRIBUTE (medium auxiliary memory) and REPORT DENSITY SUPPORT. Decides what a cartridge
 * tells of itself; what hosts may write is in host-attributes.ts.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo } from "./answer.ts";
import type { Cartridge } from "./cartridge.ts";
import type { Drive } from "./drive.ts";
import type { Generation } from "./generation.ts";
import { afterList, shownIn } from "./host-attributes.ts";
import { VENDOR } from "./identity.ts";
import { big, padded } from "./parameters.ts";
import { type Partition, remainingBytes } from "./partitions.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const SERVICE_ACTION_MASK = 0x1f;
const ACTION_VALUES = 0x00;
const ACTION_LIST = 0x01;
const READ_ONLY_BIT = 0x80;
const FORMAT_BINARY = 0x00;
const FORMAT_ASCII = 0x01;
const MEDIA_BIT = 0x01;
const MEDIUM_TYPE_BIT = 0x02;
const WRITABLE_DEFAULT_BITS = 0xa0;
const LIST_BYTES_MAX = 4096;
const MEBIBYTE = 1024 * 1024;
const MEGABYTE = 1_000_000;

interface Attribute {
  readonly identifier: number;
  readonly format: number;
  readonly value: Buffer;
  readonly isWritable?: true;
}

function attributesOf(
  cartridge: Cartridge,
  number: number,
  partition: Partition,
  generation: Generation,
): readonly Attribute[] {
  const binary = (identifier: number, value: number, bytes: number): Attribute => {
    return { identifier, format: FORMAT_BINARY, value: big(value, bytes) };
  };
  const ascii = (identifier: number, text: string, bytes: number): Attribute => {
    return { identifier, format: FORMAT_ASCII, value: padded(text, bytes) };
  };
  return [
    binary(0x0000, remainingBytes(partition) / MEBIBYTE, 8),
    binary(0x0001, partition.capacityBytes / MEBIBYTE, 8),
    binary(0x0003, cartridge.mounts, 8),
    ascii(0x0400, VENDOR, 8),
    ascii(0x0401, cartridge.mediumSerial, 32),
    binary(0x0405, generation.densityCode, 1),
    ...shownIn(cartridge.hostAttributes, number).map(
      (attribute) => ({ ...attribute, isWritable: true }) as const,
    ),
  ];
}

/**
 * READ ATTRIBUTE: byte 1 service action (00h values, 01h list), 7 partition, 8-9 first attribute,
 * 10-13 allocation length. Values: id 2, flags 1, length 2, value.
 */
export function readAttribute(drive: Drive, { cdb }: Call): Answer {
  const { state } = drive;
  if (state.kind !== "ready") {
    return check(drive.currentSense());
  }
  const number = cdb.readUInt8(7);
  const partition = state.tape.partitionAt(number);
  if (partition === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const all = attributesOf(state.cartridge, number, partition, drive.parts.generation);
  const chosen = all.filter(({ identifier }) => identifier >= cdb.readUInt16BE(8));
  const body = attributeBytes(cdb.readUInt8(1) & SERVICE_ACTION_MASK, chosen);
  if (body === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  return goodUpTo(Buffer.concat([big(body.length, 4), body]), cdb.readUInt32BE(10));
}

function attributeBytes(action: number, attributes: readonly Attribute[]): Buffer | undefined {
  switch (action) {
    case ACTION_VALUES:
      return Buffer.concat(
        attributes.flatMap(({ identifier, format, value, isWritable }) => {
          const flags = Buffer.from([isWritable ? format : READ_ONLY_BIT | format]);
          return [big(identifier, 2), flags, big(value.length, 2), value];
        }),
      );
    case ACTION_LIST:
      return Buffer.concat(attributes.map(({ identifier }) => big(identifier, 2)));
    default:
      return undefined;
  }
}

/** WRITE ATTRIBUTE: byte 5 logical volume, 7 partition, 10-13 length of the parameter list. */
export async function writeAttribute(drive: Drive, call: Call): Promise<Answer | undefined> {
  const { cdb } = call;
  const bytes = cdb.readUInt32BE(10);
  const number = cdb.readUInt8(7);
  if (cdb.readUInt8(5) !== 0 || lacksPartition(drive, number)) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (bytes === 0) {
    return good();
  }
  if (bytes > LIST_BYTES_MAX || bytes > call.dataOutBytes) {
    return check(SENSE.parameterListLength);
  }
  const list = Buffer.alloc(bytes);
  if (!(await call.receive(list))) {
    return undefined;
  }
  const { state } = drive;
  if (state.kind !== "ready") {
    return check(drive.currentSense());
  }
  const after = afterList(state.cartridge.hostAttributes, list, number);
  if (after === "cut") {
    return check(SENSE.parameterListLength);
  }
  if (after === "full") {
    return check(SENSE.memoryFull);
  }
  if ("at" in after) {
    return check(SENSE.invalidFieldInParameters, { parameterAt: after.at });
  }
  state.cartridge.setHostAttributes(after);
  return good();
}

/** There is a cartridge, and it has no such partition. */
function lacksPartition({ state }: Drive, number: number): boolean {
  return state.kind === "ready" && state.tape.partitionAt(number) === undefined;
}

/** REPORT DENSITY SUPPORT: the drive's one density, which is also that of every medium. */
export function densitySupport(drive: Drive, { cdb }: Call): Answer {
  const flags = cdb.readUInt8(1);
  if ((flags & MEDIUM_TYPE_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  if ((flags & MEDIA_BIT) !== 0 && drive.state.kind !== "ready") {
    return check(drive.currentSense());
  }
  const { generation } = drive.parts;
  const capacityBytes = drive.cartridge?.capacityBytes ?? 0;
  const descriptor = Buffer.concat([
    Buffer.from([generation.densityCode, generation.densityCode, WRITABLE_DEFAULT_BITS, 0, 0]),
    // Bits per millimetre, media width, tracks: a file has none.
    Buffer.alloc(7),
    big(capacityBytes / MEGABYTE, 4),
    padded(VENDOR, 8),
    padded(generation.name, 8),
    padded(`Practice ${generation.name}`, 20),
  ]);
  const head = Buffer.concat([big(descriptor.length + 2, 2), Buffer.alloc(2)]);
  return goodUpTo(Buffer.concat([head, descriptor]), cdb.readUInt16BE(7));
}
