/**
 * A stream of random events for one seed: bridges one after the other until enough events were given.
 * Decides when a bridge is stopped, killed or, after a trap, set up anew; and what a stream's outcome
 * is. Invariant: equal seed, weather and count give equal digests, whatever the runtime and machine.
 */

import { crc32c } from "@node-rs/crc32";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import type { Weather } from "./faults.ts";
import { LANES, ModelBridge, Site, type Trap } from "./model-bridge.ts";
import { Random } from "./random.ts";
import { Difference, Twin } from "./twin.ts";

const SITE_ONE_IN = 3;

/** What shall be run. */
export interface StreamPlan {
  readonly seed: number;
  readonly weather: Weather;
  readonly eventCount: number;
  /** Fresh instances of one core, one of each runtime; the first is the reference. */
  open(): Promise<readonly CoreRuntime[]>;
}

/** What came of it. */
export interface StreamOutcome {
  readonly eventCount: number;
  readonly actionDigest: number;
  readonly memoryDigest: number;
  readonly traps: readonly StreamTrap[];
  /** Bridges that were set up. */
  readonly bridgeCount: number;
  /** Tasks that nothing would ever have answered. */
  readonly stallCount: number;
}

/** A trap, and at which event of the stream (from 1). */
export interface StreamTrap extends Trap {
  readonly step: number;
}

/** The runtimes differ: which stream, which event of it, and what differs. */
export class StreamDifference extends Error {
  readonly seed: number;
  readonly step: number;
  readonly what: string;

  constructor(plan: StreamPlan, step: number, what: string) {
    super(`seed ${plan.seed} (${plan.weather.name}), event ${step}: ${what}`);
    this.seed = plan.seed;
    this.step = step;
    this.what = what;
  }
}

class Stream {
  readonly #plan: StreamPlan;
  readonly #random: Random;
  readonly #traps: StreamTrap[] = [];
  #site: Site;
  #step = 0;
  #bridgeCount = 0;
  #stallCount = 0;
  #actionDigest = 0;
  #memoryDigest = 0;

  constructor(plan: StreamPlan) {
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.#site = new Site(this.#random, plan.weather);
  }

  async run(): Promise<StreamOutcome> {
    try {
      while (this.#step < this.#plan.eventCount) {
        await this.#oneBridge();
      }
    } catch (thrown) {
      if (thrown instanceof Difference) {
        throw new StreamDifference(this.#plan, this.#step, thrown.what);
      }
      throw thrown;
    }
    return {
      eventCount: this.#step,
      actionDigest: this.#actionDigest,
      memoryDigest: this.#memoryDigest,
      traps: this.#traps,
      bridgeCount: this.#bridgeCount,
      stallCount: this.#stallCount,
    };
  }

  async #oneBridge(): Promise<void> {
    const random = this.#random;
    const { weather, eventCount, open } = this.#plan;
    const twins: Twin[] = [];
    for (let lane = 0; lane <= LANES; lane += 1) {
      twins.push(new Twin(lane === 0 ? "changer" : `lane ${lane}`, await open()));
    }
    const bridge = new ModelBridge(random, weather, this.#site, twins);
    this.#bridgeCount += 1;
    let trap: Trap | undefined;
    while (this.#step < eventCount && trap === undefined && !bridge.isOver) {
      this.#step += 1;
      trap = bridge.turn();
      if (random.oneIn(weather.restart)) {
        if (random.oneIn(2)) {
          break;
        }
        bridge.stop();
      }
    }
    if (trap !== undefined) {
      this.#traps.push({ ...trap, step: this.#step });
    }
    // Failed drives and cartridges stay out for good: a site is used up after a while.
    if (trap !== undefined || random.oneIn(SITE_ONE_IN)) {
      this.#site = new Site(random, weather);
    }
    this.#stallCount += bridge.stallCount;
    this.#close(twins);
  }

  #close(twins: readonly Twin[]): void {
    for (const twin of twins) {
      twin.compareMemory();
      this.#actionDigest = mixed(this.#actionDigest, twin.digest);
      this.#memoryDigest = mixed(this.#memoryDigest, twin.memoryDigest());
    }
  }
}

function mixed(digest: number, next: number): number {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(next);
  return crc32c(word, digest);
}

/** Runs the stream. Throws StreamDifference; Error where a core breaks the interface. */
export async function runStream(plan: StreamPlan): Promise<StreamOutcome> {
  return await new Stream(plan).run();
}
