/**
 * What one initiator sees of the logical units: all of them, or those of its line in the access list.
 * Decides which queue a command belongs to. A unit that is not seen is as good as not there: its
 * commands, resets and aborts never reach it.
 */
import { OP_REPORT_LUNS } from "../../assembly/spec/operation-code.ts";
import type { ScsiCommand } from "../iscsi/scsi-command.ts";
import type { LogicalUnit } from "../lib/logical-unit.ts";
import { UnitQueue } from "./unit-queue.ts";

/** Logical units that an initiator sees; "all" includes those of later starts. */
export type VisibleLuns = readonly number[] | "all";

/** By initiator name (equal byte for byte); who is not in it may not log in. */
export type AccessList = ReadonlyMap<string, VisibleLuns>;

/** "none": this initiator may not log in. */
export type Extent = "whole" | "part" | "none";

/** Who may log in, and what each of them sees. */
export interface AccessControl {
  readonly list: AccessList;
  /** What answers those who see only `luns`, for every other unit, and REPORT LUNS on any. */
  readonly unitBeside: (luns: readonly number[]) => LogicalUnit;
}

/** See the head of this file. */
export class UnitView {
  readonly extent: Extent;
  /** Every queue that this initiator's commands can be in. */
  readonly all: readonly UnitQueue[];
  readonly #units: ReadonlyMap<number, UnitQueue>;
  readonly #wellKnown: UnitQueue;

  constructor(units: ReadonlyMap<number, UnitQueue>, wellKnown: UnitQueue, extent: Extent) {
    this.#units = units;
    this.#wellKnown = wellKnown;
    this.extent = extent;
    this.all = [...units.values(), wellKnown];
  }

  /** What is left of this view for one who sees only `luns`. */
  partOf(luns: readonly number[], unitBeside: AccessControl["unitBeside"]): UnitView {
    const units = new Map([...this.#units].filter(([lun]) => luns.includes(lun)));
    return new UnitView(units, new UnitQueue(unitBeside([...units.keys()])), "part");
  }

  /** Queue of a logical unit that is seen. */
  unitOf(lun: number): UnitQueue | undefined {
    return this.#units.get(lun);
  }

  /** Queue that gets this command, whatever it is addressed to. */
  queueOf({ lun, cdb }: ScsiCommand): UnitQueue {
    // The units themselves would list those that are not seen, too.
    const isList = this.extent === "part" && cdb[0] === OP_REPORT_LUNS;
    return isList ? this.#wellKnown : (this.#units.get(lun) ?? this.#wellKnown);
  }
}
