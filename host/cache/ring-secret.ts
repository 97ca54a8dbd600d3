/**
 * From the secret that an operator keeps to the keys of one ring: HKDF-SHA256 with the ring's own salt, so
 * that two rings under one secret share nothing. Decides the derivation (SPEC.md, section 14).
 */

import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** What a secret has at least, and at most. */
export const SECRET_BYTES_MIN = 32;
export const SECRET_BYTES_MAX = 4096;
const CIPHER_KEY_BYTES = 64;
const CHECK_KEY_BYTES = 32;
const INFO = "understudy ring 1";
const MARK_INFO = "understudy tape key mark 1";

/** How rings are opened. */
export interface RingAccess {
  /** At least SECRET_BYTES_MIN bytes. */
  readonly secret: Uint8Array;
  /** The boot that the secret does not outlive, 32 hexadecimal digits; "": it is kept. */
  readonly bootId: string;
  /** Told when a ring whose secret went with an earlier boot is made anew. */
  readonly onRemade: (path: string) => void;
}

/** What encrypts a ring, and what its label is held to. */
export interface RingKeys {
  /** AES-256-XTS: 64 bytes. */
  readonly cipherKey: KeyObject;
  /** HMAC-SHA256 of the head of a label. */
  readonly check: (labelHead: Uint8Array) => Buffer;
}

/** The keys of the ring with that salt. */
export function ringKeys(secret: Uint8Array, salt: Uint8Array): RingKeys {
  const bytes = Buffer.from(
    hkdfSync("sha256", secret, salt, INFO, CIPHER_KEY_BYTES + CHECK_KEY_BYTES),
  );
  const cipherKey = createSecretKey(bytes.subarray(0, CIPHER_KEY_BYTES));
  const checkKey = createSecretKey(bytes.subarray(CIPHER_KEY_BYTES));
  bytes.fill(0);
  return { cipherKey, check: (head) => createHmac("sha256", checkKey).update(head).digest() };
}

/** What marks of tape keys are made with: the same as long as the secret is. */
export function keyMarkKey(secret: Uint8Array): KeyObject {
  const bytes = Buffer.from(hkdfSync("sha256", secret, "", MARK_INFO, CHECK_KEY_BYTES));
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
