/**
 * The tape generations that the practice library can play. Decides density, barcode suffix and
 * product name of each; a table and nothing else.
 */

/** One generation of drives and cartridges. */
export interface Generation {
  /** As `--generation` takes it. */
  readonly name: string;
  /** Product identification of the drive, at most 16 characters. */
  readonly product: string;
  readonly densityCode: number;
  /** The last two characters of a cartridge's barcode. */
  readonly barcodeSuffix: string;
}

/** All of them, oldest first. */
export const GENERATIONS: readonly Generation[] = [
  { name: "LTO-7", product: "PRACTICE-LTO7", densityCode: 0x5c, barcodeSuffix: "L7" },
  { name: "LTO-8", product: "PRACTICE-LTO8", densityCode: 0x5e, barcodeSuffix: "L8" },
  { name: "LTO-9", product: "PRACTICE-LTO9", densityCode: 0x60, barcodeSuffix: "L9" },
];
