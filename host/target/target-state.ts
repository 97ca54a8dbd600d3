/**
 * What all connections of one target share: units with their queues, sessions, early data. Decides
 * session handles, nexus numbers and reinstatement; knows no sockets and no PDUs.
 */
import type { LogicalUnit, Nexus } from "../lib/logical-unit.ts";
import type { ChapAccounts } from "./authentication.ts";
import type { EarlyData } from "./data-out.ts";
import type { TargetTimings } from "./limits.ts";
import { UnitQueue } from "./unit-queue.ts";

/** Takes the target's log lines. */
export type TargetLog = (level: "info" | "warn", message: string) => void;

/** Part of a session that the others may see. */
export interface RegisteredSession {
  readonly nexus: Nexus;
  readonly tsih: number;
  readonly discovery: boolean;
  /** Commands that are not answered yet. */
  readonly taskCount: number;
  /** Ends the session and its connection. */
  close(reason: string): void;
}

/** What a target holds at one moment. */
export interface TargetLoad {
  readonly sessions: number;
  /** Commands that are not answered yet. */
  readonly tasks: number;
  /** Bytes of write data that no unit has asked for yet. */
  readonly earlyBytes: number;
}

const TSIH_MAX = 65535;

/** Shared state of one target. */
export class TargetState {
  readonly targetName: string;
  readonly chap: ChapAccounts | undefined;
  readonly timings: TargetTimings;
  readonly log: TargetLog;
  readonly early: EarlyData = { bytes: 0 };
  readonly allUnits: readonly UnitQueue[];
  readonly #units: ReadonlyMap<number, UnitQueue>;
  readonly #wellKnown: UnitQueue;
  readonly #sessions = new Map<number, RegisteredSession>();
  #lastNexusId = 0;
  #lastTsih = 0;

  constructor(
    targetName: string,
    chap: ChapAccounts | undefined,
    units: ReadonlyMap<number, LogicalUnit>,
    wellKnown: LogicalUnit,
    timings: TargetTimings,
    log: TargetLog,
  ) {
    this.targetName = targetName;
    this.chap = chap;
    this.timings = timings;
    this.log = log;
    this.#units = new Map([...units].map(([lun, unit]) => [lun, new UnitQueue(unit)]));
    this.#wellKnown = new UnitQueue(wellKnown);
    this.allUnits = [...this.#units.values(), this.#wellKnown];
  }

  /** Queue of a logical unit that exists. */
  unitOf(lun: number): UnitQueue | undefined {
    return this.#units.get(lun);
  }

  /** Queue that gets the commands for `lun`, existing or not. */
  queueOf(lun: number): UnitQueue {
    return this.#units.get(lun) ?? this.#wellKnown;
  }

  get load(): TargetLoad {
    const sessions = [...this.#sessions.values()];
    const tasks = sessions.reduce((sum, { taskCount }) => sum + taskCount, 0);
    return { sessions: sessions.length, tasks, earlyBytes: this.early.bytes };
  }

  hasSession(tsih: number): boolean {
    return this.#sessions.has(tsih);
  }

  /** A free session handle; there are more of them than connections. */
  newTsih(): number {
    do {
      this.#lastTsih = this.#lastTsih === TSIH_MAX ? 1 : this.#lastTsih + 1;
    } while (this.#sessions.has(this.#lastTsih));
    return this.#lastTsih;
  }

  newNexus(initiatorName: string, isid: string): Nexus {
    this.#lastNexusId += 1;
    return { id: this.#lastNexusId, initiatorName, isid };
  }

  /**
   * Enters a session. A standing session of the same initiator name and ISID (there is one portal
   * group) is reinstated: it ends first, with its tasks.
   */
  enter(session: RegisteredSession): void {
    if (!session.discovery) {
      for (const standing of [...this.#sessions.values()]) {
        if (!standing.discovery && isSameNexus(standing.nexus, session.nexus)) {
          standing.close("session reinstated");
        }
      }
      this.#announce(session.nexus, "established");
    }
    this.#sessions.set(session.tsih, session);
  }

  /** Takes out a session whose tasks have all ended. */
  leave(session: RegisteredSession): void {
    if (this.#sessions.get(session.tsih) !== session) {
      return;
    }
    this.#sessions.delete(session.tsih);
    if (!session.discovery) {
      this.#announce(session.nexus, "lost");
    }
  }

  /** Closes all sessions that `chosen` accepts. */
  closeSessions(reason: string, chosen: (session: RegisteredSession) => boolean): void {
    for (const session of [...this.#sessions.values()].filter(chosen)) {
      session.close(reason);
    }
  }

  #announce(nexus: Nexus, event: "established" | "lost"): void {
    for (const queue of this.allUnits) {
      queue.unit.nexus(nexus, event);
    }
  }
}

function isSameNexus(a: Nexus, b: Nexus): boolean {
  return a.initiatorName === b.initiatorName && a.isid === b.isid;
}
