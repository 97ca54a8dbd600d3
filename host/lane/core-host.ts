/**
 * One core and everything that executes its actions: the composition that lane and changer share.
 * Decides which handler belongs to which action, and what a failed core means: its tasks are
 * answered BUSY, its state is "failed"; the other cores go on.
 */

import {
  AC_CONTROL,
  AC_DEVICE,
  AC_JOURNAL,
  AC_LOG,
  AC_MEND,
  AC_PREFETCH,
  AC_RECEIVE,
  AC_RELEASE,
  AC_REPLY,
  AC_RING_FLUSH,
  AC_RING_LOAD,
  AC_RING_LOST,
  AC_RING_READ,
  AC_RING_WRITE,
  AC_STARTED,
  AC_STEP,
  AC_STOPPED,
  AC_WAKE,
  AC_WORD,
} from "../../assembly/spec/action.ts";
import { EV_OPERATOR, OPERATOR_STOP } from "../../assembly/spec/event.ts";
import type { CacheDevice } from "../cache/cache-device.ts";
import type { Core } from "../core/core.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type { Log } from "../lib/log.ts";
import type { LogicalUnit } from "../lib/logical-unit.ts";
import type { ScsiDevice } from "../lib/scsi-device.ts";
import type { Arbiter } from "./arbiter.ts";
import type { Clock } from "./clock.ts";
import { type ActionHandler, CoreLoop, type Post } from "./core-loop.ts";
import { DevicePort } from "./device-port.ts";
import type { Extents } from "./extents.ts";
import { journalKeeper } from "./journal.ts";
import { type DeviceName, logWords } from "./log-words.ts";
import { type Recoveries, recoveryKindWord, recoveryResultWord } from "./recoveries.ts";
import { RepeatLimit } from "./repeat-limit.ts";
import { RingPort } from "./ring-port.ts";
import { readLaneShow } from "./show.ts";
import { TaskPort } from "./task-port.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";
import { WakeTimer } from "./wake.ts";

/** Number of the changer's core where lanes are counted from 1. */
export const CHANGER_LANE = 0;

/** The reason of an end that was wanted. */
const CLOSED = "closed";

/** What lane and changer share. */
export interface SharedParts {
  readonly clock: Clock;
  readonly log: Log;
  /** By device number, the robot under DEVICE_ROBOT. */
  readonly devices: ReadonlyMap<number, ScsiDevice>;
  readonly deviceName: DeviceName;
  readonly arbiter: Arbiter;
  readonly recoveries: Recoveries;
}

/** What only one of the two roles has. */
export interface RoleParts {
  /** CHANGER_LANE, or the lane's number. */
  readonly lane: number;
  readonly buffers: ReadonlyMap<number, TransferBuffer>;
  readonly ring?: { readonly cache: CacheDevice; readonly extents: Extents };
  /** Where AC_JOURNAL is kept. */
  readonly journalPath?: string;
}

/** How a core ended after OPERATOR_STOP. */
export type StopResult = "finished" | "owed" | "failed";

/** A core at work. */
export class CoreHost {
  readonly core: Core;
  readonly lane: number;
  readonly #tasks: TaskPort;
  readonly #loop: CoreLoop;
  readonly #shared: SharedParts;
  readonly #role: RoleParts;
  readonly #wake: WakeTimer;
  readonly #repeats: RepeatLimit;
  readonly #started = deferred<number>();
  readonly #stopped = deferred<StopResult>();
  #failure = "";

  constructor(core: Core, shared: SharedParts, role: RoleParts) {
    const handlers = new Map<number, ActionHandler>();
    this.core = core;
    this.lane = role.lane;
    this.#shared = shared;
    this.#role = role;
    this.#loop = new CoreLoop({
      core,
      clock: shared.clock,
      handlers,
      onFailed: (reason) => this.#fail(reason),
    });
    const { post } = this.#loop;
    const parts = role.ring === undefined ? {} : { extents: role.ring.extents };
    const { buffers } = role;
    this.#wake = new WakeTimer(shared.clock, post);
    this.#repeats = new RepeatLimit(shared.clock);
    this.#tasks = new TaskPort({
      post,
      buffers,
      ...parts,
      hasFailed: () => this.#loop.hasFailed,
    });
    const devices = new DevicePort({ post, devices: shared.devices, buffers, ...parts });
    handlers
      .set(AC_RECEIVE, this.#tasks.receive)
      .set(AC_REPLY, this.#tasks.reply)
      .set(AC_DEVICE, devices.command)
      .set(AC_CONTROL, devices.control)
      .set(AC_WORD, shared.arbiter.sender(role.lane))
      .set(AC_WAKE, this.#wake.wake)
      .set(AC_LOG, this.#log)
      .set(AC_STEP, this.#step)
      .set(AC_STARTED, (action) => this.#started.resolve(action.a))
      .set(AC_STOPPED, (action) => this.#stopped.resolve(action.a === 1 ? "finished" : "owed"));
    this.#addRole(handlers, post);
    shared.arbiter.attach(role.lane, post);
  }

  /** What the target serves. */
  get unit(): LogicalUnit {
    return this.#tasks;
  }

  /** AC_STARTED: 0, or the log code that says why not; also -1 when the core failed before. */
  get started(): Promise<number> {
    return this.#started.promise;
  }

  /** Why the core failed, "" while it works. */
  get failure(): string {
    return this.#failure;
  }

  /** Gives the core an event. */
  post(event: CoreEvent): void {
    this.#loop.post(event);
  }

  /** Asks the core to stop; how it did. Not bounded: the caller is. */
  stop(): Promise<StopResult> {
    const event = coreEvent(EV_OPERATOR);
    event.a = OPERATOR_STOP;
    this.#loop.post(event);
    return this.#stopped.promise;
  }

  /** The end: no further step and no timer. Open tasks are answered BUSY. */
  close(): void {
    this.#wake.stop();
    this.#loop.fail(CLOSED);
  }

  #addRole(handlers: Map<number, ActionHandler>, post: Post): void {
    const { ring, journalPath, buffers } = this.#role;
    if (journalPath !== undefined) {
      handlers.set(AC_JOURNAL, journalKeeper(journalPath, post));
    }
    if (ring === undefined) {
      return;
    }
    const port = new RingPort({ post, buffers, ...ring });
    handlers
      .set(AC_RING_WRITE, port.write)
      .set(AC_RING_FLUSH, port.flush)
      .set(AC_RING_READ, port.read)
      .set(AC_RING_LOAD, port.load)
      .set(AC_RING_LOST, port.lost)
      .set(AC_MEND, port.mend)
      .set(AC_PREFETCH, port.prefetch)
      .set(AC_RELEASE, port.release);
  }

  readonly #log: ActionHandler = (action) => {
    const { log, deviceName, recoveries } = this.#shared;
    const words = logWords(action, deviceName);
    const { lane } = this.#role;
    if (words.evidence !== "") {
      recoveries.evidence(lane, words.evidence);
    }
    // Only what is merely worth knowing may come for every record.
    const hiddenCount = words.level === "info" ? this.#repeats.admit(action.a) : 0;
    if (hiddenCount !== undefined) {
      log(words.level, words.message, {
        ...(lane === CHANGER_LANE ? { changer: true } : { lane }),
        ...words.fields,
        ...(hiddenCount === 0 ? {} : { notShown: hiddenCount }),
      });
    }
  };

  readonly #step: ActionHandler = (action) => {
    const { clock, recoveries, log } = this.#shared;
    const { lane } = this.#role;
    const { a: label, b: number, c: kind, d: result } = action;
    recoveries.step({ lane, number, label, kind, result, nowMs: clock.nowMs() });
    this.noteFigures();
    log("info", `step ${label}`, {
      lane,
      recovery: number,
      kind: recoveryKindWord(kind),
      result: recoveryResultWord(result),
    });
  };

  /** Brings the figures of the running or last recovery from the show block into the list. */
  noteFigures(): void {
    const { recovery, rewrittenBytes, stallMsMax } = readLaneShow(this.core.show);
    const { lane } = this.#role;
    this.#shared.recoveries.figures({ lane, number: recovery, rewrittenBytes, stallMsMax });
  }

  #fail(reason: string): void {
    this.#failure = reason;
    this.#wake.stop();
    this.#role.ring?.extents.clear();
    this.#tasks.failAll();
    this.#started.resolve(-1);
    this.#stopped.resolve("failed");
    if (reason !== CLOSED) {
      this.#shared.log("error", "the core has failed", { lane: this.#role.lane, reason });
    }
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}
