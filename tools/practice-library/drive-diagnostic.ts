/**
 * SEND DIAGNOSTIC, RECEIVE DIAGNOSTIC RESULTS and READ BUFFER of a drive: the default self-test, no diagnostic
 * pages but the list of them, and one buffer, whose text says which drive it is. There is no firmware, so
 * there is no WRITE BUFFER.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo } from "./answer.ts";
import type { Drive } from "./drive.ts";
import { big } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const SELF_TEST_CODE_MASK = 0xe0;
const PAGE_CODE_VALID_BIT = 0x01;
const MODE_MASK = 0x1f;
const MODE_DATA = 0x02;
const MODE_DESCRIPTOR = 0x03;

/** SEND DIAGNOSTIC: byte 1 self-test code, 3-4 parameter list length. */
export function sendDiagnostic(_drive: Drive, { cdb }: Call): Answer {
  const isDefault = (cdb.readUInt8(1) & SELF_TEST_CODE_MASK) === 0 && cdb.readUInt16BE(3) === 0;
  return isDefault ? good() : check(SENSE.invalidFieldInCdb);
}

/** RECEIVE DIAGNOSTIC RESULTS: byte 2 page, 3-4 allocation length. */
export function receiveDiagnostic(_drive: Drive, { cdb }: Call): Answer {
  const isPage = (cdb.readUInt8(1) & PAGE_CODE_VALID_BIT) !== 0;
  return isPage && cdb.readUInt8(2) !== 0
    ? check(SENSE.invalidFieldInCdb)
    : goodUpTo(Buffer.from([0, 0, 0, 1, 0]), cdb.readUInt16BE(3));
}

/** READ BUFFER of buffer 0: byte 1 mode, 2 buffer, 3-5 offset, 6-8 allocation length. */
export function readBuffer(drive: Drive, { cdb }: Call): Answer {
  const text = Buffer.from(`practice drive ${drive.parts.identity.serial}`, "latin1");
  const [mode, offset] = [cdb.readUInt8(1) & MODE_MASK, cdb.readUIntBE(3, 3)];
  const isData = mode === MODE_DATA && offset <= text.length;
  if (cdb.readUInt8(2) !== 0 || (!isData && mode !== MODE_DESCRIPTOR)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const descriptor = Buffer.concat([Buffer.from([0]), big(text.length, 3)]);
  return goodUpTo(isData ? text.subarray(offset) : descriptor, cdb.readUIntBE(6, 3));
}
