/**
 * One logical unit and the tasks that wait for it, over all sessions: one task at a time, in the
 * order of their delivery. Invariant: the unit is never called from within its own call of
 * `reply` or `receive`; whatever follows from those runs in a microtask.
 */
import type { LogicalUnit } from "../lib/logical-unit.ts";
import { UNIT_QUEUE_MAX } from "./limits.ts";
import type { Task } from "./task.ts";

/** The queue of one logical unit. */
export class UnitQueue {
  readonly unit: LogicalUnit;
  #active: Task | undefined;
  #waiting: Task[] = [];
  #startScheduled = false;

  constructor(unit: LogicalUnit) {
    this.unit = unit;
  }

  /** Gives the task to the unit, at once when that is idle; false when the queue is full. */
  add(task: Task): boolean {
    if (this.#waiting.length >= UNIT_QUEUE_MAX) {
      return false;
    }
    this.#waiting.push(task);
    if (this.#active === undefined && !this.#startScheduled) {
      this.#start();
    }
    return true;
  }

  /** The task was answered by the unit. */
  answered(task: Task): void {
    if (this.#active === task) {
      this.#active = undefined;
      this.#scheduleStart();
    }
  }

  /** Takes out a task that will be answered without the unit; where that works on it, it is told. */
  withdraw(task: Task): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
    if (this.#active === task) {
      this.#active = undefined;
      this.unit.abort(task);
      this.#scheduleStart();
    }
  }

  /** Takes out all tasks that `chosen` accepts and tells the unit about the one it works on. */
  abort(chosen: (task: Task) => boolean): Task[] {
    const aborted = this.#waiting.filter(chosen);
    this.#waiting = this.#waiting.filter((task) => !aborted.includes(task));
    for (const task of aborted) {
      task.end();
    }
    const active = this.#active;
    if (active !== undefined && chosen(active)) {
      this.#active = undefined;
      active.end();
      this.unit.abort(active);
      aborted.push(active);
      this.#scheduleStart();
    }
    return aborted;
  }

  #scheduleStart(): void {
    if (this.#startScheduled || this.#waiting.length === 0) {
      return;
    }
    this.#startScheduled = true;
    queueMicrotask(() => {
      this.#startScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    const task = this.#active === undefined ? this.#waiting.shift() : undefined;
    if (task !== undefined) {
      this.#active = task;
      this.unit.command(task);
    }
  }
}
