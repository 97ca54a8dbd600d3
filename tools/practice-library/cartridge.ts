/**
 * A cartridge of the practice library: its data file `BARCODE.tap`, one more `BARCODE.pN.tap` for each further
 * partition, and what else it knows in `BARCODE.json` (partitions, medium auxiliary memory, write protection,
 * mounts). Decides what is kept of a cartridge; where it is belongs to the inventory.
 */

import { createHash } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CartridgeKeys } from "./cartridge-keys.ts";
import type { HostAttributes } from "./host-attributes.ts";
import { fromJson, newHostAttributes, ofVolume, toJson } from "./host-attributes.ts";
import type { JsonObject } from "./json-file.ts";
import { countField, fieldOf, readJson, textField, writeJson } from "./json-file.ts";
import { PARTITIONS_MAX } from "./partition-page.ts";

export type CartridgeKind = "data" | "cleaning";

/** How a new cartridge is made. */
export interface CartridgeOrder {
  readonly barcode: string;
  readonly kind: CartridgeKind;
  /** Its generation's name, as "LTO-9". */
  readonly generation: string;
  readonly capacityBytes: number;
}

const SERIAL_CHARACTERS = 10;
/** All of a cartridge, in SET CAPACITY. */
const CAPACITY_PARTS = 65_535;
/** Fields with the keys of partition 0, 1, 2 and 3. */
const KEY_FIELDS: readonly string[] = ["keys", "keys1", "keys2", "keys3"];

/** One cartridge. */
export class Cartridge {
  readonly barcode: string;
  readonly kind: CartridgeKind;
  readonly generation: string;
  /** Bytes of the file at which the medium ends when no SET CAPACITY has shortened it. */
  readonly wholeBytes: number;
  /** Medium serial number of its auxiliary memory. */
  readonly mediumSerial: string;
  readonly isWriteProtected: boolean;
  readonly #directory: string;
  /** Of CAPACITY_PARTS: what SET CAPACITY has left of it. */
  #capacityPart: number;
  /** Bytes of each partition; none where it is not divided. */
  #partitionBytes: readonly number[];
  /** Of each partition that it may have. */
  #keys: readonly CartridgeKeys[];
  #mounts: number;
  #hostAttributes: HostAttributes;

  private constructor(directory: string, order: CartridgeOrder, known: JsonObject) {
    this.#directory = directory;
    this.barcode = order.barcode;
    this.kind = textField(known, "kind", order.kind) === "cleaning" ? "cleaning" : "data";
    this.generation = textField(known, "generation", order.generation);
    this.wholeBytes = countField(known, "capacityBytes", order.capacityBytes);
    this.#capacityPart = countField(known, "capacityPart", CAPACITY_PARTS);
    this.mediumSerial = textField(known, "mediumSerial", serialOf(directory, order.barcode));
    this.isWriteProtected = fieldOf(known, "writeProtected") === true;
    this.#partitionBytes = sizesOf(fieldOf(known, "partitions"));
    this.#keys = KEY_FIELDS.map((name) => new CartridgeKeys(fieldOf(known, name)));
    this.#mounts = countField(known, "mounts", 0);
    this.#hostAttributes =
      fromJson(fieldOf(known, "attributes")) ?? newHostAttributes(order.barcode);
  }

  /** Opens what `directory` has under this barcode, or makes it as ordered. */
  static open(directory: string, order: CartridgeOrder): Cartridge {
    const path = join(directory, `${order.barcode}.json`);
    const known = readJson(path);
    const cartridge = new Cartridge(directory, order, known ?? {});
    if (known === undefined) {
      cartridge.#save();
    }
    if (cartridge.kind === "data") {
      cartridge.#makeFiles();
    }
    return cartridge;
  }

  /** The file with the records and filemarks of a partition. */
  imagePath(partition: number): string {
    const part = partition === 0 ? "" : `.p${partition}`;
    return join(this.#directory, `${this.barcode}${part}.tap`);
  }

  /** Bytes at which each partition ends, number 0 first. */
  get partitionBytes(): readonly number[] {
    return this.#partitionBytes.length > 0 ? this.#partitionBytes : [this.capacityBytes];
  }

  /** FORMAT MEDIUM, kept at once: partition 0 is the caller's to erase, all others are new. */
  divide(sizes: readonly number[]): void {
    this.#partitionBytes = sizes.length > 1 ? sizes : [];
    this.#keys = KEY_FIELDS.map(() => new CartridgeKeys(undefined));
    this.#hostAttributes = ofVolume(this.#hostAttributes);
    for (let number = 1; number < PARTITIONS_MAX; number += 1) {
      rmSync(this.imagePath(number), { force: true });
    }
    this.#save();
    this.#makeFiles();
  }

  /** A blank partition is an empty file, there from the start for whoever looks. */
  #makeFiles(): void {
    for (const number of this.partitionBytes.keys()) {
      closeSync(openSync(this.imagePath(number), "a"));
    }
  }

  /** Bytes of all its partitions. */
  get capacityBytes(): number {
    return Math.floor((this.wholeBytes * this.#capacityPart) / CAPACITY_PARTS);
  }

  /** SET CAPACITY, kept at once. */
  setCapacityPart(part: number): void {
    this.#capacityPart = part;
    this.#save();
  }

  /** The key of the record there, "" for none. */
  keyAt(partition: number, object: number): string {
    return this.#keys[partition]?.at(object) ?? "";
  }

  /** A record with that key ("": none) is written there, kept at once where it changes anything. */
  noteKey(partition: number, object: number, key: string): void {
    if (this.#keys[partition]?.write(object, key) === true) {
      this.#save();
    }
  }

  /** What hosts have written into its memory. */
  get hostAttributes(): HostAttributes {
    return this.#hostAttributes;
  }

  /** WRITE ATTRIBUTE, kept at once. */
  setHostAttributes(attributes: HostAttributes): void {
    this.#hostAttributes = attributes;
    this.#save();
  }

  /** How often it was loaded. */
  get mounts(): number {
    return this.#mounts;
  }

  /** One more mount, kept at once. */
  countMount(): void {
    this.#mounts += 1;
    this.#save();
  }

  #keyFields(): JsonObject {
    const ranges = this.#keys.map((keys, number) => [KEY_FIELDS[number], keys.ranges] as const);
    return Object.fromEntries(ranges.filter(([, known]) => known.length > 0));
  }

  #save(): void {
    writeJson(join(this.#directory, `${this.barcode}.json`), {
      barcode: this.barcode,
      kind: this.kind,
      generation: this.generation,
      capacityBytes: this.wholeBytes,
      capacityPart: this.#capacityPart,
      mediumSerial: this.mediumSerial,
      writeProtected: this.isWriteProtected,
      mounts: this.#mounts,
      ...(this.#partitionBytes.length > 0 ? { partitions: this.#partitionBytes } : {}),
      ...this.#keyFields(),
      attributes: toJson(this.#hostAttributes),
    });
  }
}

/** Bytes of each partition as a file had them; none where it has no such list. */
function sizesOf(known: unknown): readonly number[] {
  const isList = Array.isArray(known) && known.length > 1 && known.length <= PARTITIONS_MAX;
  return isList && known.every((bytes) => Number.isSafeInteger(bytes) && bytes > 0) ? known : [];
}

/** Equal barcodes of two libraries are different cartridges: the folder goes into the number. */
function serialOf(directory: string, barcode: string): string {
  const digest = createHash("sha256").update(`${directory}\0${barcode}`).digest("hex");
  return digest.slice(0, SERIAL_CHARACTERS).toUpperCase();
}
