/**
 * The smallest host that a lane's core can live with: one drive, a ring in memory, a server that sends
 * one command after the other. Everything that the core asks for is done in the order of asking; time
 * passes only when nothing else is to be done. Decides nothing that a core could notice.
 */

import assert from "node:assert/strict";
import * as action from "../../assembly/spec/action.ts";
import * as ev from "../../assembly/spec/event.ts";
import { SHOW_RECEIVED } from "../../assembly/spec/show.ts";
import { WORD_GONE, WORD_MOUNT, WORD_RELEASE, WORD_SPARES } from "../../assembly/spec/word.ts";
import type { ActionReader } from "../../host/core/action-reader.ts";
import { Core } from "../../host/core/core.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import { bytesWithWords, takeWords } from "../../host/lane/protection-words.ts";
import { type LaneShow, readLaneShow } from "../../host/lane/show.ts";
import { startAgain } from "../../host/lane/succession.ts";
import { freshCore } from "./fresh-core.ts";
import { LaneMemory, type RingEnd } from "./lane-memory.ts";
import { type LaneSettings, portNameOf, startEvent } from "./lane-settings.ts";
import { crcOf, TapeDrive } from "./tape-drive.ts";

const NEXUS = 7;
/** Of another server, once it is established. */
export const OTHER_NEXUS = 8;
/** Vendor identification in standard INQUIRY data. */
const VENDOR_AT = 8;
const WAKE_COUNT_MAX = 2000;
/** Events that a successor gets again; commands are given by themselves. */
const GIVEN_AGAIN = new Set([ev.EV_DEVICE_DONE, ev.EV_WORD, ev.EV_NEXUS]);

/** How a command of the server was answered. */
export interface Answer {
  readonly status: number;
  readonly sense: Uint8Array;
  readonly data: Uint8Array;
}

/** One lane with its host. */
export class LaneHost {
  readonly drive = new TapeDrive();
  #core: Core;
  readonly #successors: Core[];
  readonly #start: CoreEvent;
  /** So many steps are left to the core before another one takes over. */
  #stepsLeft = Number.POSITIVE_INFINITY;
  #open: CoreEvent | undefined;
  /** The block of the instance before this one. */
  #given: Uint8Array | undefined;
  readonly memory = new LaneMemory();
  readonly #events: CoreEvent[] = [];
  readonly #held = new Map<number, CoreEvent[]>();
  #answers: Answer[] = [];
  #onResumed: () => void = () => undefined;
  #dataOut: Uint8Array = new Uint8Array();
  #nowMs = 1000;
  #wakeMs: number | undefined;
  #taskCount = 0;
  isStarted = false;
  /** Commands get to the drive, and no answer comes back: the way to it is lost. */
  isDriveLost = false;
  /** So often the core has asked for a task's data. */
  receivedCount = 0;
  /** Nobody wakes the core: what waits for a moment waits. */
  timeStands = false;
  /** How many bytes of the keep block a successor's start has changed, at most. */
  changedAtStart = 0;
  /** So often the core has said that its ring is lost. */
  ringLostCount = 0;
  /** Hears of each command for the drive: its CDB, and how long the drive has for it. */
  onDevice: (cdb: Uint8Array, limitMs: number) => void = () => undefined;
  /** What the core has said to the changer: kind, c, d. */
  readonly words: (readonly [number, number, number])[] = [];

  private constructor(core: Core, successors: Core[], start: CoreEvent) {
    this.#core = core;
    this.#successors = successors;
    this.#start = start;
  }

  /**
   * A lane that has opened its ring; the drive is empty until `mount`. Spares are there to be asked
   * for; the answers are the test's. `successors`: so many instances may take over (`trapIn`). A ring that
   * is silent never answers.
   */
  static async start(settings: LaneSettings = {}): Promise<LaneHost> {
    const { spareDrives = 0, spareMedia = 0, successors = 0 } = settings;
    const more: Core[] = [];
    for (let count = 0; count < successors; count += 1) {
      more.push(new Core(await freshCore()));
    }
    const start = startEvent(settings);
    const host = new LaneHost(new Core(await freshCore()), more, start);
    host.memory.ring.set(settings.disk ?? []);
    if (settings.isRingSilent) {
      host.hold(ev.EV_RING_DONE);
    }
    host.#give(start);
    const device = coreEvent(ev.EV_DEVICE);
    const identity = Buffer.alloc(68, " ");
    if (settings.isPlain) {
      host.drive.isPlain = true;
      identity.write("TGT", VENDOR_AT);
    }
    Object.assign(device, { a: 0, b: 1, params: identity });
    host.#give(device);
    host.word(WORD_SPARES, { c: spareDrives, d: spareMedia });
    host.nexus(NEXUS, ev.NEXUS_ESTABLISHED);
    assert.ok(host.isStarted);
    return host;
  }

  /** Something happened to a nexus; by default the port has the nexus' number in its name. */
  nexus(nexus: number, what: number, portName = portNameOf(nexus)): void {
    const event = Object.assign(coreEvent(ev.EV_NEXUS), { a: nexus, b: what });
    if (what === ev.NEXUS_ESTABLISHED) {
      event.params = Buffer.from(portName);
    }
    this.#give(event);
  }

  /** The volume's cartridge is in the drive, or one with another tag on it that stands in for that serial number. */
  mount(volumeTag = "UND001L9", realTag = volumeTag, serial = ""): void {
    const params = Buffer.alloc(serial === "" ? 64 : 96, " ");
    params.write(volumeTag);
    params.write(realTag, 32);
    params.write(serial, 64);
    this.word(WORD_MOUNT, { params });
  }

  /** The robot has taken it out (after an unload) and put it, or another one, in again. */
  remount(): void {
    this.word(WORD_GONE, {});
    this.drive.insert();
    this.mount();
  }

  /** What the lane shows of itself. */
  show(): LaneShow & { readonly received: number } {
    this.#give(coreEvent(ev.EV_TIME));
    const received = Number(this.#core.show.getBigUint64(SHOW_RECEIVED, true));
    return { ...readLaneShow(this.#core.show), received };
  }

  /** The robot wants the cartridge. */
  wantOut(): Answer[] {
    this.word(WORD_RELEASE, {});
    return this.takeAnswers();
  }

  /** The cartridge has left the drive; what was answered because of it. */
  gone(): Answer[] {
    this.word(WORD_GONE, {});
    return this.takeAnswers();
  }

  /** One command to its end. */
  command(cdb: readonly number[], dataOut: Uint8Array, dataInBytes: number, nexus = NEXUS): Answer {
    const [answer, ...more] = this.begin(cdb, dataOut, dataInBytes, nexus);
    assert.equal(more.length, 0, `operation ${cdb[0]?.toString(16)}h: answers`);
    assert.ok(answer !== undefined && answer.data.length <= dataInBytes);
    return answer;
  }

  /** One command as far as it gets while `hold` holds something back; its answers so far. */
  begin(cdb: readonly number[], dataOut: Uint8Array, dataInBytes: number, nexus = NEXUS): Answer[] {
    const params = Buffer.alloc(16);
    params.set(cdb.slice(0, 16));
    this.#taskCount += 1;
    this.#dataOut = dataOut;
    const event = coreEvent(ev.EV_COMMAND, this.#taskCount);
    this.#open = Object.assign(event, { a: nexus, b: dataOut.length, c: dataInBytes, params });
    this.#give(this.#open);
    return this.takeAnswers();
  }

  /** The command in work ends without an answer: ABORT TASK, a reset, a lost nexus. */
  abort(): void {
    this.#open = undefined;
    this.#give(coreEvent(ev.EV_TASK_END, this.#taskCount));
  }

  /** Events of that kind wait until they are released. */
  hold(kind: number): void {
    this.#held.set(kind, []);
  }

  /** What was held back happens now; the answers that come of it. */
  release(kind: number): Answer[] {
    const waiting = this.#held.get(kind) ?? [];
    this.#held.delete(kind);
    for (const event of waiting) {
      this.#give(event);
    }
    return this.takeAnswers();
  }

  /** After so many steps from now on another instance takes over, as after a trap in the next one. */
  trapIn(steps: number): void {
    this.#stepsLeft = steps;
  }

  /** The event was not taken: a successor, which is told what still means something. */
  #takeOver(missed: CoreEvent): void {
    const { kept } = this.#core;
    this.#given = kept;
    const left = [missed, ...this.#events].filter(({ kind }) => GIVEN_AGAIN.has(kind));
    const next = this.#successors.shift();
    assert.ok(next !== undefined);
    this.#core = next;
    this.#stepsLeft = Number.POSITIVE_INFINITY;
    this.#wakeMs = undefined;
    const open = this.#open === undefined ? [] : [this.#open];
    this.#events.length = 0;
    this.#events.push(...startAgain(this.#start, kept));
    // What is begun anew ends before the rest is given.
    this.#onResumed = () => this.#events.push(...left, ...open);
  }

  #compareKept(given: Uint8Array): void {
    const { kept } = this.#core;
    assert.equal(kept.length, given.length);
    const changed = kept.filter((byte, at) => byte !== given[at]).length;
    this.changedAtStart = Math.max(this.changedAtStart, changed);
  }

  /** The answers since they were last taken. */
  takeAnswers(): Answer[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  #post(event: CoreEvent): void {
    const held = this.#held.get(event.kind);
    (held ?? this.#events).push(event);
  }

  /** A word of the changer. */
  word(kind: number, fields: Partial<CoreEvent>): void {
    this.#give(Object.assign(coreEvent(ev.EV_WORD), { a: kind, b: 1, ...fields }));
  }

  /** Gives an event, and does what the core asks for until it asks for nothing any more. */
  #give(event: CoreEvent): void {
    this.#events.push(event);
    for (let wakes = 0; wakes < WAKE_COUNT_MAX; wakes += 1) {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        if (this.#stepsLeft === 0) {
          this.#takeOver(next);
          continue;
        }
        this.#stepsLeft -= 1;
        const trap = this.#core.step(next, this.#nowMs, (given) => this.#execute(given));
        assert.equal(trap, undefined);
        if (next.kind === ev.EV_START && this.#given !== undefined) {
          this.#compareKept(this.#given);
        }
      }
      if (this.#wakeMs === undefined || this.timeStands) {
        return;
      }
      this.#nowMs = Math.max(this.#nowMs, this.#wakeMs);
      this.#wakeMs = undefined;
      this.#events.push(coreEvent(ev.EV_TIME));
    }
    assert.fail("the core wants to be woken without end");
  }

  readonly #handlers = new Map<number, (given: ActionReader) => unknown>([
    [action.AC_RECEIVE, (given) => this.#receive(given)],
    [action.AC_REPLY, (given) => this.#reply(given)],
    [action.AC_PUT, (given) => this.memory.fill(given.b, given.params, given.yLow)],
    [action.AC_DEVICE, (given) => this.#device(given)],
    [action.AC_CONTROL, (given) => this.#post(coreEvent(ev.EV_DEVICE_DONE, given.tag))],
    [action.AC_RING_WRITE, (given) => this.#ringDone(given.tag, this.memory.write(given))],
    [action.AC_RING_FLUSH, (given) => this.#ringDone(given.tag, {})],
    [action.AC_RING_READ, (given) => this.#ringDone(given.tag, this.memory.read(given))],
    [action.AC_RING_LOAD, (given) => this.#ringDone(given.tag, this.memory.load(given))],
    [action.AC_RING_LOST, () => this.#ringLost()],
    [action.AC_WAKE, (given) => this.#wake(given.x)],
    [action.AC_WORD, (given) => this.words.push([given.a, given.c, given.d])],
    [action.AC_STARTED, (given) => this.#started(given.a)],
    [action.AC_RESUMED, (given) => this.#resumed(given.a)],
  ]);

  #execute(given: ActionReader): void {
    this.#handlers.get(given.kind)?.(given);
  }

  #wake(atMs: number): void {
    this.#wakeMs = atMs;
  }

  #ringLost(): void {
    this.ringLostCount += 1;
  }

  #started(code: number): void {
    assert.equal(code, 0);
    this.isStarted = true;
  }

  #resumed(code: number): void {
    assert.equal(code, 0);
    this.#onResumed();
  }

  #receive(given: ActionReader): void {
    const { tag, a: bytes, d: where, x: offset } = given;
    const isProtected = where === action.TO_PROTECTED;
    const sentBytes = isProtected ? bytesWithWords(bytes, given.b) : bytes;
    assert.ok(sentBytes <= this.#dataOut.length, "it receives more than the server sends");
    this.receivedCount += 1;
    const data = isProtected ? Buffer.alloc(bytes) : this.#dataOut.subarray(0, bytes);
    const c = isProtected ? takeWords(this.#dataOut, data, given.b) : 0;
    const event = Object.assign(coreEvent(ev.EV_DATA, tag), { a: bytes, b: crcOf(data), c });
    if (where === action.TO_PARAM) {
      event.params = data;
    } else {
      this.memory.ring.set(data, offset);
    }
    this.#post(event);
  }

  #reply(given: ActionReader): void {
    const { a: status, b: senseBytes, c: bytes, d: from, f: buffer } = given;
    const params = Uint8Array.from(given.params);
    const inBuffer = this.memory.inBuffer(buffer, bytes);
    const inParams = params.subarray(senseBytes, senseBytes + bytes);
    const data = from === action.FROM_BUFFER ? Uint8Array.from(inBuffer) : inParams;
    assert.equal(data.length, from === action.FROM_NONE ? 0 : bytes);
    assert.equal(given.tag, this.#taskCount);
    this.#open = undefined;
    this.#answers.push({ status, sense: params.subarray(0, senseBytes), data });
  }

  #device(given: ActionReader): void {
    const { tag, b: direction, c: bytes, e: seed, x } = given;
    const params = Uint8Array.from(given.params);
    const from = x + given.yLow;
    const extent = this.memory.ring.subarray(from, from + bytes);
    const isExtent = direction === action.DIRECTION_OUT_EXTENT;
    const cdb = params.subarray(0, given.f);
    this.onDevice(cdb, given.d);
    const answer = this.drive.execute(cdb, isExtent ? extent : params.subarray(16));
    const data = answer.data.subarray(0, bytes);
    const event = coreEvent(ev.EV_DEVICE_DONE, tag);
    const a = this.isDriveLost ? ev.RESULT_LOST : ev.RESULT_ANSWERED;
    Object.assign(event, { a, b: answer.status, c: bytes - data.length, d: data.length });
    const sense = Buffer.alloc(64);
    sense.set(answer.sense);
    event.params = sense;
    if (direction === action.DIRECTION_IN_PARAM) {
      event.params = Buffer.concat([sense, data]);
    } else if (direction === action.DIRECTION_IN_BUFFER) {
      this.memory.fill(given.yLow, data, x);
      event.e = crcOf(data, seed);
    }
    this.#post(event);
  }

  #ringDone(tag: number, fields: RingEnd): void {
    this.#post(Object.assign(coreEvent(ev.EV_RING_DONE, tag), fields));
  }
}
