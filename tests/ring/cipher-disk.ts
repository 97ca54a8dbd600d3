/**
 * A disk in memory with an encrypted ring on it, as the cache device writes one: whole blocks, of which the
 * last is filled with zeros, encrypted. A power cut tears its cipher text between sectors.
 */
import { createSecretKey } from "node:crypto";
import { CACHE_BLOCK_BYTES } from "../../host/cache/cache-device.ts";
import { UnitCipher } from "../../host/cache/unit-cipher.ts";
import { type CutFate, type DiskWrite, MemoryDisk, type Pages } from "./memory-disk.ts";

const SECTOR_BYTES = 512;

export class CipherDisk extends MemoryDisk {
  readonly #key: Uint8Array;
  readonly #cipher: UnitCipher;

  constructor(key: Uint8Array, from?: Pages) {
    super(from);
    this.#key = key;
    this.#cipher = new UnitCipher(createSecretKey(key));
  }

  override write(offset: number, bytes: Uint8Array): DiskWrite {
    const start = down(offset, CACHE_BLOCK_BYTES);
    const end = down(offset + bytes.length + CACHE_BLOCK_BYTES - 1, CACHE_BLOCK_BYTES);
    const blocks = new Uint8Array(end - start);
    blocks.set(this.read(start, offset - start));
    blocks.set(bytes, offset - start);
    return super.write(start, Buffer.concat(this.#cipher.encrypted(start, blocks)));
  }

  override cut(fateOf: (bytes: number) => CutFate): CipherDisk {
    const left = this.leftAfter((bytes) => betweenSectors(fateOf(bytes)));
    return new CipherDisk(this.#key, left);
  }

  override read(offset: number, count: number): Uint8Array {
    const start = down(offset, CACHE_BLOCK_BYTES);
    const end = down(offset + count + CACHE_BLOCK_BYTES - 1, CACHE_BLOCK_BYTES);
    const blocks = super.read(start, end - start);
    this.#cipher.decrypt(start, blocks);
    return blocks.slice(offset - start, offset - start + count);
  }
}

function betweenSectors(fate: CutFate): CutFate {
  if (typeof fate === "string") return fate;
  return "tornAfterBytes" in fate
    ? { tornAfterBytes: down(fate.tornAfterBytes, SECTOR_BYTES) }
    : { tornBeforeBytes: down(fate.tornBeforeBytes, SECTOR_BYTES) };
}

function down(bytes: number, to: number): number {
  return bytes - (bytes % to);
}
