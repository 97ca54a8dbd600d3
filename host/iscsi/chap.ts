/**
 * CHAP as RFC 7143 uses it (chapter 12, RFC 1994): algorithms, responses, binary values. Decides the
 * form of what is said; whose secret counts and when is the users'.
 */
import { createHash, timingSafeEqual } from "node:crypto";

/** A name and what proves it. */
export interface ChapAccount {
  readonly name: string;
  readonly secret: Uint8Array;
}

/** One value of CHAP_A. */
export interface ChapAlgorithm {
  readonly number: number;
  /** As node:crypto calls it. */
  readonly hash: string;
  /** Of a response; a challenge of ours is as long. */
  readonly bytes: number;
}

/** Longest binary value (RFC 7143). */
export const CHAP_VALUE_BYTES_MAX = 1024;

/** The registered ones. */
const ALGORITHMS: readonly ChapAlgorithm[] = [
  { number: 5, hash: "md5", bytes: 16 },
  { number: 6, hash: "sha1", bytes: 20 },
  { number: 7, hash: "sha256", bytes: 32 },
  { number: 8, hash: "sha3-256", bytes: 32 },
];

/** What an initiator offers as CHAP_A, the best first. */
export const CHAP_ALGORITHM_NUMBERS: readonly number[] = ALGORITHMS.map(
  ({ number }) => number,
).reverse();

/** The first of a CHAP_A list that is known here. */
export function chooseAlgorithm(list: string): ChapAlgorithm | undefined {
  for (const offered of list.split(",")) {
    const found = ALGORITHMS.find(({ number }) => String(number) === offered);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** What proves the knowledge of `secret` to who sent `identifier` and `challenge`. */
export function chapResponse(
  { hash }: ChapAlgorithm,
  identifier: number,
  secret: Uint8Array,
  challenge: Uint8Array,
): Uint8Array {
  const input = createHash(hash).update(Uint8Array.of(identifier)).update(secret);
  return input.update(challenge).digest();
}

/** Compares in a time that tells nothing of where they differ. */
export function isSameResponse(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A binary value as text. */
export function formatBinary(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** A binary value, hexadecimal (0x) or base64 (0b); undefined: neither, empty, or too long. */
export function parseBinary(text: string): Uint8Array | undefined {
  const prefix = text.slice(0, 2).toLowerCase();
  const digits = text.slice(2);
  let bytes: Uint8Array;
  if (prefix === "0x" && /^(?:[0-9a-fA-F]{2})+$/.test(digits)) {
    bytes = Buffer.from(digits, "hex");
  } else if (prefix === "0b" && /^[A-Za-z0-9+/]+={0,2}$/.test(digits)) {
    bytes = Buffer.from(digits, "base64");
  } else {
    return undefined;
  }
  return bytes.length > 0 && bytes.length <= CHAP_VALUE_BYTES_MAX ? bytes : undefined;
}
