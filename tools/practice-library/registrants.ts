/**
 * Persistent reservations of a logical unit after SPC-4: who is registered with which key, who holds what,
 * who is told of its end. Decides what each service action of PERSISTENT RESERVE OUT changes.
 * Invariants: the holder is registered; of an all-registrants type every registrant is the holder.
 */

import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";

/** Registrations of one unit. */
const REGISTRANTS_MAX = 64;

/** A type of reservation: who may do what that has no part in it, and who has. */
interface ReservationType {
  readonly forbidsReads: boolean;
  readonly sharedBy: "holder" | "registrants";
  readonly heldBy: "one" | "all";
}

const TYPES: ReadonlyMap<number, ReservationType> = new Map<number, ReservationType>([
  [1, { forbidsReads: false, sharedBy: "holder", heldBy: "one" }],
  [3, { forbidsReads: true, sharedBy: "holder", heldBy: "one" }],
  [5, { forbidsReads: false, sharedBy: "registrants", heldBy: "one" }],
  [6, { forbidsReads: true, sharedBy: "registrants", heldBy: "one" }],
  [7, { forbidsReads: false, sharedBy: "registrants", heldBy: "all" }],
  [8, { forbidsReads: true, sharedBy: "registrants", heldBy: "all" }],
]);

interface Held extends ReservationType {
  readonly type: number;
  /** Who made it; of no meaning where all hold it. */
  readonly by: string;
}

/** What a service action comes to: done, RESERVATION CONFLICT, or sense data. */
export type Outcome = "done" | "conflict" | SenseCode;

/** One line of READ FULL STATUS. */
export interface Registrant {
  readonly port: string;
  readonly key: bigint;
  readonly isHolder: boolean;
}

/** The registrants of one logical unit, and their reservation. */
export class Registrants {
  readonly #tell: (port: string, code: SenseCode) => void;
  readonly #keys = new Map<string, bigint>();
  #held: Held | undefined;
  #generation = 0;

  constructor(tell: (port: string, code: SenseCode) => void) {
    this.#tell = tell;
  }

  get count(): number {
    return this.#keys.size;
  }

  /** PRGENERATION. */
  get generation(): number {
    return this.#generation;
  }

  /** Type and key of the reservation, as READ RESERVATION gives them: key 0 where all hold it. */
  get reservation(): { readonly type: number; readonly key: bigint } | undefined {
    const held = this.#held;
    return held && { type: held.type, key: held.heldBy === "all" ? 0n : this.#keyOf(held.by) };
  }

  /** In the order of their registration. */
  list(): readonly Registrant[] {
    return [...this.#keys].map(([port, key]) => ({ port, key, isHolder: this.#holds(port) }));
  }

  forbidsChanges(port: string): boolean {
    return this.#held !== undefined && !this.#hasPart(port, this.#held);
  }

  forbidsReads(port: string): boolean {
    return this.#held?.forbidsReads === true && this.forbidsChanges(port);
  }

  /** Whether a port is registered with that key. */
  has(port: string, key: bigint): boolean {
    return this.#keys.get(port) === key;
  }

  static knowsType(type: number): boolean {
    return TYPES.has(type);
  }

  /** REGISTER with the key that the port has (0 for none), or without (undefined: ignore it). */
  register(port: string, key: bigint | undefined, newKey: bigint): Outcome {
    const known = this.#keyOf(port);
    if (key !== undefined && key !== known) {
      return "conflict";
    }
    if (known === 0n && newKey === 0n) {
      return "done";
    }
    if (newKey === 0n) {
      this.#unregister(port);
    } else if (known === 0n && this.count >= REGISTRANTS_MAX) {
      return SENSE.registrationResources;
    } else {
      this.#keys.set(port, newKey);
    }
    this.#generation += 1;
    return "done";
  }

  reserve(port: string, type: number): Outcome {
    if (this.#held === undefined) {
      this.#hold(port, type);
      return "done";
    }
    return this.#holds(port) && this.#held.type === type ? "done" : "conflict";
  }

  /** `isWhole`: the scope is the logical unit. */
  release(port: string, type: number, isWhole: boolean): Outcome {
    const held = this.#held;
    if (held === undefined || !this.#holds(port)) {
      return "done";
    }
    if (held.type !== type || !isWhole) {
      return SENSE.invalidRelease;
    }
    this.#end(port);
    return "done";
  }

  clear(port: string): Outcome {
    this.#held = undefined;
    this.#tellOthers(port, SENSE.reservationsPreempted);
    this.#keys.clear();
    this.#generation += 1;
    return "done";
  }

  /** PREEMPT; `removed` hears of every port that is no longer registered. */
  preempt(port: string, key: bigint, type: number, removed: (port: string) => void): Outcome {
    const held = this.#held;
    const takesOver = held !== undefined && key === this.reservation?.key;
    if (!takesOver && key === 0n) {
      return SENSE.invalidFieldInParameters;
    }
    const isMeant = ([other, itsKey]: [string, bigint]): boolean =>
      takesOver ? other !== port && (key === 0n || itsKey === key) : itsKey === key;
    const victims = [...this.#keys].filter(isMeant).map(([other]) => other);
    if (!takesOver && victims.length === 0) {
      return "conflict";
    }
    for (const victim of victims) {
      this.#keys.delete(victim);
      removed(victim);
      if (victim !== port) {
        this.#tell(victim, SENSE.registrationsPreempted);
      }
    }
    if (takesOver) {
      if (held.type !== type) {
        this.#tellOthers(port, SENSE.reservationsReleased);
      }
      this.#hold(port, type);
    } else if (this.count === 0) {
      this.#held = undefined;
    }
    this.#generation += 1;
    return "done";
  }

  /** As at power on. */
  forgetAll(): void {
    this.#keys.clear();
    this.#held = undefined;
    this.#generation = 0;
  }

  #keyOf(port: string): bigint {
    return this.#keys.get(port) ?? 0n;
  }

  #holds(port: string): boolean {
    const held = this.#held;
    return held !== undefined && (held.heldBy === "all" ? this.#keys.has(port) : held.by === port);
  }

  #hasPart(port: string, held: Held): boolean {
    return held.sharedBy === "registrants" ? this.#keys.has(port) : held.by === port;
  }

  #hold(port: string, type: number): void {
    const row = TYPES.get(type);
    this.#held = row && { ...row, type, by: port };
  }

  #unregister(port: string): void {
    const isLastHolder = this.#holds(port) && (this.#held?.heldBy === "one" || this.count === 1);
    this.#keys.delete(port);
    if (isLastHolder) {
      this.#end(port);
    }
  }

  /** The reservation is released: those who had a part in it and are registered are told. */
  #end(port: string): void {
    if (this.#held?.sharedBy === "registrants") {
      this.#tellOthers(port, SENSE.reservationsReleased);
    }
    this.#held = undefined;
  }

  #tellOthers(port: string, code: SenseCode): void {
    for (const other of this.#keys.keys()) {
      if (other !== port) {
        this.#tell(other, code);
      }
    }
  }
}
