/**
 * Which element holds which cartridge, kept in `library.json` across restarts. Decides where
 * cartridges are put at the start; moving them is the changer's decision.
 * Invariants: a cartridge is in exactly one element, an element holds at most one; a move is on
 * disk before it is reported; no cartridge file is ever removed.
 */

import { join } from "node:path";
import type { CartridgeOrder } from "./cartridge.ts";
import { Cartridge } from "./cartridge.ts";
import type { ElementCounts, ElementRange } from "./elements.ts";
import { allElements, elementAt, elementRanges } from "./elements.ts";
import type { Generation } from "./generation.ts";
import { countField, fieldOf, isJsonObject, readJson, textField, writeJson } from "./json-file.ts";

/** The one cartridge that the library adds to those asked for. */
export const CLEANING_BARCODE = "CLNU01L1";
const DATA_BARCODE_PREFIX = "UND";

/** What is in an element. */
export interface Content {
  readonly cartridge: Cartridge;
  /** The storage or import/export element that it came from. */
  readonly home: number | undefined;
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
}

/** The contents of all elements. */
export class Inventory {
  readonly ranges: readonly ElementRange[];
  readonly #path: string;
  readonly #contents = new Map<number, Content>();

  private constructor(path: string, ranges: readonly ElementRange[]) {
    this.#path = path;
    this.ranges = ranges;
  }

  /**
   * Puts what `library.json` knows where it was, adds what is missing. Throws what the file system
   * throws, and a RangeError where a cartridge finds no free slot.
   */
  static open(order: InventoryOrder): Inventory {
    const inventory = new Inventory(join(order.directory, "library.json"), elementRanges(order));
    const known = knownPlaces(inventory.#path);
    for (const place of known) {
      const wanted = cartridgeOrder(order, place.barcode);
      inventory.#restore(Cartridge.open(order.directory, wanted), place);
    }
    const barcodes = new Set(known.map(({ barcode }) => barcode));
    for (let serial = 1; inventory.dataCartridges < order.cartridges; serial += 1) {
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
        this.#contents.set(to, { ...content, home: isDrive ? content.home : from });
      }
    }
    this.#save();
  }

  #restore(cartridge: Cartridge, place: KnownPlace): void {
    const kind = elementAt(this.ranges, place.address)?.kind;
    const isUsable =
      kind !== undefined && kind !== "transport" && !this.#contents.has(place.address);
    if (isUsable) {
      this.#contents.set(place.address, { cartridge, home: place.home });
    } else {
      this.#putInto(this.#freeSlots()[0], cartridge);
    }
  }

  #putInto(address: number | undefined, cartridge: Cartridge): void {
    if (address === undefined) {
      throw new RangeError(`no free slot for cartridge ${cartridge.barcode}`);
    }
    this.#contents.set(address, { cartridge, home: address });
  }

  #freeSlots(): number[] {
    return allElements(this.ranges)
      .filter(({ kind, address }) => kind === "storage" && !this.#contents.has(address))
      .map(({ address }) => address);
  }

  #save(): void {
    const cartridges = [...this.#contents].map(([address, { cartridge, home }]) => ({
      barcode: cartridge.barcode,
      address,
      home: home ?? address,
    }));
    writeJson(this.#path, { version: 1, cartridges });
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

function knownPlaces(path: string): KnownPlace[] {
  const cartridges = fieldOf(readJson(path), "cartridges");
  const rows: unknown[] = Array.isArray(cartridges) ? cartridges : [];
  return rows.filter(isJsonObject).flatMap((row) => {
    const barcode = textField(row, "barcode", "");
    const address = countField(row, "address", 0);
    const place = { barcode, address, home: countField(row, "home", address) };
    // A barcode names files: nothing that could lead elsewhere.
    return /^\w{1,32}$/.test(barcode) ? [place] : [];
  });
}
