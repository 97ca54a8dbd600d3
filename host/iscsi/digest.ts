/**
 * Header and data digests: the CRC32C of RFC 7143, least significant byte first. Decides what each
 * of them covers, and what of a PDU stands around its data segment. The header digest covers the
 * BHS with its AHS, the data digest the data with its padding; without data there is no data digest.
 */
import { crc32c } from "@node-rs/crc32";
import { type SessionParameters, VALUE_CRC32C } from "./negotiate.ts";
import { paddingOf } from "./pdu.ts";

/** Bytes of one digest. */
export const DIGEST_BYTES = 4;

/** Which digests the PDUs of one connection have, in both directions. */
export interface Digests {
  readonly header: boolean;
  readonly data: boolean;
}

/** During the login, and afterwards where None was agreed. */
export const NO_DIGESTS: Digests = { header: false, data: false };

const PADDING = new Uint8Array(3);

/** What was agreed for the full feature phase. */
export function digestsOf(
  parameters: Pick<SessionParameters, "headerDigest" | "dataDigest">,
): Digests {
  return {
    header: parameters.headerDigest === VALUE_CRC32C,
    data: parameters.dataDigest === VALUE_CRC32C,
  };
}

/** CRC of `bytes`, which come after bytes with the CRC `before`. */
export function continueCrc(before: number, bytes: Uint8Array): number {
  return crc32c(bytes, before);
}

/** True where `digest`, as it was received, is that of bytes with this CRC. */
export function isDigestOf(crc: number, digest: Uint8Array): boolean {
  return (
    digest[0] === (crc & 0xff) &&
    digest[1] === ((crc >>> 8) & 0xff) &&
    digest[2] === ((crc >>> 16) & 0xff) &&
    digest[3] === crc >>> 24
  );
}

/** The header as it is sent: a PDU without AHS. */
export function headerToSend(bhs: Uint8Array, digests: Digests): Uint8Array {
  if (!digests.header) {
    return bhs;
  }
  const header = new Uint8Array(bhs.length + DIGEST_BYTES);
  header.set(bhs);
  putDigest(header, bhs.length, crc32c(bhs));
  return header;
}

/** What is sent behind `dataBytes` bytes of data in `parts`: padding and data digest, if any. */
export function trailerToSend(
  parts: readonly Uint8Array[],
  dataBytes: number,
  digests: Digests,
): Uint8Array {
  const padding = PADDING.subarray(0, paddingOf(dataBytes));
  if (!digests.data || dataBytes === 0) {
    return padding;
  }
  const trailer = new Uint8Array(padding.length + DIGEST_BYTES);
  putDigest(trailer, padding.length, [...parts, padding].reduce(continueCrc, 0));
  return trailer;
}

function putDigest(bytes: Uint8Array, at: number, crc: number): void {
  bytes[at] = crc;
  bytes[at + 1] = crc >>> 8;
  bytes[at + 2] = crc >>> 16;
  bytes[at + 3] = crc >>> 24;
}
