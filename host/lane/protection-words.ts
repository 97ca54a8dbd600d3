/**
 * Protection words as a server sends them: behind each block its CRC32C, low byte first. Decides
 * nothing: how many are right is the core's to judge.
 */

import { crc32c } from "@node-rs/crc32";
import { PROTECTION_WORD_BYTES } from "../../assembly/spec/abi.ts";

/** What `bytes` bytes of blocks become with a word behind each `blockBytes` of them. */
export function bytesWithWords(bytes: number, blockBytes: number): number {
  return (bytes / blockBytes) * (blockBytes + PROTECTION_WORD_BYTES);
}

/**
 * Moves blocks of `blockBytes` bytes to `into`, one behind the other, without the words behind them in `from`;
 * how many from the first on are, where they lie now, what their words say.
 */
export function takeWords(from: Uint8Array, into: Uint8Array, blockBytes: number): number {
  const words = new DataView(from.buffer, from.byteOffset, from.byteLength);
  let rightCount = 0;
  let place = 0;
  for (let at = 0; at < into.length; at += blockBytes) {
    into.set(from.subarray(place, place + blockBytes), at);
    const word = words.getUint32(place + blockBytes, true);
    const isRight = crc32c(into.subarray(at, at + blockBytes)) === word;
    rightCount += isRight && rightCount * blockBytes === at ? 1 : 0;
    place += blockBytes + PROTECTION_WORD_BYTES;
  }
  return rightCount;
}
