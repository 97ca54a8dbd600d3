/**
 * Who a unit says it is: INQUIRY standard data and vital product data, and what is derived from a
 * serial number. Decides bytes; which unit has which serial number is the library's.
 */

import type { Answer } from "./answer.ts";
import { check, goodUpTo } from "./answer.ts";
import { big, padded } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

/** A unit's name plate. */
export interface Identity {
  /** Peripheral device type: 01h sequential access, 08h media changer. */
  readonly deviceType: number;
  readonly product: string;
  readonly serial: string;
}

export const VENDOR = "UNDERSTD";
const REVISION = "0100";
const VERSION_SPC_4 = 0x06;
const RESPONSE_FORMAT = 0x02;
const REMOVABLE_BIT = 0x80;
const COMMAND_QUEUE_BIT = 0x02;
const INQUIRY_BYTES = 36;
const VERSIONS_AT = 58;
/** SAM-5, SPC-4, SSC-4, iSCSI; eight descriptors in all. */
const DRIVE_VERSIONS = Buffer.from("00a00460052009600000000000000000", "hex");
const EVPD_BIT = 0x01;
const COMMAND_DATA_BIT = 0x02;
const CODE_SET_BINARY = 0x01;
const CODE_SET_ASCII = 0x02;
const DESIGNATOR_T10 = 0x01;
const DESIGNATOR_NAA = 0x03;
const NAA_LOCAL = 0x3000_0000;
const SEQUENTIAL_ACCESS = 0x01;

/** Standard INQUIRY data, 36 bytes; a drive's 74, with the standards that it keeps to. */
export function standardInquiry(identity: Identity): Buffer {
  const { deviceType } = identity;
  const isDrive = deviceType === SEQUENTIAL_ACCESS;
  const versions = isDrive ? [...Buffer.alloc(VERSIONS_AT - INQUIRY_BYTES), ...DRIVE_VERSIONS] : [];
  const length = INQUIRY_BYTES - 5 + versions.length;
  const head = [
    deviceType,
    REMOVABLE_BIT,
    VERSION_SPC_4,
    RESPONSE_FORMAT,
    length,
    0,
    0,
    COMMAND_QUEUE_BIT,
  ];
  return Buffer.concat([
    Buffer.from(head),
    padded(VENDOR, 8),
    padded(identity.product, 16),
    padded(REVISION, 4),
    Buffer.from(versions),
  ]);
}

/** T10 vendor ID based designator: vendor 8 bytes, product 16, serial number. */
export function t10Designator(identity: Identity): Buffer {
  const name = Buffer.concat([
    padded(VENDOR, 8),
    padded(identity.product, 16),
    Buffer.from(identity.serial, "latin1"),
  ]);
  return Buffer.concat([Buffer.from([CODE_SET_ASCII, DESIGNATOR_T10, 0, name.length]), name]);
}

/** A locally assigned NAA name: stable, made of the serial number's characters. */
function naaDesignator(identity: Identity): Buffer {
  let hash = 0;
  for (const byte of Buffer.from(identity.serial, "latin1")) {
    hash = (Math.imul(hash, 31) + byte) >>> 0;
  }
  const name = Buffer.concat([big(NAA_LOCAL + identity.deviceType, 4), big(hash, 4)]);
  return Buffer.concat([Buffer.from([CODE_SET_BINARY, DESIGNATOR_NAA, 0, name.length]), name]);
}

function pageBodies(identity: Identity): Map<number, Buffer> {
  const bodies = new Map<number, Buffer>([
    [0x80, Buffer.from(identity.serial, "latin1")],
    [0x83, Buffer.concat([t10Designator(identity), naaDesignator(identity)])],
  ]);
  if (identity.deviceType === SEQUENTIAL_ACCESS) {
    // Extended INQUIRY data: simple task attributes, 64 bytes of sense data at most.
    const extended = Buffer.alloc(60);
    extended[1] = 1;
    extended[9] = 64;
    bodies.set(0x86, extended);
    // Sequential-access device capabilities: no WORM medium.
    bodies.set(0xb0, Buffer.from([0, 0]));
    bodies.set(0xb1, Buffer.from(identity.serial, "latin1"));
    // Every TapeAlert flag is supported.
    bodies.set(0xb2, Buffer.alloc(8, 0xff));
  }
  bodies.set(0x00, Buffer.from([0x00, ...[...bodies.keys()].sort((a, b) => a - b)]));
  return bodies;
}

/** INQUIRY: standard data, or VPD pages 00h 80h 83h and for drives 86h B0h B1h B2h. */
export function inquiry(identity: Identity, { cdb }: Call): Answer {
  const allocationBytes = cdb.readUInt16BE(3);
  const page = cdb.readUInt8(2);
  if ((cdb.readUInt8(1) & COMMAND_DATA_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  if ((cdb.readUInt8(1) & EVPD_BIT) === 0) {
    return page === 0
      ? goodUpTo(standardInquiry(identity), allocationBytes)
      : check(SENSE.invalidFieldInCdb);
  }
  const body = pageBodies(identity).get(page);
  if (body === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const head = Buffer.concat([Buffer.from([identity.deviceType, page]), big(body.length, 2)]);
  return goodUpTo(Buffer.concat([head, body]), allocationBytes);
}
