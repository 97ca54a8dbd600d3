/**
 * The element addresses of the practice library, laid out as LTO libraries do. Decides which
 * addresses exist and what each is; what is in them is the inventory's.
 */

/** Element type codes of READ ELEMENT STATUS. */
export const ELEMENT_TYPE = { transport: 1, storage: 2, importExport: 3, drive: 4 } as const;

export type ElementKind = keyof typeof ELEMENT_TYPE;

/** A run of elements of one kind. */
export interface ElementRange {
  readonly kind: ElementKind;
  readonly first: number;
  readonly count: number;
}

/** One element. `index` counts from 0 within its kind. */
export interface Element {
  readonly kind: ElementKind;
  readonly index: number;
  readonly address: number;
}

export const ROBOT_ADDRESS = 0x0000;
const FIRST_IMPORT_EXPORT = 0x0010;
const FIRST_DRIVE = 0x0100;
const FIRST_SLOT = 0x1000;

/** How many elements of each kind. */
export interface ElementCounts {
  readonly slots: number;
  readonly importExport: number;
  readonly drives: number;
}

/** All ranges, in order of their addresses. */
export function elementRanges(counts: ElementCounts): readonly ElementRange[] {
  return [
    { kind: "transport", first: ROBOT_ADDRESS, count: 1 },
    { kind: "importExport", first: FIRST_IMPORT_EXPORT, count: counts.importExport },
    { kind: "drive", first: FIRST_DRIVE, count: counts.drives },
    { kind: "storage", first: FIRST_SLOT, count: counts.slots },
  ];
}

/** The element at an address. */
export function elementAt(ranges: readonly ElementRange[], address: number): Element | undefined {
  const range = ranges.find(({ first, count }) => address >= first && address < first + count);
  return range && { kind: range.kind, index: address - range.first, address };
}

/** Every element, in order of addresses. */
export function allElements(ranges: readonly ElementRange[]): Element[] {
  return ranges.flatMap(({ kind, first, count }) =>
    Array.from({ length: count }, (_, index) => ({ kind, index, address: first + index })),
  );
}
