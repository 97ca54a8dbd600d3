/**
 * A cartridge of the practice library: its data file `BARCODE.tap` and what else it knows in
 * `BARCODE.json` (medium auxiliary memory, write protection, mounts). Decides what is kept of a
 * cartridge; where it is belongs to the inventory.
 */

import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { CartridgeKeys } from "./cartridge-keys.ts";
import type { HostAttributes } from "./host-attributes.ts";
import { fromJson, newHostAttributes, toJson } from "./host-attributes.ts";
import type { JsonObject } from "./json-file.ts";
import { countField, fieldOf, readJson, textField, writeJson } from "./json-file.ts";

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
  readonly keys: CartridgeKeys;
  readonly #directory: string;
  /** Of CAPACITY_PARTS: what SET CAPACITY has left of it. */
  #capacityPart: number;
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
    this.keys = new CartridgeKeys(fieldOf(known, "keys"));
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
      // A blank cartridge is an empty file, there from the start for whoever looks.
      closeSync(openSync(cartridge.imagePath, "a"));
    }
    return cartridge;
  }

  /** The file with its records and filemarks. */
  get imagePath(): string {
    return join(this.#directory, `${this.barcode}.tap`);
  }

  /** Bytes of the file at which the medium ends. */
  get capacityBytes(): number {
    return Math.floor((this.wholeBytes * this.#capacityPart) / CAPACITY_PARTS);
  }

  /** SET CAPACITY, kept at once. */
  setCapacityPart(part: number): void {
    this.#capacityPart = part;
    this.#save();
  }

  /** A record with that key ("": none) is written there, kept at once where it changes anything. */
  noteKey(object: number, key: string): void {
    if (this.keys.write(object, key)) {
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
      ...(this.keys.ranges.length > 0 ? { keys: this.keys.ranges } : {}),
      attributes: toJson(this.#hostAttributes),
    });
  }
}

/** Equal barcodes of two libraries are different cartridges: the folder goes into the number. */
function serialOf(directory: string, barcode: string): string {
  const digest = createHash("sha256").update(`${directory}\0${barcode}`).digest("hex");
  return digest.slice(0, SERIAL_CHARACTERS).toUpperCase();
}
