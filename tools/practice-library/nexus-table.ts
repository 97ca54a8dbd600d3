/**
 * What a unit remembers of each I_T nexus: unit attentions, TapeAlert flags, prevention of removal;
 * and the unit's reservations. Decides what a nexus has still to be told.
 * Invariants: an attention is queued once per nexus; 29h comes first, then 28h, then the others by their
 * codes.
 */

import type { Nexus } from "../../host/lib/logical-unit.ts";
import { portOf, Reservations } from "./reservations.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";

/** Initiator ports remembered after they left, to tell a comeback from a first visit. */
const PORTS_MAX = 256;
/** Additional sense codes that are told first: a reset, then another medium. */
const FIRST_CODES = [0x29, 0x28];

interface NexusState {
  readonly port: string;
  attentions: SenseCode[];
  readonly alerts: Set<number>;
  preventsRemoval: boolean;
}

function rankOf({ asc, ascq }: SenseCode): number {
  const rank = FIRST_CODES.indexOf(asc);
  return rank < 0 ? (asc << 8) | ascq : rank;
}

function queueAttention(state: NexusState, code: SenseCode): void {
  const others = state.attentions.filter((one) => one !== code);
  state.attentions = [...others, code].sort((one, other) => rankOf(one) - rankOf(other));
}

/** The nexuses of one logical unit. */
export class NexusTable {
  readonly #states = new Map<number, NexusState>();
  readonly #ports = new Set<string>();
  /** TapeAlert conditions that hold now: a new nexus is told of them. */
  readonly #standingAlerts = new Set<number>();
  readonly reservations = new Reservations((port, code) => this.#tellPort(port, code));

  /** A nexus begins: power-on attention at the first visit of its port, nexus loss later. */
  establish(nexus: Nexus): void {
    const port = portOf(nexus);
    const attention = this.#ports.has(port) ? SENSE.nexusLoss : SENSE.powerOnOrReset;
    this.#remember(port);
    this.#states.set(nexus.id, {
      port,
      attentions: [attention],
      alerts: new Set(this.#standingAlerts),
      preventsRemoval: false,
    });
  }

  /** A nexus ends: its reservation and its prevention end with it. */
  lose(nexus: Nexus): void {
    this.#states.delete(nexus.id);
    this.reservations.release(nexus);
  }

  /** Queues `code` for every nexus but `except`. */
  attend(code: SenseCode, except?: Nexus): void {
    for (const [id, state] of this.#states) {
      if (id !== except?.id) {
        queueAttention(state, code);
      }
    }
  }

  /** Queues `code` for one nexus. */
  tell(nexus: Nexus, code: SenseCode): void {
    queueAttention(this.#of(nexus), code);
  }

  /** Takes the next attention of a nexus. */
  takeAttention(nexus: Nexus): SenseCode | undefined {
    return this.#of(nexus).attentions.shift();
  }

  /** Raises TapeAlert flags (1 to 64) for every nexus, present and future. */
  raiseAlerts(flags: readonly number[]): void {
    for (const flag of flags) {
      this.#standingAlerts.add(flag);
      for (const state of this.#states.values()) {
        state.alerts.add(flag);
      }
    }
  }

  /** The condition behind these flags is over; who has not read them still will. */
  lowerAlerts(flags: Iterable<number>): void {
    for (const flag of [...flags]) {
      this.#standingAlerts.delete(flag);
    }
  }

  /** All flags that stand now. */
  standingAlerts(): readonly number[] {
    return [...this.#standingAlerts];
  }

  /** The flags that a nexus has not read. */
  alertsOf(nexus: Nexus): ReadonlySet<number> {
    return this.#of(nexus).alerts;
  }

  /** No flag is set for anybody, and none stands. */
  clearAlerts(): void {
    this.#standingAlerts.clear();
    for (const { alerts } of this.#states.values()) {
      alerts.clear();
    }
  }

  /** Reads and clears the flags of a nexus. */
  takeAlerts(nexus: Nexus): ReadonlySet<number> {
    const { alerts } = this.#of(nexus);
    const taken = new Set(alerts);
    alerts.clear();
    return taken;
  }

  /** PREVENT/ALLOW MEDIUM REMOVAL of one nexus. */
  prevent(nexus: Nexus, isPrevented: boolean): void {
    this.#of(nexus).preventsRemoval = isPrevented;
  }

  /** Whether any nexus prevents removal. */
  preventsRemoval(): boolean {
    return [...this.#states.values()].some((state) => state.preventsRemoval);
  }

  /** PREEMPT AND ABORT: what a port that has lost its registration prevented is allowed again. */
  allowRemovalFor(port: string): void {
    for (const state of this.#ofPort(port)) {
      state.preventsRemoval = false;
    }
  }

  /** A reset: reservation and preventions are gone, everybody is told why. */
  reset(attention: SenseCode): void {
    this.reservations.reset();
    for (const state of this.#states.values()) {
      state.preventsRemoval = false;
    }
    this.attend(attention);
  }

  #tellPort(port: string, code: SenseCode): void {
    for (const state of this.#ofPort(port)) {
      queueAttention(state, code);
    }
  }

  #ofPort(port: string): NexusState[] {
    return [...this.#states.values()].filter((state) => state.port === port);
  }

  #of(nexus: Nexus): NexusState {
    const known = this.#states.get(nexus.id);
    if (known !== undefined) {
      return known;
    }
    const fresh: NexusState = {
      port: portOf(nexus),
      attentions: [],
      alerts: new Set(this.#standingAlerts),
      preventsRemoval: false,
    };
    this.#states.set(nexus.id, fresh);
    return fresh;
  }

  #remember(port: string): void {
    this.#ports.delete(port);
    this.#ports.add(port);
    const [oldest] = this.#ports;
    if (this.#ports.size > PORTS_MAX && oldest !== undefined) {
      this.#ports.delete(oldest);
    }
  }
}
