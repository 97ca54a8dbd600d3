/**
 * Which element holds which cartridge, kept in `library.json` across restarts. Decides where
 * cartridges are put at the start; moving them is the changer's decision.
 * Invariants: a cartridge is in exactly one element, an element holds at most one; a move is on
 * disk before it is reported; no cartridge file is ever removed, nor put back by itself when an operator
 * took the cartridge.
 */

import { join } from "node:path";
import type { CartridgeOrder } from "./cartridge.ts";
import { Cartridge } from "./cartridge.ts";
import type { ElementCounts, ElementRange } from "./elements.ts";
import { allElements, elementAt, elementRanges } from "./elements.ts";
import type { Generation } from "./generation.ts";
import type { JsonObject } from "./json-file.ts";
import { countField, fieldOf, isJsonObject, readJson, textField, writeJson } from "./json-file.ts";

/** The one cartridge that the library adds to those asked for. */
export const CLEANING_BARCODE = "CLNU01L1";
const DATA_BARCODE_PREFIX = "UND";

/** What is in an element. */
export interface Content {
  readonly cartridge: Cartridge;
  /** The storage or import/export element that it came from. */
  readonly home: number | undefined;
  /** An operator put it where it is; the robot has not moved it since. */
  readonly isByOperator: boolean;
}

/** How a library is furnished. */
export interface InventoryOrder extends ElementCounts {
  readonly directory: string;
  /** Data cartridges at least; what is there already counts. */
  readonly cartridges: number;
  readonly capacityBytes: number;
  readonly generation: Generation;
}

interface KnownPlace {
  readonly barcode: string;
  readonly address: number;
  readonly home: number;
  readonly isByOperator: boolean;
}

/** The contents of all elements. */
export class Inventory {
  readonly ranges: readonly ElementRange[];
  readonly #order: InventoryOrder;
  readonly #path: string;
  readonly #contents = new Map<number, Content>();
  /** Barcodes of what an operator took. */
  readonly #outside: Set<string>;

  private constructor(order: InventoryOrder, path: string, outside: readonly string[]) {
    this.#order = order;
    this.#path = path;
    this.#outside = new Set(outside);
    this.ranges = elementRanges(order);
  }

  /**
   * Puts what `library.json` knows where it was, adds what is missing. Throws what the file system
   * throws, and a RangeError where a cartridge finds no free slot.
   */
  static open(order: InventoryOrder): Inventory {
    const path = join(order.directory, "library.json");
    const document = readJson(path);
    const known = knownPlaces(document);
    const inventory = new Inventory(order, path, knownOutside(document));
    for (const place of known) {
      const wanted = cartridgeOrder(order, place.barcode);
      inventory.#restore(Cartridge.open(order.directory, wanted), place);
    }
    const barcodes = new Set([...known.map(({ barcode }) => barcode), ...inventory.#outside]);
    const away = [...inventory.#outside].filter((barcode) => barcode !== CLEANING_BARCODE).length;
    for (let serial = 1; inventory.dataCartridges + away < order.cartridges; serial += 1) {
      const barcode = dataBarcode(serial, order.generation);
      if (!barcodes.has(barcode)) {
        const cartridge = Cartridge.open(order.directory, cartridgeOrder(order, barcode));
        inventory.#putInto(inventory.#freeSlots()[0], cartridge);
      }
    }
    const lastFree = inventory.#freeSlots().at(-1);
    if (!barcodes.has(CLEANING_BARCODE) && lastFree !== undefined) {
      const wanted = cartridgeOrder(order, CLEANING_BARCODE);
      inventory.#putInto(lastFree, Cartridge.open(order.directory, wanted));
    }
    inventory.#save();
    return inventory;
  }

  /** How many data cartridges there are. */
  get dataCartridges(): number {
    return [...this.#contents.values()].filter(({ cartridge }) => cartridge.kind === "data").length;
  }

  /** What the element at an address holds. */
  at(address: number): Content | undefined {
    return this.#contents.get(address);
  }

  /** The barcodes of all cartridges. */
  barcodes(): string[] {
    return [...this.#contents.values()].map(({ cartridge }) => cartridge.barcode);
  }

  /** Moves contents: each pair is (from, to), all at once. Sources hold something. */
  move(pairs: readonly (readonly [number, number])[]): void {
    const taken = pairs.map(([from, to]) => ({ from, to, content: this.#contents.get(from) }));
    for (const { from } of taken) {
      this.#contents.delete(from);
    }
    for (const { from, to, content } of taken) {
      if (content !== undefined) {
        const isDrive = elementAt(this.ranges, from)?.kind === "drive";
        const home = isDrive ? content.home : from;
        this.#contents.set(to, { cartridge: content.cartridge, home, isByOperator: false });
      }
    }
    this.#save();
  }

  /** An operator takes the cartridge of an element, which holds one; its files stay. */
  take(address: number): void {
    const content = this.#contents.get(address);
    this.#contents.delete(address);
    if (content !== undefined) {
      this.#outside.add(content.cartridge.barcode);
    }
    this.#save();
  }

  /** An operator puts a cartridge into an empty element; one that was never seen is new and blank. */
  put(address: number, barcode: string): void {
    const order = cartridgeOrder(this.#order, barcode);
    const cartridge = Cartridge.open(this.#order.directory, order);
    this.#contents.set(address, { cartridge, home: address, isByOperator: true });
    this.#outside.delete(barcode);
    this.#save();
  }

  #restore(cartridge: Cartridge, place: KnownPlace): void {
    const kind = elementAt(this.ranges, place.address)?.kind;
    const isUsable =
      kind !== undefined && kind !== "transport" && !this.#contents.has(place.address);
    if (isUsable) {
      const { home, isByOperator } = place;
      this.#contents.set(place.address, { cartridge, home, isByOperator });
    } else {
      this.#putInto(this.#freeSlots()[0], cartridge);
    }
  }

  #putInto(address: number | undefined, cartridge: Cartridge): void {
    if (address === undefined) {
      throw new RangeError(`no free slot for cartridge ${cartridge.barcode}`);
    }
    this.#contents.set(address, { cartridge, home: address, isByOperator: false });
  }

  #freeSlots(): number[] {
    return allElements(this.ranges)
      .filter(({ kind, address }) => kind === "storage" && !this.#contents.has(address))
      .map(({ address }) => address);
  }

  #save(): void {
    const cartridges = [...this.#contents].map(([address, content]) => ({
      barcode: content.cartridge.barcode,
      address,
      home: content.home ?? address,
      byOperator: content.isByOperator,
    }));
    writeJson(this.#path, { version: 1, cartridges, outside: [...this.#outside] });
  }
}

function dataBarcode(serial: number, generation: Generation): string {
  const digits = String(serial).padStart(3, "0");
  return `${DATA_BARCODE_PREFIX}${digits}${generation.barcodeSuffix}`;
}

function cartridgeOrder(order: InventoryOrder, barcode: string): CartridgeOrder {
  const kind = barcode === CLEANING_BARCODE ? "cleaning" : "data";
  const { capacityBytes, generation } = order;
  return { barcode, kind, generation: generation.name, capacityBytes };
}

function knownOutside(document: JsonObject | undefined): string[] {
  const outside = fieldOf(document, "outside");
  const barcodes: unknown[] = Array.isArray(outside) ? outside : [];
  return barcodes.filter((one) => typeof one === "string");
}

function knownPlaces(document: JsonObject | undefined): KnownPlace[] {
  const cartridges = fieldOf(document, "cartridges");
  const rows: unknown[] = Array.isArray(cartridges) ? cartridges : [];
  return rows.filter(isJsonObject).flatMap((row) => {
    const barcode = textField(row, "barcode", "");
    const address = countField(row, "address", 0);
    const isByOperator = fieldOf(row, "byOperator") === true;
    const place = { barcode, address, home: countField(row, "home", address), isByOperator };
    // A barcode names files: nothing that could lead elsewhere.
    return /^\w{1,32}$/.test(barcode) ? [place] : [];
  });
}
