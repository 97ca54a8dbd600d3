/**
 * What all connections of one target share: units with their queues, sessions, early data. Decides
 * session handles, nexus numbers and reinstatement; knows no sockets and no PDUs.
 */
import type { SessionParameters } from "../iscsi/negotiate.ts";
import type { LogicalUnit, Nexus } from "../lib/logical-unit.ts";
import type { ChapAccounts } from "./authentication.ts";
import type { EarlyTotal } from "./early-data.ts";
import { SESSIONS_OF_INITIATOR_MAX, type TargetTimings } from "./limits.ts";
import { UnitQueue } from "./unit-queue.ts";
import { type AccessControl, UnitView } from "./unit-view.ts";

/** Takes the target's log lines. */
export type TargetLog = (level: "info" | "warn", message: string) => void;

/** Part of a session that the others may see. */
export interface RegisteredSession {
  readonly nexus: Nexus;
  readonly tsih: number;
  readonly discovery: boolean;
  readonly view: UnitView;
  /** Of its only connection. */
  readonly cid: number;
  readonly parameters: SessionParameters;
  /** The next CmdSN to be delivered. */
  readonly expCmdSN: number;
  /** Logical units that it ever addressed. */
  readonly addressedLuns: ReadonlySet<number>;
  /** Commands that are not answered yet. */
  readonly taskCount: number;
  /** Ends the session and its connection. */
  close(reason: string): void;
  /** Ends its connection and its tasks, for the session goes on over another; the units that lost some. */
  leaveConnection(): Iterable<UnitQueue>;
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

/** What a target is made with. */
export interface TargetParts {
  readonly targetName: string;
  /** Accounts for the login; absent: nobody has to prove anything. */
  readonly chap?: ChapAccounts | undefined;
  /** Who may log in and what they see; absent: everybody, everything. */
  readonly access?: AccessControl | undefined;
  readonly units: ReadonlyMap<number, LogicalUnit>;
  /** Gets every command for a logical unit that does not exist. */
  readonly wellKnown: LogicalUnit;
  readonly log: TargetLog;
}

/** Shared state of one target. */
export class TargetState {
  readonly targetName: string;
  readonly chap: ChapAccounts | undefined;
  readonly timings: TargetTimings;
  readonly log: TargetLog;
  readonly early: EarlyTotal = { bytes: 0 };
  /** Of each initiator in the access list. */
  readonly #views: ReadonlyMap<string, UnitView>;
  /** Of all others. */
  readonly #viewOfOthers: UnitView;
  readonly #sessions = new Map<number, RegisteredSession>();
  #lastNexusId = 0;
  #lastTsih = 0;

  constructor(parts: TargetParts, timings: TargetTimings) {
    const { targetName, chap, access, units, wellKnown, log } = parts;
    this.targetName = targetName;
    this.chap = chap;
    this.timings = timings;
    this.log = log;
    const queues = new Map([...units].map(([lun, unit]) => [lun, new UnitQueue(unit)]));
    const beside = new UnitQueue(wellKnown);
    const whole = new UnitView(queues, beside, "whole");
    const views = new Map<string, UnitView>();
    for (const [name, luns] of access?.list ?? []) {
      views.set(name, luns === "all" || !access ? whole : whole.partOf(luns, access.unitBeside));
    }
    this.#views = views;
    this.#viewOfOthers = access === undefined ? whole : new UnitView(new Map(), beside, "none");
  }

  /** What this initiator sees. */
  viewOf(initiatorName: string): UnitView {
    return this.#views.get(initiatorName) ?? this.#viewOfOthers;
  }

  get load(): TargetLoad {
    const sessions = [...this.#sessions.values()];
    const tasks = sessions.reduce((sum, { taskCount }) => sum + taskCount, 0);
    return { sessions: sessions.length, tasks, earlyBytes: this.early.bytes };
  }

  sessionOf(tsih: number): RegisteredSession | undefined {
    return this.#sessions.get(tsih);
  }

  /** False where this initiator has too many sessions; one that will be reinstated does not count. */
  hasRoomFor(initiatorName: string, isid: string): boolean {
    const others = [...this.#sessions.values()].filter(
      ({ nexus }) => nexus.initiatorName === initiatorName && nexus.isid !== isid,
    );
    return others.length < SESSIONS_OF_INITIATOR_MAX;
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
   * group) is reinstated: it ends first, with its tasks. One of the same handle is the same session: its
   * connection is reinstated, and nothing of the nexus is lost but tasks.
   */
  enter(session: RegisteredSession): void {
    const same = this.#sessions.get(session.tsih);
    if (same !== undefined) {
      this.#sessions.set(session.tsih, session);
      for (const queue of same.leaveConnection()) {
        queue.unit.nexus(session.nexus, "tasks-ended");
      }
      return;
    }
    if (!session.discovery) {
      for (const standing of [...this.#sessions.values()]) {
        if (!standing.discovery && isSameNexus(standing.nexus, session.nexus)) {
          standing.close("session reinstated");
        }
      }
      announce(session, "established");
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
      announce(session, "lost");
    }
  }

  /** Closes all sessions that `chosen` accepts. */
  closeSessions(reason: string, chosen: (session: RegisteredSession) => boolean): void {
    for (const session of [...this.#sessions.values()].filter(chosen)) {
      session.close(reason);
    }
  }
}

function announce({ nexus, view }: RegisteredSession, event: "established" | "lost"): void {
  for (const queue of view.all) {
    queue.unit.nexus(nexus, event);
  }
}

function isSameNexus(a: Nexus, b: Nexus): boolean {
  return a.initiatorName === b.initiatorName && a.isid === b.isid;
}
