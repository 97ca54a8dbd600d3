/**
 * The partitions of a cartridge in a drive: a file and a part of the capacity for each. Decides which files are open;
 * which of them is under the heads is `mounted-tape.ts`'s.
 */

import type { Cartridge } from "./cartridge.ts";
import { BEGINNING, TapeImage } from "./tape-image.ts";

/** One of them. */
export interface Partition {
  readonly image: TapeImage;
  /** Bytes of its file at which it ends. */
  readonly capacityBytes: number;
}

/** Bytes that are left in it. */
export function remainingBytes({ image, capacityBytes }: Partition): number {
  return Math.max(0, capacityBytes - image.end.offset);
}

/** All of one cartridge, number 0 first. */
export class Partitions {
  readonly #cartridge: Cartridge;
  #images: readonly TapeImage[];

  private constructor(cartridge: Cartridge, images: readonly TapeImage[]) {
    this.#cartridge = cartridge;
    this.#images = images;
  }

  /** Opens every file and finds its objects. Throws what the file system throws; then none is open. */
  static async open(cartridge: Cartridge): Promise<Partitions> {
    const partitions = new Partitions(cartridge, []);
    try {
      await partitions.#openRest();
    } catch (fault) {
      await partitions.close();
      throw fault;
    }
    return partitions;
  }

  get count(): number {
    return this.#images.length;
  }

  /** A partition; undefined where the cartridge has none of that number. */
  at(number: number): Partition | undefined {
    const image = this.#images[number];
    return image && { image, capacityBytes: this.#cartridge.partitionBytes[number] ?? 0 };
  }

  /** Makes partitions of so many bytes: nothing of what was there is left. */
  async divide(sizes: readonly number[]): Promise<void> {
    const [main, ...others] = this.#images;
    this.#images = main === undefined ? [] : [main];
    await main?.truncate(BEGINNING);
    await Promise.all(others.map((image) => image.close()));
    this.#cartridge.divide(sizes);
    await this.#openRest();
  }

  async close(): Promise<void> {
    await Promise.all(this.#images.map((image) => image.close()));
  }

  async #openRest(): Promise<void> {
    for (let number = this.count; number < this.#cartridge.partitionBytes.length; number += 1) {
      this.#images = [...this.#images, await TapeImage.open(this.#cartridge.imagePath(number))];
    }
  }
}
