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
const EVPD_BIT = 0x01;
const CODE_SET_BINARY = 0x01;
const CODE_SET_ASCII = 0x02;
const DESIGNATOR_T10 = 0x01;
const DESIGNATOR_NAA = 0x03;
const NAA_LOCAL = 0x3000_0000;
const SEQUENTIAL_ACCESS = 0x01;

/** Standard INQUIRY data, 36 bytes. */
export function standardInquiry(identity: Identity): Buffer {
  const head = [identity.deviceType, REMOVABLE_BIT, VERSION_SPC_4, RESPONSE_FORMAT, 31, 0, 0, 0];
  return Buffer.concat([
    Buffer.from(head),
    padded(VENDOR, 8),
    padded(identity.product, 16),
    padded(REVISION, 4),
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
    // Sequential-access device capabilities: no WORM medium.
    bodies.set(0xb0, Buffer.from([0, 0]));
  }
  bodies.set(0x00, Buffer.from([0x00, ...[...bodies.keys()].sort((a, b) => a - b)]));
  return bodies;
}

/** INQUIRY: standard data, or VPD pages 00h 80h 83h and for drives B0h. */
export function inquiry(identity: Identity, { cdb }: Call): Answer {
  const allocationBytes = cdb.readUInt16BE(3);
  const page = cdb.readUInt8(2);
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
