/**
 * One core and everything that executes its actions: the composition that lane and changer share.
 * Decides which handler belongs to which action, and what a failed core means: where there is a way to
 * another instance it takes over with what the dead one had kept; else, or when that happens too often,
 * its tasks are answered BUSY and its state is "failed". The other cores go on in any case.
 *
 * Invariants of a restart: the new instance gets its first event when nothing is on its way to or from
 * the ring; what the dead one did not take (words, completions of drive commands, nexuses) it gets after
 * its start, in order; the server's command in work is given again and never answered twice.
 */

import {
  AC_CONTROL,
  AC_DEVICE,
  AC_JOURNAL,
  AC_LOG,
  AC_MEND,
  AC_PREFETCH,
  AC_PUT,
  AC_RECEIVE,
  AC_RELEASE,
  AC_REPLY,
  AC_RESUMED,
  AC_RING_FLUSH,
  AC_RING_LOAD,
  AC_RING_LOST,
  AC_RING_READ,
  AC_RING_WRITE,
  AC_SECRET,
  AC_STARTED,
  AC_STEP,
  AC_STOPPED,
  AC_WAKE,
  AC_WORD,
} from "../../assembly/spec/action.ts";
import { EV_OPERATOR, EV_RING_DONE, EV_TIME, OPERATOR_STOP } from "../../assembly/spec/event.ts";
import { LOG_KEEP_BAD } from "../../assembly/spec/log-code.ts";
import type { CacheDevice } from "../cache/cache-device.ts";
import type { Core } from "../core/core.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type { LoadFault, RuntimeName } from "../core/runtime.ts";
import { messageOf } from "../lib/error.ts";
import type { LogicalUnit } from "../lib/logical-unit.ts";
import { type ActionHandler, CoreLoop, type LeftEvents, type Post } from "./core-loop.ts";
import { CoreTold } from "./core-told.ts";
import { deferred } from "./deferred.ts";
import { DevicePort } from "./device-port.ts";
import type { Extents } from "./extents.ts";
import { journalKeeper, type ReplaceFile } from "./journal.ts";
import { RestartLimit } from "./restart-limit.ts";
import { RingPort } from "./ring-port.ts";
import type { SecretStore } from "./secret-store.ts";
import { coreFields, type SharedParts } from "./shared-parts.ts";
import { HeldEvents, startAgain } from "./succession.ts";
import { TaskPort } from "./task-port.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";
import { WakeTimer } from "./wake.ts";

/** The reason of an end that was wanted. */
const CLOSED = "closed";
/** A restart that takes longer has failed: the disk does not answer, or the module cannot be loaded. */
const RESTART_MS_MAX = 60_000;

/** What only one of the two roles has. */
export interface RoleParts {
  /** CHANGER_LANE, or the lane's number. */
  readonly lane: number;
  readonly buffers: ReadonlyMap<number, TransferBuffer>;
  readonly ring?: { readonly cache: CacheDevice; readonly extents: Extents };
  /** Of a lane that passes keys on: it outlives a core that fails. */
  readonly secrets?: SecretStore;
  /** Where AC_JOURNAL is kept. */
  readonly journalPath?: string;
  /** In place of the file system's own way. */
  readonly replaceFile?: ReplaceFile;
  /** A fresh instance of the core, for a restart; never rejects. Without it a failure is for good. */
  readonly makeCore?: () => Promise<Core | LoadFault>;
}

/** Where a core is between its first event and its end. */
type Stage = "working" | "gone" | "starting" | "ended";

/** How a core ended after OPERATOR_STOP. */
export type StopResult = "finished" | "owed" | "failed";

/** A core at work. */
export class CoreHost {
  readonly lane: number;
  readonly #tasks: TaskPort;
  readonly #shared: SharedParts;
  readonly #role: RoleParts;
  readonly #handlers = new Map<number, ActionHandler>();
  readonly #wake: WakeTimer;
  readonly #told: CoreTold;
  readonly #restarts: RestartLimit;
  readonly #held = new HeldEvents();
  readonly #started = deferred<number>();
  readonly #stopped = deferred<StopResult>();
  #ringPort: RingPort | undefined;
  #core: Core;
  #shown: DataView;
  #loop: CoreLoop;
  #first: CoreEvent | undefined;
  #stage: Stage = "working";
  #callOffLimit: (() => void) | undefined;
  #isStopping = false;
  #failure = "";
  #lastFailure = "";
  /** What the last instance that had started kept in its last good step. */
  #keptBefore: Uint8Array = new Uint8Array();

  constructor(core: Core, shared: SharedParts, role: RoleParts) {
    const handlers = this.#handlers;
    const post: Post = (event) => this.post(event);
    this.lane = role.lane;
    this.#shared = shared;
    this.#role = role;
    this.#core = core;
    this.#shown = core.show;
    this.#loop = this.#loopOf(core);
    const parts = {
      ...(role.ring === undefined ? {} : { extents: role.ring.extents }),
      ...(role.secrets === undefined ? {} : { secrets: role.secrets }),
    };
    const { buffers } = role;
    this.#wake = new WakeTimer(shared.clock, post);
    this.#told = new CoreTold(shared, role.lane, () => this.#shown);
    this.#restarts = new RestartLimit(shared.clock);
    this.#tasks = new TaskPort({
      post,
      buffers,
      ...parts,
      hasFailed: () => this.#stage === "ended",
    });
    const devices = new DevicePort({ post, devices: shared.devices, buffers, ...parts });
    handlers
      .set(AC_RECEIVE, this.#tasks.receive)
      .set(AC_REPLY, this.#tasks.reply)
      .set(AC_PUT, this.#tasks.put)
      .set(AC_DEVICE, devices.command)
      .set(AC_CONTROL, devices.control)
      .set(AC_WORD, shared.arbiter.sender(role.lane))
      .set(AC_WAKE, this.#wake.wake)
      .set(AC_LOG, this.#told.log)
      .set(AC_STEP, this.#told.step)
      .set(AC_STARTED, (action) => this.#started.resolve(action.a))
      .set(AC_RESUMED, (action) => this.#hasResumed(action.a))
      .set(AC_STOPPED, (action) => this.#stopped.resolve(action.a === 1 ? "finished" : "owed"));
    this.#addRole(handlers, post);
    shared.arbiter.attach(role.lane, post);
  }

  /** Who runs it. */
  get runtimeName(): RuntimeName {
    return this.#core.runtime.name;
  }

  /**
   * The show block (assembly/spec/show.ts) of the moment; of the dead instance until another one has started.
   * A lane that streams writes it when it is told what time it is: not to be asked while an action is executed.
   */
  get show(): DataView {
    if (this.#stage === "working" && this.#first !== undefined) {
      this.#loop.post(coreEvent(EV_TIME));
    }
    return this.#shown;
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

  /** How often another instance took over. */
  get restartCount(): number {
    return this.#restarts.count;
  }

  /** Why the last instance failed, "" when none did; stays when another one has taken over. */
  get lastFailure(): string {
    return this.#lastFailure;
  }

  /** Gives the core EV_START, which a successor gets too. */
  start(event: CoreEvent): void {
    this.#first = event;
    this.post(event);
  }

  /** Gives the core an event. */
  post(event: CoreEvent): void {
    const isOfStart = event.kind === EV_RING_DONE || event.kind === EV_TIME;
    if (this.#stage === "working" || (this.#stage === "starting" && isOfStart)) {
      this.#loop.post(event);
    } else if (this.#stage !== "ended" && !this.#held.hold(event)) {
      this.#giveUp("too many events came while the core was started again");
    }
  }

  /** Asks the core to stop; how it did. Not bounded: the caller is. */
  stop(): Promise<StopResult> {
    this.#isStopping = true;
    this.post(stopEvent());
    return this.#stopped.promise;
  }

  /** The end: no further step and no timer. Open tasks are answered BUSY. */
  close(): void {
    this.#giveUp(CLOSED);
  }

  #addRole(handlers: Map<number, ActionHandler>, post: Post): void {
    const { ring, journalPath, replaceFile, buffers, secrets } = this.#role;
    if (secrets !== undefined) {
      handlers.set(AC_SECRET, secrets.execute);
    }
    if (journalPath !== undefined) {
      handlers.set(AC_JOURNAL, journalKeeper(journalPath, post, replaceFile));
    }
    if (ring === undefined) {
      return;
    }
    const port = new RingPort({ post, buffers, ...ring });
    this.#ringPort = port;
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

  /** Brings the figures of the running or last recovery from the show block into the list. */
  noteFigures(): void {
    this.#told.noteFigures();
  }

  #loopOf(core: Core): CoreLoop {
    return new CoreLoop({
      core,
      clock: this.#shared.clock,
      handlers: this.#handlers,
      onFailed: (reason, left) => this.#fail(reason, left),
    });
  }

  /** The instance is given up; another one takes over where there may be one. */
  #fail(reason: string, left: LeftEvents): void {
    if (this.#stage === "ended") {
      return;
    }
    const { makeCore } = this.#role;
    this.#stopLimit();
    if (makeCore === undefined || this.#first === undefined || !this.#restarts.admit()) {
      this.#giveUp(reason);
      return;
    }
    const { log, clock } = this.#shared;
    log("error", "the core has failed, another instance takes over", {
      ...coreFields(this.lane),
      reason,
      restart: this.#restarts.count,
    });
    // What it did not take comes before what was held for it already.
    const later = this.#stage === "starting" ? this.#held.take() : [];
    const kept = this.#stage === "starting" ? this.#keptBefore : this.#core.kept;
    this.#keptBefore = kept;
    if (left.trappedOn !== undefined) {
      this.#held.holdHarmful(left.trappedOn);
    }
    for (const event of [...left.waiting, ...later]) {
      this.#held.hold(event);
    }
    this.#stage = "gone";
    this.#failure = reason;
    this.#lastFailure = reason;
    this.#wake.stop();
    this.#tasks.pause(left.trappedOn);
    this.#callOffLimit = clock.after(RESTART_MS_MAX, () => {
      this.#giveUp(`${reason}; another instance did not start within ${RESTART_MS_MAX / 1000} s`);
    });
    const begin = (): void => {
      makeCore().then(
        (made) => this.#takeOver(made, reason),
        (thrown: unknown) => this.#takeOver({ fault: messageOf(thrown) }, reason),
      );
    };
    if (this.#ringPort === undefined) {
      begin();
    } else {
      this.#ringPort.whenIdle(begin);
    }
  }

  /** The new instance gets its first events, with what the last good step of the dead one had kept. */
  #takeOver(made: Core | LoadFault, reason: string): void {
    if (this.#stage !== "gone" || this.#first === undefined) {
      return;
    }
    if ("fault" in made) {
      this.#giveUp(`${reason}; another instance cannot be made: ${made.fault}`);
      return;
    }
    this.#role.ring?.extents.forgetUnwritten();
    this.#core = made;
    this.#loop = this.#loopOf(made);
    this.#stage = "starting";
    const loop = this.#loop;
    for (const event of startAgain(this.#first, this.#keptBefore)) {
      loop.post(event);
    }
    // An instance that did not even start leaves nothing to be taken over: this is the first start.
    if (this.#keptBefore.length === 0) {
      this.#hasResumed(0);
    }
  }

  /** AC_RESUMED: an instance has taken over. */
  #hasResumed(code: number): void {
    if (this.#stage !== "starting") {
      return;
    }
    if (code === LOG_KEEP_BAD) {
      this.#giveUp("the module that was loaded for a restart is of another version");
      return;
    }
    this.#stopLimit();
    this.#stage = "working";
    this.#failure = "";
    this.#shown = this.#core.show;
    const { log } = this.#shared;
    log("info", "the core works again", {
      ...coreFields(this.lane),
      restart: this.#restarts.count,
    });
    for (const event of this.#held.take()) {
      this.#loop.post(event);
    }
    if (this.#isStopping) {
      this.#loop.post(stopEvent());
    }
    this.#tasks.resume();
  }

  /** No further step and no other instance; what is open is answered BUSY. */
  #giveUp(reason: string): void {
    if (this.#stage === "ended") {
      return;
    }
    this.#stage = "ended";
    this.#stopLimit();
    this.#loop.fail(reason);
    this.#held.take();
    this.#failure = reason;
    this.#wake.stop();
    this.#role.ring?.extents.clear();
    this.#role.secrets?.clear();
    this.#tasks.failAll();
    this.#started.resolve(-1);
    this.#stopped.resolve("failed");
    if (reason !== CLOSED) {
      this.#lastFailure = reason;
      this.#shared.log("error", "the core has failed", { ...coreFields(this.lane), reason });
    }
  }

  #stopLimit(): void {
    this.#callOffLimit?.();
    this.#callOffLimit = undefined;
  }
}

function stopEvent(): CoreEvent {
  const event = coreEvent(EV_OPERATOR);
  event.a = OPERATOR_STOP;
  return event;
}
