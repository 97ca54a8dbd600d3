/** The key that a drive has: what SECURITY PROTOCOL OUT has set. Decides whether a record can be read with it. */
import { type Answer, check } from "./answer.ts";
import { SENSE } from "./sense.ts";

/** Modes of encryption, and of decryption; 0: off. */
export const ENCRYPT = 2;
export const DECRYPT = 2;
export const MIXED = 3;

/** What SECURITY PROTOCOL OUT has set. */
export interface DriveEncryption {
  readonly encryptionMode: number;
  readonly decryptionMode: number;
  /** SHA-256 of the key in hexadecimal digits; "": there is none. */
  readonly keyId: string;
  readonly clearsOnDemount: boolean;
  /** Goes up with each change. */
  readonly instance: number;
}

/** As at power on, and after a key was cleared. */
export function noEncryption(instance: number): DriveEncryption {
  return { encryptionMode: 0, decryptionMode: 0, keyId: "", clearsOnDemount: false, instance };
}

/** What a record that is written now remembers: its key, "" for none. */
export function keyOfWrites({ encryptionMode, keyId }: DriveEncryption): string {
  return encryptionMode === ENCRYPT ? keyId : "";
}

/** Why a record with that key ("": in clear) cannot be read; undefined: it can. */
export function lockedAgainst(
  { decryptionMode, keyId }: DriveEncryption,
  recordKey: string,
): Answer | undefined {
  if (recordKey === "") {
    return decryptionMode === DECRYPT ? check(SENSE.notEncrypted) : undefined;
  }
  if (decryptionMode === 0) {
    return check(SENSE.cannotDecrypt);
  }
  return keyId === recordKey ? undefined : check(SENSE.wrongKey);
}
