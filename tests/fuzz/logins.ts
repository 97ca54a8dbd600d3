/**
 * Floods of logins to a bridge: waves of many at once, most of which send a command to one of its units.
 * Some are left standing, some log in again as who they are already, some break off or are refused.
 * Decides what may come back; that others do not notice is the world's.
 */

import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import { CONNECTIONS_MAX } from "../../host/target/limits.ts";
import { Random } from "../parity/random.ts";
import { type Keys, RawClient } from "../target/raw-client.ts";
import { BridgeWorld } from "./bridge-world.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { Tally } from "./tally.ts";

const WAVE = 100;
/** With a wave more it is still less than there may be: nobody has to make room. */
const STANDING_MAX = CONNECTIONS_MAX - WAVE - 16;
const INITIATORS = 300;
const ISIDS = 3;
const LUNS = [0, 1, 2, 3] as const;
const STATUS_OUT_OF_RESOURCES = 0x0302;
const STATUS_NOT_FOUND = 0x0203;
/** GOOD, or CHECK CONDITION with what waits for that port, or that there is no such unit. */
const STATUSES: readonly number[] = [0x00, 0x02];

/** One login, all of it chosen before anything is sent. */
interface Attempt {
  readonly initiator: number;
  readonly isid: number;
  readonly lun: number;
  readonly end: "stands" | "breaks off" | "says nothing" | "wrong target";
}

export const LOGINS: Fuzzer = {
  name: "logins",
  help: "logins in waves of many at once, to a bridge",
  run: async (plan) => {
    const tally = new Tally(plan);
    const random = new Random(plan.seed);
    const world = await BridgeWorld.open(tally, plan);
    const flood = new Flood(world.rig.bridge.url, tally);
    while (tally.sent < plan.count && tally.wrong.length === 0) {
      const attempts = Array.from({ length: WAVE }, () => attemptOf(random));
      await Promise.all(attempts.map((attempt) => flood.attempt(attempt)));
      world.tick();
      await flood.ebb();
      await world.quiet();
    }
    await flood.end();
    await world.close();
    return tally.outcome;
  },
};

function attemptOf(random: Random): Attempt {
  return {
    initiator: random.below(INITIATORS),
    isid: random.below(ISIDS),
    lun: random.pick(LUNS),
    end: random.pick(["stands", "stands", "stands", "breaks off", "says nothing", "wrong target"]),
  };
}

class Flood {
  readonly #port: number;
  readonly #targetName: string;
  readonly #tally: Tally;
  #standing: RawClient[] = [];

  constructor(url: string, tally: Tally) {
    const address = parseIscsiUrl(url);
    if ("problem" in address) {
      throw new Error(`${url}: ${address.problem}`);
    }
    this.#port = address.port;
    this.#targetName = address.targetName;
    this.#tally = tally;
  }

  async attempt(attempt: Attempt): Promise<void> {
    const { initiator, isid, lun, end } = attempt;
    this.#tally.send(Buffer.from(JSON.stringify(attempt)), 1);
    const client = await RawClient.open(this.#port);
    this.#standing.push(client);
    const keys: Keys = [
      ["InitiatorName", `iqn.2026-11.com.example:flood-${initiator}`],
      ["TargetName", `${this.#targetName}${end === "wrong target" ? "-not" : ""}`],
    ];
    if (end === "says nothing") {
      return;
    }
    const fields = { isid: isid.toString(16).padStart(12, "0") };
    try {
      const half = end === "breaks off" ? { transit: false, nsg: 0 } : {};
      const { status } = await client.loginStep({ ...fields, ...half }, keys);
      if (end === "stands" && status === 0) {
        await this.#ask(client, lun);
      } else {
        this.#judge(status, end);
      }
    } catch {
      // Another one of the same name and ISID has taken its place.
      await client.ended;
      this.#tally.meet("ended");
    }
  }

  /** As many go as are too many, in no order: by a break. */
  async ebb(): Promise<void> {
    const leaving = this.#standing.splice(0, Math.max(0, this.#standing.length - STANDING_MAX));
    for (const client of leaving) {
      client.close();
    }
    await Promise.all(leaving.map((client) => client.ended));
  }

  async end(): Promise<void> {
    for (const client of this.#standing) {
      client.close();
    }
    await Promise.all(this.#standing.map((client) => client.ended));
  }

  async #ask(client: RawClient, lun: number): Promise<void> {
    const { status } = await client.outcome(client.command({ lun }));
    this.#tally.meet(status === 0 ? "GOOD" : `status ${status}`);
    if (!STATUSES.includes(status)) {
      this.#tally.fail(`TEST UNIT READY to logical unit ${lun}: status ${status}`);
    }
  }

  #judge(status: number, end: Attempt["end"]): void {
    this.#tally.meet(`login status ${status.toString(16)}`);
    const expected = end === "wrong target" ? STATUS_NOT_FOUND : 0;
    if (status !== expected && status !== STATUS_OUT_OF_RESOURCES) {
      this.#tally.fail(`a login that ${end}: status ${status.toString(16)}`);
    }
  }
}
