/**
 * The port to the library that a story runs against. Adapters: the practice library
 * (`practice-stage.ts`) and Debian's tgt (`tgt-stage.ts`).
 */

import type { Breakage } from "./demo-case.ts";
import type { TapeCount } from "./tally.ts";

/** What a library is started with. */
export interface StageSetting {
  /** An empty directory of its own. */
  readonly directory: string;
  /** Room for data on each cartridge, at least. */
  readonly capacityBytes: number;
  /** Bytes per second of a drive ("400M", "none"), where the library can be told. */
  readonly rate?: string;
}

/** Where the failure shall strike. */
export interface BreakPoint {
  readonly volumeTag: string;
  /** Logical object identifier that is still to be written. */
  readonly object: number;
}

/** A running library. */
export interface DemoLibrary {
  readonly url: string;
  /** How many drives it has: LUN 1 and up. */
  readonly driveCount: number;
  readonly changerLun: number;
  /** Objects that a failed write leaves on the tape behind what is good: 0, or 1 with a quirk. */
  readonly phantomObjects: number;
  /** Breaks it; answers with what was broken, in words. Throws OperatorError. */
  breakNow(breakage: Breakage, at: BreakPoint): Promise<string>;
  /** Ends it and waits for the end. Safe to call twice. Throws OperatorError. */
  stop(): Promise<void>;
  /**
   * After `stop`: what is on the cartridge's file, by a reader that shares no code with anything.
   * Throws where the file is damaged.
   */
  witness(volumeTag: string): Promise<TapeCount>;
  /** The last lines of its log. */
  log(): readonly string[];
}
