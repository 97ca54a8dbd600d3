/**
 * The fault rules that stand now. Decides whether a rule strikes at a given moment and counts the
 * strikes; what a strike does to a drive is the drive's part.
 * Invariants: rules are asked in the order in which they were set; a spent rule stays listed and
 * never strikes again; `clear` removes every one.
 */

import type { FaultKind, FaultRule } from "./fault-rule.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";

/** Rules at a time; a forgotten loop in a script must not fill the memory. */
export const FAULTS_MAX = 100;
/** A dirty drive asks for cleaning and still writes so many records. */
export const DIRTY_GRACE_RECORDS = 16;

/** A rule and what became of it, as `list` shows it. */
export interface FaultView {
  readonly rule: string;
  readonly struck: number;
  readonly active: boolean;
}

/** Where an object is to be written or read. */
export interface CartridgePlace {
  readonly barcode: string;
  readonly partition: number;
  readonly object: number;
}

function isOn(rule: FaultRule, { barcode, partition }: CartridgePlace): boolean {
  return rule.barcode === barcode && (rule.partition ?? partition) === partition;
}

/** How an operation fails. */
export interface Strike {
  readonly code: SenseCode;
  /** TapeAlert flags that come with it. */
  readonly alerts: readonly number[];
  /** Reported later, after a GOOD status. */
  readonly isDeferred: boolean;
}

/** TapeAlert flags by what they say. */
export const ALERT = {
  hardError: 3,
  medium: 4,
  readFailure: 5,
  writeFailure: 6,
  cleanNow: 20,
  hardware: 31,
  loadFailure: 55,
  unloadFailure: 56,
} as const;

const WRITE_ALERTS = [ALERT.hardError, ALERT.medium, ALERT.writeFailure];
const READ_ALERTS = [ALERT.hardError, ALERT.medium, ALERT.readFailure];

const STRIKES: ReadonlyMap<FaultKind, Strike> = new Map([
  ["cartridge-write", { code: SENSE.writeError, alerts: WRITE_ALERTS, isDeferred: false }],
  ["cartridge-read", { code: SENSE.readError, alerts: READ_ALERTS, isDeferred: false }],
  ["drive-write", { code: SENSE.internalFailure, alerts: [ALERT.hardware], isDeferred: false }],
  ["drive-read", { code: SENSE.internalFailure, alerts: [ALERT.hardware], isDeferred: false }],
  ["drive-deferred", { code: SENSE.internalFailure, alerts: [ALERT.hardware], isDeferred: true }],
  ["drive-dirty", { code: SENSE.writeError, alerts: [ALERT.cleanNow], isDeferred: false }],
]);

/** Kinds whose `after` counts records written; drive-read counts records read. */
const COUNTS_WRITES: ReadonlySet<FaultKind> = new Set<FaultKind>([
  "drive-write",
  "drive-deferred",
  "drive-hang",
  "drive-drop",
  "drive-reset",
  "drive-dirty",
]);
const SILENCES = ["drive-hang", "drive-drop", "drive-reset"] as const;

export type Silence = "hang" | "drop" | "reset";

const SILENCE_OF: ReadonlyMap<FaultKind, Silence> = new Map([
  ["drive-hang", "hang"],
  ["drive-drop", "drop"],
  ["drive-reset", "reset"],
]);

interface StandingFault {
  readonly rule: FaultRule;
  seen: number;
  struck: number;
  isSpent: boolean;
}

/** All rules of one library. */
export class FaultBoard {
  #faults: StandingFault[] = [];
  /** Sets a rule; false where there are too many. */
  add(rule: FaultRule): boolean {
    if (this.#faults.length >= FAULTS_MAX) {
      return false;
    }
    this.#faults.push({ rule, seen: 0, struck: 0, isSpent: false });
    return true;
  }

  /** Removes every rule. */
  clear(): void {
    this.#faults = [];
  }

  /** Every rule, the oldest first. */
  list(): FaultView[] {
    return this.#faults.map(({ rule, struck, isSpent }) => {
      return { rule: rule.text, struck, active: !isSpent };
    });
  }

  /** Asked before a command of a drive runs: does the drive still answer? */
  silence(drive: number): Silence | undefined {
    const fault = this.#first(SILENCES, ({ rule, seen }) => {
      return rule.drive === drive && seen >= rule.after;
    });
    return fault && SILENCE_OF.get(this.#struck(fault).kind);
  }

  /** Asked before an object is written. */
  write(drive: number, place: CartridgePlace): Strike | undefined {
    return this.#strike(({ rule, seen }) => {
      switch (rule.kind) {
        case "cartridge-write":
          return isOn(rule, place) && place.object >= rule.at;
        case "drive-write":
        case "drive-deferred":
          return rule.drive === drive && seen >= rule.after;
        case "drive-dirty":
          return rule.drive === drive && seen >= rule.after + DIRTY_GRACE_RECORDS;
        default:
          return false;
      }
    });
  }

  /** Asked before an object is read. */
  read(drive: number, place: CartridgePlace): Strike | undefined {
    return this.#strike(({ rule, seen }) => {
      switch (rule.kind) {
        case "cartridge-read":
          return isOn(rule, place) && place.object === rule.at;
        case "drive-read":
          return rule.drive === drive && seen >= rule.after;
        default:
          return false;
      }
    });
  }

  /** A record was written: the counters run. True when the drive is dirty. */
  countWrite(drive: number): boolean {
    let isDirty = false;
    for (const fault of this.#of(drive)) {
      if (COUNTS_WRITES.has(fault.rule.kind)) {
        fault.seen += 1;
        isDirty ||= fault.rule.kind === "drive-dirty" && fault.seen >= fault.rule.after;
      }
    }
    return isDirty;
  }

  /** A record was read: the counters of reading run. */
  countRead(drive: number): void {
    for (const fault of this.#of(drive)) {
      if (fault.rule.kind === "drive-read") {
        fault.seen += 1;
      }
    }
  }

  /** Whether the drive cannot give its cartridge away. */
  unloadFails(drive: number): boolean {
    return this.#strikesDrive("drive-unload", drive);
  }

  /** Whether the drive cannot take a cartridge in, nor give back one that it took. */
  loadFails(drive: number): boolean {
    return this.#strikesDrive("drive-load", drive);
  }

  /** Whether the robot fails now. */
  moveFails(): boolean {
    const fault = this.#first(["robot-move", "robot-stuck"], () => true);
    return fault !== undefined && this.#struck(fault) !== undefined;
  }

  /** The rate that a rule gives the drive, in bytes per second; the latest rule wins. */
  rate(drive: number): number | undefined {
    return this.#of(drive).findLast(({ rule }) => rule.kind === "drive-rate")?.rule.rate;
  }

  /** A cleaning cartridge was in the drive. */
  cleaned(drive: number): void {
    for (const fault of this.#of(drive)) {
      if (fault.rule.kind === "drive-dirty") {
        fault.isSpent = true;
      }
    }
  }

  #of(drive: number): StandingFault[] {
    return this.#faults.filter(({ rule, isSpent }) => rule.drive === drive && !isSpent);
  }

  #strike(holds: (fault: StandingFault) => boolean): Strike | undefined {
    const fault = this.#faults.find((one) => !one.isSpent && holds(one));
    return fault && STRIKES.get(this.#struck(fault).kind);
  }

  #strikesDrive(kind: FaultKind, drive: number): boolean {
    const fault = this.#first([kind], ({ rule }) => rule.drive === drive);
    return fault !== undefined && this.#struck(fault) !== undefined;
  }

  #first(
    kinds: readonly FaultKind[],
    holds: (fault: StandingFault) => boolean,
  ): StandingFault | undefined {
    return this.#faults.find((one) => !one.isSpent && kinds.includes(one.rule.kind) && holds(one));
  }

  #struck(fault: StandingFault): FaultRule {
    fault.struck += 1;
    fault.isSpent = fault.struck >= fault.rule.times;
    return fault.rule;
  }
}
