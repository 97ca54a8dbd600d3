/**
 * What an operator does at the library by hand: puts a cartridge in, takes one out. Decides the words
 * for it, what a hand can reach, and what the initiators are told (28h/01h for import/export elements,
 * 28h/00h for slots). Invariant: what is refused changes nothing.
 */

import type { Changer } from "./changer.ts";
import { elementAt } from "./elements.ts";
import { SENSE } from "./sense.ts";

/** One thing that an operator does. */
export interface Deed {
  /** What is put in; "" for what is taken out. */
  readonly barcode: string;
  readonly address: number;
}

/** Capital letters and digits, as on a label; no file of the library itself has such a name. */
const PUT = /^put ([A-Z0-9]{1,32}) into ([0-9A-Fa-f]{1,4})h$/;
const TAKE = /^take ([0-9A-Fa-f]{1,4})h$/;

/** What an operator can do, one example each, for help and mistakes. */
export const DEED_EXAMPLES: readonly string[] = ["put NEW001L9 into 10h", "take 1000h"];

/** Reads `put BARCODE into ADDRESS` or `take ADDRESS`, an address as `10h`. Never throws. */
export function parseDeed(text: string): Deed | { readonly problem: string } {
  const words = text.trim().split(/\s+/).join(" ");
  const [, barcode = "", into] = PUT.exec(words) ?? [];
  const [, from] = TAKE.exec(words) ?? [];
  const digits = into ?? from;
  if (digits === undefined) {
    const forms = "put BARCODE into ADDRESS, or take ADDRESS (an element's, as 10h)";
    return { problem: `expected ${forms}; for example: ${DEED_EXAMPLES.join(" | ")}` };
  }
  return { barcode, address: Number.parseInt(digits, 16) };
}

/** Does it; undefined when done, else why not. Throws what the file system throws. */
export function operate(changer: Changer, { barcode, address }: Deed): string | undefined {
  const { inventory } = changer.parts;
  const name = `${address.toString(16)}h`;
  const kind = elementAt(inventory.ranges, address)?.kind;
  if (kind !== "storage" && kind !== "importExport") {
    return `${name} is no slot and no import/export element: an operator reaches no other`;
  }
  if (changer.nexuses.preventsRemoval()) {
    return "the door is locked: an initiator prevents medium removal (PREVENT ALLOW MEDIUM REMOVAL)";
  }
  if (changer.isCarrying) {
    return "the robot is carrying a cartridge and keeps the door locked; try again";
  }
  const content = inventory.at(address);
  if (barcode === "") {
    if (content === undefined) {
      return `there is nothing in ${name}`;
    }
    inventory.take(address);
  } else {
    if (content !== undefined) {
      return `${name} is full: it holds ${content.cartridge.barcode}`;
    }
    if (inventory.barcodes().includes(barcode)) {
      return `${barcode} is in the library already; take it out first`;
    }
    inventory.put(address, barcode);
  }
  changer.nexuses.attend(
    kind === "importExport" ? SENSE.importExportAccessed : SENSE.mediumChanged,
  );
  return undefined;
}
