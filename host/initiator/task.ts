/**
 * One request on its way, and the table of those that are with the target. Decides which
 * initiator task tag a request gets and what a PDU with a given tag belongs to. Invariants: a task
 * settles exactly once; after it settled its buffers are never touched again; a tag is not given
 * out again for 2^32 tags, so a late PDU can only meet the retired list, never another task.
 */

import { RESERVED_TAG } from "../iscsi/opcode.ts";
import { type Deadline, startDeadline } from "../lib/deadline.ts";
import type { ScsiRequest, ScsiResult } from "../lib/scsi-device.ts";
import { lengthOf } from "./data-parts.ts";
import { RETIRED_TAGS_MAX } from "./limits.ts";

const NOTHING = new Uint8Array(0);

/** A request between `execute` and its result. */
export class Task {
  readonly request: ScsiRequest;
  readonly dataOut: readonly Uint8Array[];
  readonly dataOutBytes: number;
  readonly dataIn: Uint8Array;
  /** RESERVED_TAG until it is sent. */
  itt = RESERVED_TAG;
  cmdSN = 0;
  /** Data-out bytes that were sent, or are covered by R2Ts that were answered. */
  sentBytes = 0;
  /** R2TSN or DataSN that the target must use next. */
  nextDataSN = 0;
  /** Data-in bytes that arrived, all in order from the start. */
  receivedBytes = 0;
  /** Its time limit is over; an answer is still taken until the target confirmed the abort. */
  expired = false;
  #settle: ((result: ScsiResult) => void) | undefined;
  readonly #deadline: Deadline;

  constructor(
    request: ScsiRequest,
    settle: (result: ScsiResult) => void,
    expire: (t: Task) => void,
  ) {
    this.request = request;
    this.dataOut = request.dataOut ?? [];
    this.dataOutBytes = lengthOf(this.dataOut);
    this.dataIn = request.dataIn ?? NOTHING;
    this.#settle = settle;
    this.#deadline = startDeadline(request.timeoutMs, () => {
      this.expired = true;
      expire(this);
    });
  }

  get settled(): boolean {
    return this.#settle === undefined;
  }

  /** Gives the result, once. */
  settle(result: ScsiResult): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#deadline.cancel();
    settle?.(result);
  }
}

/** The tasks that the target has, by tag, and the tags given up lately. */
export class TaskTable {
  readonly #tasks = new Map<number, Task>();
  readonly #retired = new Set<number>();
  #lastTag = 0;

  get size(): number {
    return this.#tasks.size;
  }

  /** A tag that nothing outstanding has; also for requests that are no tasks. */
  nextTag(): number {
    do {
      this.#lastTag = this.#lastTag + 1 >= RESERVED_TAG ? 1 : this.#lastTag + 1;
    } while (this.#tasks.has(this.#lastTag));
    return this.#lastTag;
  }

  /** Gives the task its tag. */
  add(task: Task): void {
    task.itt = this.nextTag();
    this.#tasks.set(task.itt, task);
  }

  find(itt: number): Task | undefined {
    return this.#tasks.get(itt);
  }

  /** The task was answered: a further PDU with its tag is an error of the target. */
  finish(task: Task): void {
    this.#tasks.delete(task.itt);
  }

  /** The task was aborted: what still comes with its tag is swallowed. */
  retire(task: Task): void {
    this.#tasks.delete(task.itt);
    this.retireTag(task.itt);
  }

  /** Remembers the newest RETIRED_TAGS_MAX tags. */
  retireTag(itt: number): void {
    this.#retired.add(itt);
    if (this.#retired.size > RETIRED_TAGS_MAX) {
      for (const oldest of this.#retired) {
        this.#retired.delete(oldest);
        break;
      }
    }
  }

  isRetired(itt: number): boolean {
    return this.#retired.has(itt);
  }

  /** A copy: the caller may finish tasks while it goes through them. */
  all(): readonly Task[] {
    return [...this.#tasks.values()];
  }
}
