/**
 * The label of an encrypted device, in clear text (SPEC.md, section 14): how it is encrypted, with which
 * salt, and what tells the right key from a wrong one. Decides its bytes and what the two copies say
 * together; reads and writes nothing, and holds no key.
 */

import { timingSafeEqual } from "node:crypto";
import { crc32c } from "@node-rs/crc32";
import type { RingKeys } from "./ring-secret.ts";
import { UNIT_BYTES } from "./unit-cipher.ts";

/** Bytes at the start of a device that are the label's; the encrypted bytes follow. */
export const ENCRYPTION_AREA_BYTES = 65_536;
/** Where the two copies are: a device that loses one of these blocks keeps the ring. */
export const ENCRYPTION_LABEL_OFFSETS = [0, 32_768] as const;
/** What a disk writes wholly or not at all. */
export const ENCRYPTION_LABEL_BYTES = 512;
export const SALT_BYTES = 32;

const MAGIC = Buffer.from("UNDCRYPT", "latin1");
/** How a superblock begins, and a stripe label: of a ring that is not encrypted. */
const CLEAR_MAGIC = Buffer.from("UNDS", "latin1");
const VERSION = 1;
/** AES-256-XTS with keys by HKDF-SHA256. */
const CIPHER = 1;
const BOOT_AT = 24;
const SALT_AT = 40;
const CHECK_AT = SALT_AT + SALT_BYTES;
const CHECK_END = CHECK_AT + 32;
const CRC_AT = ENCRYPTION_LABEL_BYTES - 4;

/** A label that is right as far as one can see without a key. */
export interface EncryptionLabel {
  /** The boot whose end takes the key, 32 hexadecimal digits; "": the key is kept. */
  readonly bootId: string;
  readonly salt: Buffer;
  readonly bytes: Buffer;
}

/** What stands where a label would be: "clear" is a ring in clear text, "damaged" a rotten or newer label. */
export type FoundEncryption = EncryptionLabel | "blank" | "damaged" | "clear" | "foreign";

/** The label's bytes. */
export function encodeEncryptionLabel(bootId: string, salt: Buffer, keys: RingKeys): Buffer {
  const bytes = Buffer.alloc(ENCRYPTION_LABEL_BYTES);
  bytes.set(MAGIC);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(CIPHER, 12);
  bytes.writeUInt32LE(UNIT_BYTES, 16);
  bytes.write(bootId, BOOT_AT, "hex");
  bytes.set(salt, SALT_AT);
  bytes.set(keys.check(bytes.subarray(0, CHECK_AT)), CHECK_AT);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

/** Reads one copy. */
export function decodeEncryptionLabel(block: Buffer): FoundEncryption {
  if (block.every((byte) => byte === 0)) {
    return "blank";
  }
  const bytes = Buffer.from(block.subarray(0, ENCRYPTION_LABEL_BYTES));
  if (!beginsWith(bytes, MAGIC)) {
    return beginsWith(bytes, CLEAR_MAGIC) ? "clear" : "foreign";
  }
  const isRight =
    bytes.length === ENCRYPTION_LABEL_BYTES &&
    bytes.readUInt32LE(CRC_AT) === crc32c(bytes.subarray(0, CRC_AT)) &&
    bytes.readUInt32LE(8) === VERSION &&
    bytes.readUInt32LE(12) === CIPHER &&
    bytes.readUInt32LE(16) === UNIT_BYTES;
  if (!isRight) {
    return "damaged";
  }
  const bootId = bytes.toString("hex", BOOT_AT, SALT_AT);
  return {
    bootId: /^0+$/.test(bootId) ? "" : bootId,
    salt: bytes.subarray(SALT_AT, CHECK_AT),
    bytes,
  };
}

/** What the copies say together: one that is right is enough, and a trace of one is not overlooked. */
export function joinedEncryption(copies: readonly FoundEncryption[]): FoundEncryption {
  return (
    copies.find((copy) => typeof copy === "object") ??
    (["damaged", "clear", "foreign"] as const).find((kind) => copies.includes(kind)) ??
    "blank"
  );
}

/** Are these the keys that the label was made with? */
export function isKeyOf({ bytes }: EncryptionLabel, keys: RingKeys): boolean {
  const check = keys.check(bytes.subarray(0, CHECK_AT));
  return timingSafeEqual(check, bytes.subarray(CHECK_AT, CHECK_END));
}

function beginsWith(bytes: Buffer, magic: Buffer): boolean {
  return bytes.subarray(0, magic.length).equals(magic);
}
