/**
 * What is done about tasks that were not answered in time: ABORT TASK, then LOGICAL UNIT RESET,
 * then the connection. Decides the order and when a task counts as gone; sends nothing itself.
 * Invariants: one step at a time, each bounded; a task settles `silent` only when the target
 * confirmed that it is gone, or the connection is. An answer that comes first wins.
 */

import { FUNCTION_COMPLETE, FUNCTION_TASK_DOES_NOT_EXIST } from "../iscsi/opcode.ts";
import { type Deadline, startDeadline } from "../lib/deadline.ts";
import { ABORT_TASK_MS, LUN_RESET_MS } from "./limits.ts";
import type { Task } from "./task.ts";

/** What the ladder asks of its session. */
export interface EscalationActions {
  /** Sends a task management request; returns its tag. */
  readonly abortTask: (task: Task) => number;
  readonly resetLun: () => number;
  /** These tasks are gone at the target: settle them `silent`, swallow what comes late. */
  readonly silence: (tasks: readonly Task[]) => void;
  /** Every task that is with the target. */
  readonly outstanding: () => readonly Task[];
  /** A late task management response with this tag is to be swallowed. */
  readonly retireTag: (itt: number) => void;
  /** Nothing helped. */
  readonly giveUp: (reason: string) => void;
  /** The ladder is down: commands may be sent again. */
  readonly resume: () => void;
}

/** Bounds of the steps, in milliseconds. */
export interface EscalationTimes {
  readonly abortTaskMs: number;
  readonly lunResetMs: number;
}

/** The times used unless a test needs shorter ones. */
export const ESCALATION_TIMES: EscalationTimes = {
  abortTaskMs: ABORT_TASK_MS,
  lunResetMs: LUN_RESET_MS,
};

type Step =
  | { readonly kind: "abort"; readonly itt: number; readonly task: Task; readonly limit: Deadline }
  | { readonly kind: "reset"; readonly itt: number; readonly limit: Deadline };

/** The ladder of one session. */
export class Escalation {
  readonly #actions: EscalationActions;
  readonly #times: EscalationTimes;
  #step: Step | undefined;
  #expired: Task[] = [];

  constructor(actions: EscalationActions, times: EscalationTimes) {
    this.#actions = actions;
    this.#times = times;
  }

  /** While true no new command is to be sent. */
  get busy(): boolean {
    return this.#step !== undefined;
  }

  /** A task that is with the target has passed its time limit. */
  expire(task: Task): void {
    this.#expired.push(task);
    if (!this.busy) {
      this.#next();
    }
  }

  /** A task management response, or a Reject of the request; false when the tag is not ours. */
  answered(itt: number, response: number): boolean {
    const step = this.#step;
    if (step === undefined || step.itt !== itt) {
      return false;
    }
    step.limit.cancel();
    if (step.kind === "reset") {
      this.#afterReset(response);
    } else if (response === FUNCTION_COMPLETE || response === FUNCTION_TASK_DOES_NOT_EXIST) {
      this.#gone([step.task]);
    } else {
      this.#afterFailedAbort(step.task, `answered with response ${response}`);
    }
    return true;
  }

  /** Ends the ladder where it stands. */
  stop(): void {
    if (this.#step !== undefined) {
      this.#step.limit.cancel();
      this.#actions.retireTag(this.#step.itt);
    }
    this.#step = undefined;
    this.#expired = [];
  }

  #next(): void {
    this.#expired = this.#expired.filter((task) => !task.settled);
    const task = this.#expired.shift();
    if (task === undefined) {
      this.#step = undefined;
      this.#actions.resume();
      return;
    }
    const itt = this.#actions.abortTask(task);
    const limit = startDeadline(this.#times.abortTaskMs, () => {
      this.#actions.retireTag(itt);
      this.#afterFailedAbort(task, `not answered in ${this.#times.abortTaskMs} ms`);
    });
    this.#step = { kind: "abort", itt, task, limit };
  }

  #afterFailedAbort(task: Task, how: string): void {
    if (task.settled) {
      this.#next();
      return;
    }
    const itt = this.#actions.resetLun();
    const limit = startDeadline(this.#times.lunResetMs, () => {
      this.#actions.giveUp(`ABORT TASK was ${how}, LOGICAL UNIT RESET not at all`);
    });
    this.#step = { kind: "reset", itt, limit };
  }

  #afterReset(response: number): void {
    if (response === FUNCTION_COMPLETE) {
      this.#gone(this.#actions.outstanding());
    } else {
      this.#actions.giveUp(`LOGICAL UNIT RESET was answered with response ${response}`);
    }
  }

  #gone(tasks: readonly Task[]): void {
    this.#actions.silence(tasks.filter((task) => !task.settled));
    this.#next();
  }
}
