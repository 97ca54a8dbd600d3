/**
 * What the tests of the practice library share: a library in a temporary folder, clocks that tests
 * move, and commands sent through the LogicalUnit port. Decides nothing about what is right.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Nexus, TargetTask } from "../../host/lib/logical-unit.ts";
import type { Clock } from "../../tools/practice-library/clock.ts";
import { GENERATIONS } from "../../tools/practice-library/generation.ts";
import type { LibraryOrder } from "../../tools/practice-library/library.ts";
import { PracticeLibrary } from "../../tools/practice-library/library.ts";

export const SLOT = 0x1000;
export const DRIVE = 0x0100;
export const IMPORT = 0x0010;

/** A clock on which every wait is over at once, and time passes by as much. */
export function leapingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    wait: (ms) => {
      now += Math.max(0, ms);
      return Promise.resolve();
    },
  };
}

/** A clock that stands until somebody moves it. */
export class ManualClock implements Clock {
  #now = 0;
  #isRunning = false;
  #waits: { until: number; go: () => void }[] = [];
  #watchers: (() => void)[] = [];

  now(): number {
    return this.#now;
  }

  wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#isRunning) {
      return Promise.resolve();
    }
    const waited = new Promise<void>((go) => {
      this.#waits.push({ until: this.#now + ms, go });
    });
    for (const watcher of this.#watchers.splice(0)) {
      watcher();
    }
    return waited;
  }

  /** Fulfilled as soon as somebody waits. */
  someoneWaits(): Promise<void> {
    return this.#waits.length > 0
      ? Promise.resolve()
      : new Promise((watcher) => {
          this.#watchers.push(watcher);
        });
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#waits.filter(({ until }) => until <= this.#now);
    this.#waits = this.#waits.filter(({ until }) => until > this.#now);
    for (const { go } of due) {
      go();
    }
  }

  /** Moves to the next time for which somebody waits. */
  advanceToNext(): void {
    this.advance(Math.min(...this.#waits.map(({ until }) => until)) - this.#now);
  }

  /** From now on nobody waits: the test is over. */
  run(): void {
    this.#isRunning = true;
    this.advance(Number.MAX_SAFE_INTEGER);
  }
}

const cleanUps = new WeakMap<TestContext, (() => Promise<void> | void)[]>();

/** Runs `job` when the test is over, the last one first. */
export function atEnd(t: TestContext, job: () => Promise<void> | void): void {
  const standing = cleanUps.get(t);
  if (standing !== undefined) {
    standing.push(job);
    return;
  }
  const jobs = [job];
  cleanUps.set(t, jobs);
  t.after(async () => {
    for (const one of jobs.reverse()) {
      await one();
    }
  });
}

/** A folder that goes away with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "practice-"));
  atEnd(t, () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a command ended with. */
export interface Outcome {
  readonly status: number;
  /** "3/0C/00", "" without sense data. */
  readonly sense: string;
  /** "F" filemark, "E" end of medium, "I" incorrect length, "D" deferred. */
  readonly flags: string;
  /** INFORMATION as a signed number, undefined where VALID is zero. */
  readonly information: number | undefined;
  readonly senseData: Buffer;
  readonly dataIn: Buffer;
  readonly wantedBytes: number | undefined;
}

/** A command as a test gives it. */
export interface Order {
  readonly out?: Uint8Array;
  readonly inBytes?: number;
  readonly nexus?: Nexus;
}

const CDB_BYTES = 16;
let lastTaskId = 0;
let lastNexusId = 0;

export function newNexus(name = "iqn.2026-11.com.example:server"): Nexus {
  lastNexusId += 1;
  return { id: lastNexusId, initiatorName: name, isid: "00023d000001" };
}

function outcomeOf(answer: Parameters<TargetTask["reply"]>[0]): Outcome {
  const sense = Buffer.from(answer.sense ?? []);
  const hex = (at: number) => sense.readUInt8(at).toString(16).toUpperCase().padStart(2, "0");
  const hasSense = sense.length >= 18;
  const bits = hasSense ? sense.readUInt8(2) : 0;
  const code = hasSense ? sense.readUInt8(0) : 0;
  const key = (bits & 0x0f).toString(16).toUpperCase();
  const names: [boolean, string][] = [
    [(bits & 0x80) !== 0, "F"],
    [(bits & 0x40) !== 0, "E"],
    [(bits & 0x20) !== 0, "I"],
    [(code & 0x7f) === 0x71, "D"],
  ];
  return {
    status: answer.status,
    sense: hasSense ? `${key}/${hex(12)}/${hex(13)}` : "",
    flags: names.map(([isSet, name]) => (isSet ? name : "")).join(""),
    information: hasSense && (code & 0x80) !== 0 ? sense.readInt32BE(3) : undefined,
    senseData: sense,
    dataIn: Buffer.from(answer.dataIn ?? []),
    wantedBytes: answer.wantedBytes,
  };
}

/** A library under test, and one nexus whose first unit attentions are already read. */
export class Bench {
  readonly library: PracticeLibrary;
  readonly folder: string;
  readonly nexus = newNexus();
  /** Logical unit numbers whose connections a fault cut. */
  readonly cut: number[] = [];
  readonly logged: string[] = [];

  private constructor(folder: string, clock: Clock, order: Partial<LibraryOrder>) {
    this.folder = folder;
    this.library = PracticeLibrary.open(orderFor(folder, order), {
      clock,
      disconnect: (lun) => this.cut.push(lun),
      log: (message) => this.logged.push(message),
    });
  }

  static async open(
    t: TestContext,
    order: Partial<LibraryOrder> = {},
    clock: Clock = leapingClock(),
    folder = temporaryFolder(t),
  ): Promise<Bench> {
    const bench = new Bench(folder, clock, order);
    atEnd(t, () => {
      if (clock instanceof ManualClock) {
        clock.run();
      }
      return bench.library.close();
    });
    bench.establish(bench.nexus);
    for (const lun of bench.library.units.keys()) {
      await bench.send(lun, [0x00]);
    }
    return bench;
  }

  /** Tells every unit of a nexus. */
  establish(nexus: Nexus): void {
    for (const unit of this.library.units.values()) {
      unit.nexus(nexus, "established");
    }
  }

  /** Starts a command; the outcome comes when it is answered. */
  start(lun: number, cdb: readonly number[], order: Order = {}) {
    const unit = this.library.units.get(lun) ?? this.library.wellKnown;
    const out = Buffer.from(order.out ?? []);
    lastTaskId += 1;
    let answered: (outcome: Outcome) => void = () => undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      answered = resolve;
    });
    const task: TargetTask = {
      id: lastTaskId,
      nexus: order.nexus ?? this.nexus,
      cdb: Buffer.concat([Buffer.from(cdb), Buffer.alloc(CDB_BYTES - cdb.length)]),
      dataOutBytes: out.length,
      dataInBytes: order.inBytes ?? 0,
      receive: (into, done) => {
        out.copy(into);
        done();
      },
      reply: (answer) => answered(outcomeOf(answer)),
    };
    unit.command(task);
    return { task, unit, outcome };
  }

  send(lun: number, cdb: readonly number[], order: Order = {}): Promise<Outcome> {
    return this.start(lun, cdb, order).outcome;
  }

  /** Puts the cartridge of a slot (0 first) into a drive (1 first), ready and told of. */
  async mount(slot: number, drive: number): Promise<void> {
    await this.move(SLOT + slot, DRIVE + drive - 1);
    await this.send(drive, [0x1b, 0, 0, 0, 1]);
    await this.send(drive, [0x00]);
    await this.send(drive, [0x00]);
  }

  move(from: number, to: number): Promise<Outcome> {
    const bytes = [from >> 8, from & 0xff, to >> 8, to & 0xff];
    return this.send(0, [0xa5, 0, 0, 0, ...bytes]);
  }

  write(drive: number, data: Uint8Array): Promise<Outcome> {
    return this.send(drive, [0x0a, 0, ...u24(data.length)], { out: data });
  }

  read(drive: number, bytes: number, flags = 0): Promise<Outcome> {
    return this.send(drive, [0x08, flags, ...u24(bytes)], { inBytes: bytes });
  }

  filemarks(drive: number, count: number, flags = 0): Promise<Outcome> {
    return this.send(drive, [0x10, flags, ...u24(count)]);
  }

  /** Fulfilled when the drive has dealt with every command so far, answered or not. */
  async idle(drive: number): Promise<void> {
    await this.library.drives[drive - 1]?.turnstile.run(() => Promise.resolve());
  }

  rewind(drive: number): Promise<Outcome> {
    return this.send(drive, [0x01]);
  }

  /** Object number, filemarks in front, and objects in the buffer. */
  async position(drive: number): Promise<[number, number, number]> {
    const long = (await this.send(drive, [0x34, 6], { inBytes: 32 })).dataIn;
    const short = (await this.send(drive, [0x34, 0], { inBytes: 20 })).dataIn;
    const [object, file] = [8, 16].map((at) => Number(long.readBigUInt64BE(at)));
    return [object ?? -1, file ?? -1, short.readUIntBE(13, 3)];
  }

  /** TapeAlert flags that are set. */
  async alerts(drive: number): Promise<number[]> {
    const { dataIn } = await this.send(drive, [0x4d, 0, 0x2e, 0, 0, 0, 0, 2, 0], { inBytes: 512 });
    const flags = Array.from({ length: 64 }, (_, index) => index + 1);
    return flags.filter((flag) => dataIn.readUInt8(4 + (flag - 1) * 5 + 4) === 1);
  }
}

function orderFor(directory: string, order: Partial<LibraryOrder>): LibraryOrder {
  const generation = GENERATIONS.find(({ name }) => name === "LTO-9");
  if (generation === undefined) {
    throw new Error("LTO-9 is gone from the table");
  }
  return {
    directory,
    drives: 2,
    slots: 6,
    importExport: 2,
    cartridges: 3,
    capacityBytes: 64 * 1024 * 1024,
    generation,
    rate: undefined,
    moveMs: 50,
    loadMs: 50,
    ...order,
  };
}

export function u24(value: number): number[] {
  return [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}

/** Status and sense in one word, for tables: "GOOD", "8/00/05", "0/00/01 F 3". */
export function word({ status, sense, flags, information }: Outcome): string {
  if (status === 0) {
    return "GOOD";
  }
  const more = [flags, information === undefined ? "" : String(information)];
  return [sense === "" ? `status ${status}` : sense, ...more.filter(Boolean)].join(" ");
}

/** A record whose bytes say who it is. */
export function record(bytes: number, seed = 0): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7 + seed) & 0xff));
}
