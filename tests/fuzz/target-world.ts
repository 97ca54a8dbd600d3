/**
 * A running target for fuzzers: logical units that behave in every way, and one server that does
 * nothing wrong all along. Decides what must be true in the end: nothing is left over, and that server
 * never noticed.
 */

import { startTarget, type Target } from "../../host/target/portal.ts";
import type { VisibleLuns } from "../../host/target/unit-view.ts";
import { INITIATOR_NAME, type Keys, RawClient, TARGET_NAME } from "../target/raw-client.ts";
import { FuzzUnit } from "./fuzz-unit.ts";
import { GOOD_SERVER_KEYS, GoodServer } from "./good-server.ts";
import type { Tally } from "./tally.ts";

/** Logical units that a fuzzer may address; GOOD_LUN is not one of them. */
export const FUZZ_LUNS: readonly number[] = [0, 1];
const GOOD_LUN = 7;
const GOOD_ISID = "80000000600d";
const GOOD_NAME = "iqn.2026-11.com.example:good";
/** Long enough for a machine that does other things too; nothing waits so long when all is well. */
const TIMINGS = {
  loginMs: 60_000,
  idleMs: 60_000,
  answerMs: 60_000,
  stallMs: 60_000,
  logoutMs: 1000,
};

/** See the head of this file. */
export class TargetWorld {
  readonly #target: Target;
  readonly #good: GoodServer;
  readonly #goodClient: RawClient;

  static async open(): Promise<TargetWorld> {
    const unit = new FuzzUnit();
    const target = await startTarget({
      host: "127.0.0.1",
      port: 0,
      targetName: TARGET_NAME,
      units: new Map([...FUZZ_LUNS, GOOD_LUN].map((lun) => [lun, new FuzzUnit()])),
      wellKnown: unit,
      // A fuzzer may reset all that it sees.
      access: {
        list: new Map<string, VisibleLuns>([
          [INITIATOR_NAME, FUZZ_LUNS],
          [GOOD_NAME, "all"],
        ]),
        unitBeside: () => unit,
      },
      log: () => undefined,
      timings: TIMINGS,
    });
    const client = await RawClient.open(target.address.port);
    const names: Keys = [
      ["InitiatorName", GOOD_NAME],
      ["TargetName", TARGET_NAME],
    ];
    const { status } = await client.loginStep({ isid: GOOD_ISID }, [...names, ...GOOD_SERVER_KEYS]);
    if (status !== 0) {
      throw new Error("the other session may not log in");
    }
    return new TargetWorld(target, client);
  }

  private constructor(target: Target, client: RawClient) {
    this.#target = target;
    this.#goodClient = client;
    this.#good = new GoodServer(client, GOOD_LUN);
  }

  connect(): Promise<RawClient> {
    return RawClient.open(this.#target.address.port);
  }

  /** Ends it; every connection of the fuzzer must have ended. What is wrong goes to `tally`. */
  async close(tally: Tally): Promise<void> {
    const disturbed = await this.#good.stop();
    if (disturbed !== undefined) {
      tally.fail(disturbed);
    }
    if (this.#good.roundCount === 0) {
      tally.fail("the other session got nothing done");
    }
    tally.meet("rounds of the other session", this.#good.roundCount);
    if (disturbed === undefined) {
      // Its barrier is behind the end of every connection that ended before.
      await this.#goodClient.barrier();
    }
    const load = JSON.stringify(this.#target.load());
    if (load !== JSON.stringify({ connections: 1, sessions: 1, tasks: 0, earlyBytes: 0 })) {
      tally.fail(`left over: ${load}`);
    }
    await this.#target.close();
  }
}
