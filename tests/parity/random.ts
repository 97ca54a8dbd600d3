/**
 * Random numbers that a seed reproduces on any machine (sfc32, integers only). Decides nothing about
 * what they are used for.
 */

const WORD = 2 ** 32;
const WARM_UP_ROUNDS = 12;

/** One stream of numbers. */
export class Random {
  #a = 0x9e37_79b9;
  #b = 0x243f_6a88;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#c = seed | 0;
    for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
      this.word();
    }
  }

  /** 32 random bits, from 0. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.word() % count === 0;
  }

  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) {
      throw new Error("there is nothing to choose from");
    }
    return found;
  }

  /** A small number often, a huge one now and then: what finds borders. */
  wild(): number {
    switch (this.below(6)) {
      case 0:
        return 0;
      case 1:
        return this.below(8);
      case 2:
        return this.below(0x1_0000);
      case 3:
        return WORD - 1 - this.below(8);
      case 4:
        return (2 ** this.below(32) + this.below(3) - 1) % WORD;
      default:
        return this.word();
    }
  }

  /** That many random bytes. */
  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at += 1) {
      bytes[at] = this.word();
    }
    return bytes;
  }
}
