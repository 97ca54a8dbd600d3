/**
 * Who may use a unit: the reservation of RESERVE(6) and (10), or a persistent one, never both at once.
 * Decides which commands of which nexus end with RESERVATION CONFLICT.
 * Invariants: RESERVE's ends with its nexus and with a reset; registrations stay, but not over a loss of power.
 */

import type { Nexus } from "../../host/lib/logical-unit.ts";
import { Registrants } from "./registrants.ts";
import type { SenseCode } from "./sense.ts";

/**
 * What a command does to others: nothing that a reservation is against; it looks at the unit (stopped by
 * RESERVE alone); it reads or moves the medium (stopped by exclusive access too); it changes something.
 */
export type Effect = "none" | "looks" | "reads" | "changes";

/** The commands of one way to reserve do not work while the other is in use. */
export type ReservingWay = "simple" | "persistent";

/** An initiator port: iSCSI name and initiator session identifier, as in a TransportID. */
export function portOf({ initiatorName, isid }: Nexus): string {
  return `${initiatorName},i,0x${isid}`;
}

/** The reservations of one logical unit. */
export class Reservations {
  readonly registrants: Registrants;
  #reservedBy: number | undefined;

  /** `tell` queues a unit attention condition for a port, where that is there. */
  constructor(tell: (port: string, code: SenseCode) => void) {
    this.registrants = new Registrants(tell);
  }

  /** RESERVE: false where another nexus holds the unit. */
  reserve(nexus: Nexus): boolean {
    if (this.#isHeldByAnother(nexus)) {
      return false;
    }
    this.#reservedBy = nexus.id;
    return true;
  }

  /** RELEASE, and the end of a nexus: without effect where it holds nothing. */
  release(nexus: Nexus): void {
    if (this.#reservedBy === nexus.id) {
      this.#reservedBy = undefined;
    }
  }

  /** A reset. */
  reset(): void {
    this.#reservedBy = undefined;
  }

  /** Nothing is kept without power. */
  losePower(): void {
    this.reset();
    this.registrants.forgetAll();
  }

  /** Whether a command of that effect, of a way to reserve or of none, ends with RESERVATION CONFLICT. */
  stops(nexus: Nexus, effect: Effect, way: ReservingWay | undefined): boolean {
    if (way === "persistent") {
      return this.#reservedBy !== undefined;
    }
    if (way === "simple" && this.registrants.count > 0) {
      return true;
    }
    if (effect !== "none" && this.#isHeldByAnother(nexus)) {
      return true;
    }
    return (
      (effect === "changes" && this.registrants.forbidsChanges(portOf(nexus))) ||
      (effect !== "none" && effect !== "looks" && this.registrants.forbidsReads(portOf(nexus)))
    );
  }

  #isHeldByAnother(nexus: Nexus): boolean {
    return this.#reservedBy !== undefined && this.#reservedBy !== nexus.id;
  }
}
