/**
 * Which records of a cartridge are encrypted, and with which key: from which object on, as a short list.
 * Decides what a write changes of it. A cartridge that was never encrypted has none.
 * Invariants: places go up; two neighbours have different keys; what is behind a write is forgotten.
 */

import { fieldOf, isJsonObject } from "./json-file.ts";

/** Records from object `from` on have that key: SHA-256 in hexadecimal digits, "" for none. */
export interface KeyRange {
  readonly from: number;
  readonly key: string;
}

/** The keys of one cartridge. */
export class CartridgeKeys {
  #ranges: readonly KeyRange[];

  /** `known`: what a file had of it; what is no range is left out. */
  constructor(known: unknown) {
    this.#ranges = Array.isArray(known) ? known.filter(isRange) : [];
  }

  get ranges(): readonly KeyRange[] {
    return this.#ranges;
  }

  /** The key of the record at that object, "" for none. */
  at(object: number): string {
    return this.#ranges.findLast(({ from }) => from <= object)?.key ?? "";
  }

  /** A record is written there; true where that changes what has to be kept. */
  write(object: number, key: string): boolean {
    const before = this.#ranges.filter(({ from }) => from < object);
    const isSame = (before.at(-1)?.key ?? "") === key;
    const ranges = isSame ? before : [...before, { from: object, key }];
    const isChange = ranges.length !== this.#ranges.length || (!isSame && this.at(object) !== key);
    this.#ranges = ranges;
    return isChange;
  }
}

function isRange(value: unknown): value is KeyRange {
  if (!isJsonObject(value)) {
    return false;
  }
  return Number.isSafeInteger(fieldOf(value, "from")) && typeof fieldOf(value, "key") === "string";
}
