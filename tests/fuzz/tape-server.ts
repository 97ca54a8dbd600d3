/**
 * A server that does nothing wrong on a lane of its own while others do on theirs: it writes a record,
 * goes back and reads it. Decides what "undisturbed" means for a tape.
 */

import type { Nexus, Outcome } from "../conformance/nexus.ts";
import { pattern } from "../target/rig.ts";

const RECORD_BYTES = 3000;
const ROUNDS_PER_TAPE = 200;
const REWIND = [0x01, 0, 0, 0, 0, 0] as const;
const PREVENT = [0x1e, 0, 0, 0, 1, 0] as const;
const WRITE = [0x0a, 0, 0, RECORD_BYTES >> 8, RECORD_BYTES & 255, 0] as const;
const READ = [0x08, 0, 0, RECORD_BYTES >> 8, RECORD_BYTES & 255, 0] as const;
const SPACE_BACK = [0x11, 0, 0xff, 0xff, 0xff, 0] as const;

/** Works one round at a time; a round begins when the one before it has ended. */
export class TapeServer {
  roundCount = 0;
  readonly #nexus: Nexus;
  #last: Promise<void> = Promise.resolve();

  constructor(nexus: Nexus) {
    this.#nexus = nexus;
  }

  /** The robot leaves its cartridge alone from now on. */
  async begin(): Promise<void> {
    await this.#good(PREVENT);
  }

  round(): void {
    this.#last = this.#last.then(() => this.#round());
    // What it threw comes out of `end`.
    this.#last.catch(() => undefined);
  }

  /** The rounds so far are over. */
  async idle(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  /** What disturbed it; undefined: nothing. */
  async end(): Promise<string | undefined> {
    try {
      await this.#last;
      return undefined;
    } catch (thrown) {
      return `the other session was disturbed: ${String(thrown)}`;
    }
  }

  async #round(): Promise<void> {
    if (this.roundCount % ROUNDS_PER_TAPE === 0) {
      await this.#good(REWIND);
    }
    this.roundCount += 1;
    const record = pattern(RECORD_BYTES).fill(this.roundCount, 0, 4);
    await this.#good(WRITE, { out: record });
    await this.#good(SPACE_BACK);
    const { data } = await this.#good(READ, { inBytes: RECORD_BYTES });
    if (Buffer.compare(data, record) !== 0) {
      throw new Error("what was read is not what was written");
    }
  }

  async #good(
    cdb: readonly number[],
    data: { readonly out?: Uint8Array; readonly inBytes?: number } = {},
  ): Promise<Outcome> {
    const outcome = await this.#nexus.send({ cdb: Uint8Array.from(cdb), ...data });
    const { status, residual, sense } = outcome;
    if (status !== 0 || residual !== 0) {
      const words = Buffer.from(sense).toString("hex");
      throw new Error(`operation ${cdb[0]}: status ${status}, residual ${residual}, ${words}`);
    }
    return outcome;
  }
}
