/**
 * Text keys: `key=value` pairs, each ended by a zero byte. Decides syntax and bounds; what a key
 * means is negotiate.ts's and its users'.
 */

/** Longest key name (RFC 7143: 63 bytes). */
export const KEY_BYTES_MAX = 63;

/** Most keys that one text may have; an honest login has about 20. */
export const KEYS_MAX = 128;

const KEY_PATTERN = /^[A-Za-z][A-Za-z0-9.\-+@_]*$/;

/** A text that cannot be taken. */
export interface TextFault {
  readonly fault: string;
}

/** True where parsing failed. */
export function isTextFault(result: Map<string, string> | TextFault): result is TextFault {
  return "fault" in result;
}

/**
 * Keys in their order. Faults: a pair without `=`, a key that is empty, too long, twice there or of
 * other characters, more than KEYS_MAX keys, a last pair without its zero byte.
 */
export function parseTextKeys(data: Uint8Array): Map<string, string> | TextFault {
  const keys = new Map<string, string>();
  const text = Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf8");
  const pairs = text.split("\0");
  if (pairs.pop() !== "") {
    return { fault: "the last key is not ended by a zero byte" };
  }
  for (const pair of pairs) {
    // Some initiators end their text with more zero bytes than one.
    if (pair === "") {
      continue;
    }
    const fault = addPair(keys, pair);
    if (fault !== undefined) {
      return fault;
    }
  }
  return keys;
}

/** One zero-ended `key=value` per entry. */
export function formatTextKeys(entries: Iterable<readonly [string, string]>): Uint8Array {
  let text = "";
  for (const [key, value] of entries) {
    text += `${key}=${value}\0`;
  }
  return Buffer.from(text, "utf8");
}

function addPair(keys: Map<string, string>, pair: string): TextFault | undefined {
  const equals = pair.indexOf("=");
  const key = pair.slice(0, equals);
  if (equals < 0 || key.length > KEY_BYTES_MAX || !KEY_PATTERN.test(key)) {
    return { fault: `not a key: ${JSON.stringify(pair.slice(0, KEY_BYTES_MAX))}` };
  }
  if (keys.has(key)) {
    return { fault: `key ${key} is there twice` };
  }
  if (keys.size === KEYS_MAX) {
    return { fault: `more than ${KEYS_MAX} keys` };
  }
  keys.set(key, pair.slice(equals + 1));
  return undefined;
}
