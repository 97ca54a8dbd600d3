/**
 * A changer's core with a model library behind it, lanes that answer at once and a server. Effects of
 * actions happen one at a time, in order (`turn`), so that a test can stop anywhere and start again from
 * the last journal and the library as it is.
 */
import {
  AC_CONTROL,
  AC_DEVICE,
  AC_JOURNAL,
  AC_LOG,
  AC_RECEIVE,
  AC_REPLY,
  AC_RESUMED,
  AC_STARTED,
  AC_STOPPED,
  AC_WAKE,
  AC_WORD,
  WAKE_IDLE,
} from "../../assembly/spec/action.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE,
  EV_DEVICE_DONE,
  EV_JOURNAL_DONE,
  EV_START,
  EV_TIME,
  EV_WORD,
} from "../../assembly/spec/event.ts";
import {
  SPARE_MEDIA_DEFAULT,
  WORD_MOUNT,
  WORD_MOUNTED,
  WORD_RELEASE,
  WORD_RELEASED,
} from "../../assembly/spec/word.ts";
import type { ActionReader } from "../../host/core/action-reader.ts";
import { Core } from "../../host/core/core.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import { HeldEvents, startAgain } from "../../host/lane/succession.ts";
import { freshCore } from "../core/fresh-core.ts";
import type { ModelLibrary } from "./model-library.ts";

const DEVICE_ROBOT = 255;
const TURNS_MAX = 10_000;

/** An action, its parameter bytes copied. */
export interface Action {
  readonly kind: number;
  readonly tag: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly x: number;
  readonly params: Buffer;
}

/** What the server got. */
export interface Reply {
  readonly status: number;
  readonly sense: Buffer;
  readonly data: Buffer;
  readonly wanted: number;
}

/** How a bench is set up. */
export interface Setup {
  readonly library: ModelLibrary;
  readonly lanes: number;
  /** Spare media by tag; undefined: the default. */
  readonly spares?: readonly string[];
  readonly journal?: Buffer;
}

function text(value: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, " ").fill(value, 0, Math.min(value.length, bytes), "latin1");
}
/** Standard INQUIRY data, then the serial number: the parameters of EV_DEVICE. */
function identity(type: number, vendor: string, product: string, serial: string): Buffer {
  const head = Buffer.from([type, 0x80, 5, 2, 31, 0, 0, 0]);
  const name = [text(vendor, 8), text(product, 16), text("0001", 4)];
  return Buffer.concat([head, ...name, text(serial, 32)]);
}
function words16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, index * 2);
  return bytes;
}

/** The bench; `create` loads the core, `start` runs it until it has started. */
export class Bench {
  readonly library: ModelLibrary;
  core: Core;
  readonly setup: Setup;
  readonly replies = new Map<number, Reply>();
  readonly words: Action[] = [];
  readonly logs: Action[] = [];
  readonly pending: Action[] = [];
  journal: Buffer;
  started: number | undefined;
  stopped = false;
  /** What instances that took over said: 0. */
  readonly resumed: number[] = [];
  /** Lanes that do not answer WORD_MOUNT and WORD_RELEASE by themselves. */
  readonly silent = new Set<number>();
  /** Answers robot commands with this result (RESULT_*) as often as it says. */
  robotResult = { result: 0, times: 0 };
  /** Serial numbers of the drives in the order of the host's device numbers. */
  drives: string[];
  nowMs = 1000;
  wakeMs: number | undefined;
  /** Nothing waits for that time. */
  isIdle = false;
  #task = 0;
  /** Data-out of commands. */
  readonly #out = new Map<number, Buffer>();

  /** Commands that are not answered, by task. */
  readonly #open = new Map<number, CoreEvent>();
  #start: CoreEvent | undefined;

  private constructor(core: Core, setup: Setup) {
    this.core = core;
    this.setup = setup;
    this.library = setup.library;
    this.drives = setup.library.places.flatMap(({ serial }) => serial ?? []);
    this.journal = setup.journal ?? Buffer.alloc(0);
  }

  static async create(setup: Setup): Promise<Bench> {
    return new Bench(new Core(await freshCore()), setup);
  }

  static async started(setup: Setup): Promise<Bench> {
    const bench = await Bench.create(setup);
    bench.begin();
    bench.run();
    return bench;
  }

  /** The same library, from the last journal: what a restart makes of it. */
  async restart(): Promise<Bench> {
    return await Bench.create({ ...this.setup, journal: this.journal });
  }

  /** EV_START and all EV_DEVICE; the rest happens in turns. */
  begin(): void {
    const { lanes, spares } = this.setup;
    const count = spares?.length ?? SPARE_MEDIA_DEFAULT;
    const params = Buffer.concat([
      words16(lanes, this.drives.length, this.journal.length, count),
      ...(spares ?? []).map((tag) => text(tag, 32)),
      ...this.drives.map((serial) => text(serial, 32)),
      ...Array.from({ length: lanes }, (_, lane) => text(`LANE${lane + 1}`, 16)),
      this.journal,
    ]);
    this.#start = { ...coreEvent(EV_START), a: 2, c: this.drives.length, d: lanes, params };
    this.send(this.#start);
    for (const [device, serial] of this.drives.entries()) {
      const about = identity(1, "ACME", "TAPE", serial);
      this.send({ ...coreEvent(EV_DEVICE), a: device, b: 1, params: about });
    }
    const robot = identity(8, "ACME", "LIBRARY", "ROBOT001");
    this.send({ ...coreEvent(EV_DEVICE), a: DEVICE_ROBOT, b: 1, params: robot });
  }

  send(event: CoreEvent): void {
    const trap = this.core.step(event, this.nowMs, (action) => this.#keep(action));
    if (trap !== undefined) throw new Error(`the core trapped: ${trap.trap}`);
  }

  /** The core traps on an event: another instance takes over, and gets what the host gives one. */
  async trap(event: CoreEvent): Promise<void> {
    const { kept } = this.core;
    if (this.#start === undefined) throw new Error("not before the start");
    this.core = new Core(await freshCore());
    for (const one of startAgain(this.#start, kept)) this.send(one);
    const answered = new Set(this.pending.map(({ kind, tag }) => (kind === AC_REPLY ? tag : -1)));
    for (const one of this.#open.values()) if (!answered.has(one.tag)) this.send(one);
    const held = new HeldEvents();
    held.hold(event);
    for (const one of held.take()) this.send(one);
  }

  #keep(action: ActionReader): void {
    const { kind, tag, a, b, c, d, e, x } = action;
    this.pending.push({ kind, tag, a, b, c, d, e, x, params: Buffer.from(action.params) });
  }

  /** The effect of one action; false: nothing is left to happen. */
  turn(): boolean {
    const action = this.pending.shift();
    if (action === undefined) return this.#sleep();
    switch (action.kind) {
      case AC_DEVICE:
        this.#device(action);
        break;
      case AC_CONTROL:
        this.send(coreEvent(EV_DEVICE_DONE, action.tag));
        break;
      case AC_JOURNAL:
        this.journal = action.params;
        this.send(coreEvent(EV_JOURNAL_DONE, action.tag));
        break;
      case AC_RECEIVE:
        this.#receive(action);
        break;
      case AC_REPLY:
        this.#reply(action);
        break;
      case AC_WAKE:
        this.wakeMs = action.x;
        this.isIdle = action.a === WAKE_IDLE;
        break;
      default:
        this.#note(action);
    }
    return true;
  }
  #note(action: Action): void {
    if (action.kind === AC_WORD) this.#word(action);
    else if (action.kind === AC_LOG) this.logs.push(action);
    else if (action.kind === AC_STARTED) this.started = action.a;
    else if (action.kind === AC_STOPPED) this.stopped = true;
    else if (action.kind === AC_RESUMED) this.resumed.push(action.a);
    else throw new Error(`unexpected action ${action.kind}`);
  }

  #sleep(): boolean {
    if (this.wakeMs === undefined || this.isIdle) return false;
    this.tick();
    return true;
  }
  /** The time comes that the core wants. */
  tick(): void {
    if (this.wakeMs === undefined) throw new Error("it wants no time");
    this.nowMs = Math.max(this.nowMs, this.wakeMs);
    this.wakeMs = undefined;
    this.send(coreEvent(EV_TIME));
  }
  #device(action: Action): void {
    if (action.a !== DEVICE_ROBOT) throw new Error(`a command to device ${action.a}`);
    const done = coreEvent(EV_DEVICE_DONE, action.tag);
    if (this.robotResult.times > 0) {
      this.robotResult.times -= 1;
      this.send({ ...done, a: this.robotResult.result, params: Buffer.alloc(64) });
      return;
    }
    const answer = this.library.command(action.params);
    const params = Buffer.concat([
      answer.sense,
      Buffer.alloc(64 - answer.sense.length),
      answer.data,
    ]);
    const result = answer.result ?? 0;
    this.send({ ...done, a: result, b: answer.status, d: answer.data.length, params });
  }
  #receive(action: Action): void {
    const out = this.#out.get(action.tag) ?? Buffer.alloc(0);
    this.send({
      ...coreEvent(EV_DATA, action.tag),
      a: action.a,
      params: out.subarray(0, action.a),
    });
  }
  #reply(action: Action): void {
    this.#open.delete(action.tag);
    if (this.replies.has(action.tag)) throw new Error(`task ${action.tag} answered twice`);
    this.replies.set(action.tag, {
      status: action.a,
      sense: action.params.subarray(0, action.b),
      data: action.params.subarray(action.b, action.b + action.c),
      wanted: action.e,
    });
  }
  #word(action: Action): void {
    this.words.push(action);
    if (this.silent.has(action.b)) return;
    if (action.a === WORD_MOUNT) this.word(WORD_MOUNTED, action.b);
    if (action.a === WORD_RELEASE) this.word(WORD_RELEASED, action.b);
  }

  /** Lets everything happen that needs no time to pass. */
  settle(): void {
    while (this.pending.length > 0) this.turn();
  }
  /** Lets everything happen, time too, until the core waits for somebody. */
  run(): void {
    for (let turns = 0; this.turn(); turns += 1) {
      if (turns > TURNS_MAX) throw new Error("it never ends");
    }
  }

  /** A word of a lane. */
  word(kind: number, lane: number, c = 0, d = 0, params?: Buffer): void {
    this.send({ ...coreEvent(EV_WORD), a: kind, b: lane, c, d, params });
  }
  /** The last word of a kind to a lane. */
  lastWord(kind: number, lane: number): Action | undefined {
    return this.words.findLast((word) => word.a === kind && word.b === lane);
  }

  /** Sends a command; its task number. */
  command(
    cdb: readonly number[],
    nexus = 1,
    expected = 0x10000,
    out: Buffer = Buffer.alloc(0),
  ): number {
    this.#task += 1;
    this.#out.set(this.#task, out);
    const params = Buffer.concat([Buffer.from(cdb), Buffer.alloc(16 - cdb.length)]);
    const command = coreEvent(EV_COMMAND, this.#task);
    Object.assign(command, { a: nexus, b: out.length, c: expected, params });
    this.#open.set(this.#task, command);
    this.send(command);
    return this.#task;
  }
  /** Sends a command that is answered in its step, and lets nothing else happen; its answer. */
  look(cdb: readonly number[], nexus = 1): Reply {
    const task = this.command(cdb, nexus);
    const index = this.pending.findIndex(({ kind, tag }) => kind === AC_REPLY && tag === task);
    const [reply] = index < 0 ? [] : this.pending.splice(index, 1);
    if (reply === undefined) throw new Error(`no answer to ${Buffer.from(cdb).toString("hex")}`);
    this.#reply(reply);
    return this.replies.get(task) as Reply;
  }
  /** Sends a command and lets everything happen; its answer. */
  ask(cdb: readonly number[], nexus = 1, expected = 0x10000, out: Buffer = Buffer.alloc(0)): Reply {
    const task = this.command(cdb, nexus, expected, out);
    this.settle();
    while (!this.replies.has(task) && this.turn());
    const reply = this.replies.get(task);
    if (reply === undefined) throw new Error(`no answer to ${Buffer.from(cdb).toString("hex")}`);
    return reply;
  }
}

/** MOVE MEDIUM. */
export function moveCdb(from: number, to: number): number[] {
  return [0xa5, 0, 0, 1, from >> 8, from & 0xff, to >> 8, to & 0xff, 0, 0, 0, 0];
}
/** "5/3b0d" of fixed format sense data, "good" of GOOD. */
export function outcome(reply: Reply): string {
  if (reply.status === 0) return "good";
  if (reply.status !== 2) return `status ${reply.status}`;
  return `${reply.sense.readUInt8(2)}/${reply.sense.readUInt16BE(12).toString(16).padStart(4, "0")}`;
}

/** An element as the server sees it. */
export interface Seen {
  readonly type: number;
  readonly address: number;
  /** Byte 2 of the descriptor. */
  readonly flags: number;
  readonly tag: string | undefined;
  readonly source: number | undefined;
  readonly device: string;
}
/** Everything the server sees, by READ ELEMENT STATUS with volume tags and device identifiers. */
export function seen(bench: Bench, nexus = 1): Seen[] {
  const { data } = bench.look([0xb8, 0x10, 0, 0, 0xff, 0xff, 1, 0, 0xff, 0xff, 0, 0], nexus);
  const all: Seen[] = [];
  let page = 8;
  while (page < data.length) {
    const bytes = data.readUInt16BE(page + 2);
    const end = page + 8 + data.readUIntBE(page + 5, 3);
    for (let at = page + 8; at < end; at += bytes) {
      all.push(descriptor(data.readUInt8(page), data.subarray(at, at + bytes)));
    }
    page = end;
  }
  return all;
}
function descriptor(type: number, bytes: Buffer): Seen {
  const full = (bytes.readUInt8(2) & 1) !== 0;
  const valid = (bytes.readUInt8(9) & 0x80) !== 0;
  return {
    type,
    address: bytes.readUInt16BE(0),
    flags: bytes.readUInt8(2),
    tag: full ? bytes.toString("latin1", 12, 44).trimEnd() : undefined,
    source: valid ? bytes.readUInt16BE(10) : undefined,
    device: bytes.subarray(52).toString("latin1"),
  };
}
