/**
 * AES-256-XTS (IEEE 1619) over the bytes of a device: which data unit and tweak each block of 16 bytes has
 * (SPEC.md, section 14). Decides how a run of bytes is cut into data units; knows no labels and no files.
 * In XTS a block of 16 bytes depends on its own plain text and its place only, so a run may begin and end
 * inside a data unit: what stands before it there is filled with anything, and costs its time. Large units
 * are what makes it fast: a cipher of Node's costs as much as 12 KiB of AES.
 */

import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";

/** Of one data unit. */
export const UNIT_BYTES = 65_536;
/** Runs begin and end at multiples of it. */
export const CIPHER_BLOCK_BYTES = 16;
const ALGORITHM = "aes-256-xts";
const TWEAK_BYTES = 16;

/** One data unit, in one direction. */
interface Cipher {
  update(bytes: Uint8Array): Uint8Array;
}

/** Encrypts and decrypts runs of bytes at ring offsets, one after the other. */
export class UnitCipher {
  readonly #key: KeyObject;
  readonly #tweak = Buffer.alloc(TWEAK_BYTES);
  /** A data unit of which only the end is wanted. */
  readonly #unit = Buffer.alloc(UNIT_BYTES);

  /** `key` has 64 bytes. */
  constructor(key: KeyObject) {
    this.#key = key;
  }

  /** What `bytes`, which belong at ring offset `offset`, are on the device: pieces, one behind the other. */
  encrypted(offset: number, bytes: Uint8Array): Uint8Array[] {
    return this.#run(() => createCipheriv(ALGORITHM, this.#key, this.#tweak), offset, bytes);
  }

  /** The bytes of ring offset `offset`, in place. */
  decrypt(offset: number, bytes: Uint8Array): void {
    let at = 0;
    const ofUnit = () => createDecipheriv(ALGORITHM, this.#key, this.#tweak);
    for (const piece of this.#run(ofUnit, offset, bytes)) {
      bytes.set(piece, at);
      at += piece.length;
    }
  }

  #run(ofUnit: () => Cipher, offset: number, from: Uint8Array): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    for (let done = 0; done < from.length; ) {
      const at = offset + done;
      const lead = at % UNIT_BYTES;
      const piece = from.subarray(done, done + UNIT_BYTES - lead);
      this.#tweak.writeBigUInt64LE(BigInt(Math.floor(at / UNIT_BYTES)));
      pieces.push(ofUnit().update(this.#fromUnitStart(piece, lead)).subarray(lead));
      done += piece.length;
    }
    return pieces;
  }

  /** A data unit is given to the cipher at once, from its start. */
  #fromUnitStart(piece: Uint8Array, lead: number): Uint8Array {
    if (lead === 0) {
      return piece;
    }
    this.#unit.set(piece, lead);
    return this.#unit.subarray(0, lead + piece.length);
  }
}
