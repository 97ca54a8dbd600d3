/**
 * A bridge of cores and nothing else: a changer and two lanes that speak with each other, a library, a
 * server that sends random commands, faults, restarts. Decides which event comes next: one a turn.
 * Invariant: seed and weather decide everything; the cores' answers are the only other input.
 */

import {
  DEVICE_ROBOT,
  RECORD_BYTES_MAX,
  ROLE_CHANGER,
  ROLE_LANE,
} from "../../assembly/spec/abi.ts";
import * as ev from "../../assembly/spec/event.ts";
import {
  PAD_AUTO,
  START_COPY_PERCENT,
  START_COPY_WAIT_MS,
  START_HEADER_MARKS,
  START_LANE_BYTES,
  START_PAD,
} from "../../assembly/spec/lane-start.ts";
import { SHOW_FLAGS } from "../../assembly/spec/show.ts";
import { SPARE_MEDIA_DEFAULT } from "../../assembly/spec/word.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import type { Weather } from "./faults.ts";
import {
  ModelCore,
  type Remains,
  RING_BYTES,
  recordPool,
  type Surroundings,
} from "./model-core.ts";
import { ModelDevices } from "./model-devices.ts";
import type { Random } from "./random.ts";
import { changerCommand, DRIVES, laneCommand } from "./server-commands.ts";
import type { Twin } from "./twin.ts";
import { WildEvents } from "./wild.ts";

export const LANES = 2;
const COPY_WAIT_MS = 120_000;
const DRIVE_TIMEOUT_MS = 10_000;
const NEXUSES = 3;
const INQUIRY_BYTES = 36;
const STOP_TURNS_MAX = 400;
const JUMP_MS = 5000;
/** How often something is done that leads nowhere now. */
const DULL_ONE_IN = 20;

/** A core trapped. */
export interface Trap {
  readonly core: string;
  readonly event: string;
  /** A wild event came before: the core need not stand it. */
  readonly isProvoked: boolean;
}

/** Buffers that all bridges of a process use one after the other. */
const BUFFERS = Array.from({ length: 2 * LANES }, () => Buffer.alloc(RECORD_BYTES_MAX));

/** What is left of a bridge when its cores end. */
export class Site {
  readonly devices: ModelDevices;
  readonly remains: readonly Remains[];
  readonly pool: Buffer;

  constructor(random: Random, weather: Weather) {
    this.devices = new ModelDevices(random, weather);
    this.pool = recordPool(random);
    this.remains = Array.from({ length: LANES + 1 }, (_, lane) => ({
      ring: Buffer.alloc(lane === 0 ? 0 : RING_BYTES),
      journal: Buffer.alloc(0),
    }));
  }
}

function text(value: string, bytes: number): Buffer {
  return Buffer.from(value.padEnd(bytes).slice(0, bytes), "latin1");
}

function inquiry(type: number, product: string): Buffer {
  const head = Buffer.from([type, 0x80, 5, 2, 31, 0, 0, 0]);
  return Buffer.concat([head, text("ACME", 8), text(product, 16), text("0001", 4)]);
}

/** The bridge. */
export class ModelBridge {
  readonly cores: readonly ModelCore[];
  nowMs = 1000;
  stallCount = 0;
  readonly #random: Random;
  readonly #weather: Weather;
  readonly #site: Site;
  readonly #wild: WildEvents;
  /** First events of each core, and what must come in order. */
  readonly #first: { readonly core: ModelCore; readonly event: CoreEvent }[] = [];
  #taskCount = 0;
  #isProvoked = false;
  #stopTurns: number | undefined;

  /** `twins`: fresh cores, the changer's first. */
  constructor(random: Random, weather: Weather, site: Site, twins: readonly Twin[]) {
    this.#random = random;
    this.#weather = weather;
    this.#site = site;
    this.#wild = new WildEvents(random);
    const around: Surroundings = {
      random,
      weather,
      devices: site.devices,
      pool: site.pool,
      carry: (from, event) => this.#carry(from, event),
    };
    this.cores = twins.map((twin, lane) => {
      const remains = site.remains[lane];
      if (remains === undefined) {
        throw new Error(`there is no site for core ${lane}`);
      }
      return new ModelCore(lane, twin, remains, around, BUFFERS.slice((lane - 1) * 2, lane * 2));
    });
    this.#begin();
  }

  /** It could not start; or OPERATOR_STOP was given and everybody has stopped or had time enough. */
  get isOver(): boolean {
    if (this.cores.some(({ hasNotStarted }) => hasNotStarted)) {
      return true;
    }
    if (this.#stopTurns === undefined) {
      return false;
    }
    return this.#stopTurns > STOP_TURNS_MAX || this.cores.every(({ isStopped }) => isStopped);
  }

  /** One event into one core; a trap, where it trapped. Throws Difference, and Error for a breach. */
  turn(): Trap | undefined {
    const random = this.#random;
    this.#stopTurns = this.#stopTurns === undefined ? undefined : this.#stopTurns + 1;
    if (this.#weather.wild > 0 && this.#first.length === 0 && random.oneIn(this.#weather.wild)) {
      return this.#giveWild(random.pick(this.cores));
    }
    const first = this.#first.shift();
    if (first !== undefined) {
      return this.#give(first.core, first.event);
    }
    const core = this.#chosen();
    return this.#give(core, this.#next(core));
  }

  /** Whose turn it is: lanes with a cartridge mostly, so that the stream gets deep. */
  #chosen(): ModelCore {
    const random = this.#random;
    const core = random.pick(this.cores);
    const isBusy = core.hasPending || core.inbox.length > 0 || isLoaded(core.twin.show);
    const isWanted = core.lane === 0 && !this.cores.some(({ twin }) => isLoaded(twin.show));
    return isBusy || isWanted || random.oneIn(DULL_ONE_IN) ? core : random.pick(this.cores);
  }

  /** Everybody is asked to stop. */
  stop(): void {
    this.#stopTurns = 0;
    for (const core of this.cores) {
      const event = Object.assign(coreEvent(ev.EV_OPERATOR), { a: ev.OPERATOR_STOP });
      this.#first.push({ core, event });
    }
  }

  #begin(): void {
    for (const core of this.cores) {
      const event = core.lane === 0 ? this.#changerStart(core) : this.#laneStart(core);
      this.#first.push({ core, event });
    }
    for (const core of this.cores) {
      const devices = Array.from({ length: DRIVES }, (_, device) => device);
      for (const device of core.lane === 0 ? [...devices, DEVICE_ROBOT] : devices) {
        this.#first.push({ core, event: this.#device(device) });
      }
      for (let nexus = 1; nexus <= NEXUSES; nexus += 1) {
        this.#first.push({ core, event: nexusEvent(nexus, ev.NEXUS_ESTABLISHED) });
      }
    }
  }

  #laneStart(core: ModelCore): CoreEvent {
    const event = coreEvent(ev.EV_START);
    Object.assign(event, { a: ROLE_LANE, b: core.lane, c: DRIVES, d: LANES, e: DRIVE_TIMEOUT_MS });
    event.x = RING_BYTES;
    event.y = this.#random.word();
    const copying = Buffer.alloc(START_LANE_BYTES - START_HEADER_MARKS);
    copying.writeUInt16LE(this.#random.below(3), 0);
    copying.writeUInt16LE(this.#random.pick([0, 50, 100]), START_COPY_PERCENT - START_HEADER_MARKS);
    copying.writeUInt32LE(COPY_WAIT_MS, START_COPY_WAIT_MS - START_HEADER_MARKS);
    copying.writeUInt32LE(this.#random.pick([0, 100, PAD_AUTO]), START_PAD - START_HEADER_MARKS);
    event.params = Buffer.concat([text(`LANE${core.lane}`, 16), inquiry(1, "TAPE"), copying]);
    return event;
  }

  #changerStart(core: ModelCore): CoreEvent {
    const event = coreEvent(ev.EV_START);
    Object.assign(event, { a: ROLE_CHANGER, c: DRIVES, d: LANES, e: DRIVE_TIMEOUT_MS });
    const { journal } = core.remains;
    const header = Buffer.alloc(8);
    header.writeUInt16LE(LANES, 0);
    header.writeUInt16LE(DRIVES, 2);
    header.writeUInt16LE(journal.length, 4);
    header.writeUInt16LE(SPARE_MEDIA_DEFAULT, 6);
    event.params = Buffer.concat([
      header,
      ...Array.from({ length: DRIVES }, (_, drive) => text(this.#site.devices.serial(drive), 32)),
      ...Array.from({ length: LANES }, (_, lane) => text(`LANE${lane + 1}`, 16)),
      journal,
    ]);
    return event;
  }

  #device(device: number): CoreEvent {
    const event = coreEvent(ev.EV_DEVICE);
    const isRobot = device === DEVICE_ROBOT;
    const serial = isRobot ? "ROBOT001" : this.#site.devices.serial(device);
    const about = isRobot ? inquiry(8, "LIBRARY") : inquiry(1, "TAPE");
    Object.assign(event, { a: device, b: 1 });
    event.params = Buffer.concat([about.subarray(0, INQUIRY_BYTES), text(serial, 32)]);
    return event;
  }

  #carry(from: number, event: CoreEvent): void {
    const to = from === 0 ? event.b : 0;
    if (from !== 0) {
      event.b = from;
    }
    this.cores[to]?.inbox.push(event);
  }

  #give(core: ModelCore, event: CoreEvent): Trap | undefined {
    this.#passTime(core);
    if (this.#weather.wild > 0 && this.#random.oneIn(4)) {
      this.#remember(core, event);
    }
    const isAlive = core.give(event, this.nowMs);
    if (core.breach !== "" && !this.#isProvoked) {
      throw new Error(`${core.twin.name}: ${core.breach}`);
    }
    return isAlive ? undefined : this.#trap(core, nameOf(event));
  }

  #giveWild(core: ModelCore): Trap | undefined {
    this.#isProvoked = true;
    const { record, params } = this.#wild.next(this.nowMs);
    const event = Object.assign(coreEvent(0), { params });
    const kind = record.readUInt32LE(ev.EVENT_KIND);
    const isAlive = core.give(event, this.nowMs, record);
    return isAlive ? undefined : this.#trap(core, `wild event of kind ${kind}`);
  }

  #remember(core: ModelCore, event: CoreEvent): void {
    const record = core.twin.recordOf(event, this.nowMs);
    this.#wild.remember(record, event.params ?? new Uint8Array());
  }

  #trap(core: ModelCore, event: string): Trap {
    return { core: core.twin.name, event, isProvoked: this.#isProvoked };
  }

  /** Mostly none, some milliseconds now and then; a whole time limit where a core waits for time only. */
  #passTime(core: ModelCore): void {
    const random = this.#random;
    const isQuiet = !core.hasPending && core.inbox.length === 0;
    if (isQuiet && core.wakeMs !== undefined && random.oneIn(8)) {
      this.nowMs = Math.max(this.nowMs, core.wakeMs);
    } else if (random.oneIn(16)) {
      this.nowMs += random.below(20);
    } else if (random.oneIn(4000)) {
      this.nowMs += random.below(JUMP_MS);
    }
  }

  #next(core: ModelCore): CoreEvent {
    const random = this.#random;
    if (core.wakeMs !== undefined && core.wakeMs <= this.nowMs) {
      core.wakeMs = undefined;
      return coreEvent(ev.EV_TIME);
    }
    if (random.oneIn(400)) {
      return this.#happening(core);
    }
    const word = random.oneIn(3) ? undefined : core.inbox.shift();
    if (word !== undefined) {
      return word;
    }
    if (core.hasPending && (core.task !== undefined || !random.oneIn(3))) {
      return core.complete() ?? coreEvent(ev.EV_TIME);
    }
    if (core.task === undefined && (core.lane === 0 || core.isStarted)) {
      return this.#command(core);
    }
    return core.inbox.shift() ?? this.#waiting(core);
  }

  #command(core: ModelCore): CoreEvent {
    const random = this.#random;
    // A changer that empties the drives all the time keeps the lanes from getting deep.
    const isRare = core.lane === 0 && this.cores.some(({ twin }) => isLoaded(twin.show));
    if (isRare && !random.oneIn(DULL_ONE_IN)) {
      return core.inbox.shift() ?? core.complete() ?? coreEvent(ev.EV_TIME);
    }
    this.#taskCount += 1;
    const nexus = 1 + random.below(random.oneIn(10) ? NEXUSES : 1);
    const command = core.lane === 0 ? changerCommand(random) : laneCommand(random);
    return core.command(this.#taskCount, nexus, command);
  }

  /** Nothing can happen to it but time. */
  #waiting(core: ModelCore): CoreEvent {
    const isDead = this.cores.every(
      (one) =>
        !one.hasPending && one.inbox.length === 0 && (one.wakeMs === undefined || one.isIdle),
    );
    if (isDead && core.task !== undefined) {
      this.stallCount += 1;
      return core.endTask() ?? coreEvent(ev.EV_TIME);
    }
    return coreEvent(ev.EV_TIME);
  }

  /** What comes from outside: a task is given up, a nexus comes or goes, a connection breaks. */
  #happening(core: ModelCore): CoreEvent {
    const random = this.#random;
    switch (random.below(4)) {
      case 0:
        return core.endTask() ?? coreEvent(ev.EV_TIME);
      case 1: {
        const device = random.below(DRIVES);
        this.#first.push({ core, event: this.#device(device) });
        return core.hasPending
          ? coreEvent(ev.EV_TIME)
          : Object.assign(coreEvent(ev.EV_DEVICE_LOST), { a: device });
      }
      case 2:
        return this.#nexusHappening(core);
      default:
        return coreEvent(ev.EV_TIME);
    }
  }

  #nexusHappening(core: ModelCore): CoreEvent {
    const random = this.#random;
    const nexus = 1 + random.below(NEXUSES);
    const what = random.pick([
      ev.NEXUS_LOST,
      ev.NEXUS_LOST,
      ev.NEXUS_LU_RESET,
      ev.NEXUS_TARGET_RESET,
      ev.NEXUS_TASKS_CLEARED,
      ev.NEXUS_TASKS_ENDED,
    ]);
    const event = nexusEvent(nexus, what);
    if (what === ev.NEXUS_LOST) {
      this.#first.push({ core, event: nexusEvent(nexus, ev.NEXUS_ESTABLISHED) });
    }
    const isReset = what === ev.NEXUS_LU_RESET || what === ev.NEXUS_TARGET_RESET;
    const isOpen = core.task !== undefined && (isReset || core.task.nexus === nexus);
    const ended = isOpen ? core.endTask() : undefined;
    if (ended === undefined) {
      return event;
    }
    this.#first.unshift({ core, event });
    return ended;
  }
}

/** A nexus that comes back is of the same initiator port. */
function nexusEvent(nexus: number, what: number): CoreEvent {
  const event = Object.assign(coreEvent(ev.EV_NEXUS), { a: nexus, b: what });
  if (what === ev.NEXUS_ESTABLISHED) {
    event.params = Buffer.from(`iqn.2026-11.com.example:n${nexus},i,0x800000000000`);
  }
  return event;
}

function isLoaded(show: DataView): boolean {
  return (show.getUint32(SHOW_FLAGS, true) & 2) !== 0;
}

function nameOf(event: CoreEvent): string {
  const { kind, tag, a, b, c, d, params } = event;
  const bytes = Buffer.from(params ?? new Uint8Array()).toString("hex", 0, 96);
  return `event ${JSON.stringify({ kind, tag, a, b, c, d })} params ${bytes}`;
}
