/**
 * A running bridge for fuzzers: the changer and lane 1 are theirs, on lane 2 a server works all along
 * that does nothing wrong. Decides what must be true in the end: no core failed, no recovery ran, no lane
 * failed, every volume tag is there once, that server never noticed, and nothing more is held.
 */

import type { StatusDocument } from "../../host/lib/status-document.ts";
import { type Element, parseElementStatus } from "../../tools/demo/changer-client.ts";
import type { Nexus, Order } from "../conformance/nexus.ts";
import { Rig } from "../conformance/rig.ts";
import type { FuzzPlan } from "./fuzzer.ts";
import { GROWTH_BYTES_MAX, heldBytes } from "./heap.ts";
import type { Tally } from "./tally.ts";
import { TapeServer } from "./tape-server.ts";

const STORED_CARTRIDGES = 4;
const STATUS_BYTES = 0x1_0000;
/** With volume tags, all types, from the first element. */
const READ_ELEMENT_STATUS = [0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0] as const;
const LANE_ELEMENT = 0x100;
const ROUND_EVERY = 50;
const LINES_SHOWN = 20;
/** By then everything was used once, and of a long run this part: the lanes' pools keep the most that was ever out. */
const WARM_UP_INPUTS = 2000;
const WARM_UP_PART = 0.1;

/** See the head of this file. */
export class BridgeWorld {
  readonly rig: Rig;
  /** Of the changer and of lane 1. */
  readonly nexuses: readonly [changer: Nexus, lane: Nexus];
  readonly #tally: Tally;
  readonly #server: TapeServer;
  readonly #tags: string;
  readonly #warmUpInputs: number;
  #heldBytes = 0;
  #isFaultTold = false;

  static async open(tally: Tally, { count }: FuzzPlan): Promise<BridgeWorld> {
    const rig = await Rig.open({
      lanes: 2,
      storedCartridges: STORED_CARTRIDGES,
      isBridgeOnly: true,
    });
    const [first, second] = rig.pairs.map(({ bridge }) => bridge[0]);
    const changer = await rig.nexus(rig.bridge.url, 0, 0);
    if (first === undefined || second === undefined) {
      throw new Error("there are no lanes");
    }
    const server = new TapeServer(second);
    await server.begin();
    const warmUp = Math.max(WARM_UP_INPUTS, WARM_UP_PART * count);
    return new BridgeWorld(rig, [changer, first], server, tally, await tagsOf(changer), warmUp);
  }

  private constructor(
    rig: Rig,
    nexuses: readonly [Nexus, Nexus],
    server: TapeServer,
    tally: Tally,
    tags: string,
    warmUpInputs: number,
  ) {
    this.rig = rig;
    this.nexuses = nexuses;
    this.#server = server;
    this.#tally = tally;
    this.#tags = tags;
    this.#warmUpInputs = warmUpInputs;
  }

  /** The volume tag of the cartridge in lane 1, "" for none. */
  async laneTag(): Promise<string> {
    const elements = await elementsOf(this.nexuses[0]);
    return elements.find(({ address }) => address === LANE_ELEMENT)?.volumeTag ?? "";
  }

  /** After each input: the other server goes on. */
  tick(): void {
    if (this.#tally.sent % ROUND_EVERY === 0) {
      this.#server.round();
    }
  }

  /** Nothing is under way: what is held then is compared with what is held in the end. */
  async quiet(): Promise<void> {
    await this.#server.idle();
    await this.#lookForFaults();
    // Lines are kept by the tests' own harness, not by the bridge.
    this.rig.bridge.lines.all.length = 0;
    if (this.#heldBytes === 0 && this.#tally.sent >= this.#warmUpInputs) {
      this.#heldBytes = heldBytes();
    }
  }

  /** Told once, with what the bridge said last. */
  async #lookForFaults(): Promise<void> {
    const faults = this.#isFaultTold ? [] : faultsOf(await this.rig.status());
    const said = this.rig.bridge.lines.all.slice(-LINES_SHOWN).join("\n");
    for (const fault of faults) {
      this.#isFaultTold = true;
      this.#tally.fail(`${fault}; its last lines:\n${said}\n`);
    }
  }

  /** Ends it; what is wrong goes to the tally. The fuzzer's own conditions must be over (`settle`). */
  async close(): Promise<void> {
    const tally = this.#tally;
    const disturbed = await this.#server.end();
    if (disturbed !== undefined) {
      tally.fail(disturbed);
    }
    tally.meet("rounds of the other session", this.#server.roundCount);
    const tags = await tagsOf(this.nexuses[0]);
    if (tags !== this.#tags) {
      tally.fail(`the volume tags were ${this.#tags}, and are ${tags}`);
    }
    await this.#lookForFaults();
    this.rig.bridge.lines.all.length = 0;
    const growth = this.#heldBytes === 0 ? 0 : heldBytes() - this.#heldBytes;
    tally.meet("kilobytes grown", Math.max(0, Math.round(growth / 1024)));
    if (growth > GROWTH_BYTES_MAX) {
      tally.fail(`${growth} bytes more are held than after ${this.#warmUpInputs} inputs`);
    }
    await this.rig.close();
  }
}

function faultsOf({ lanes, changer, recoveries }: StatusDocument): string[] {
  const parts = [...lanes.map((lane) => ({ name: `lane ${lane.lun}`, ...lane })), changer];
  return [
    ...parts.filter(({ state }) => state === "failed").map(() => "a lane or the changer failed"),
    ...parts.filter(({ restarts }) => restarts > 0).map(({ lastFailure }) => lastFailure),
    ...recoveries.map(({ cause }) => `a recovery ran: ${cause}`),
  ];
}

/** What the server sees in each element. */
async function elementsOf(changer: Nexus): Promise<readonly Element[]> {
  const order: Order = { cdb: Uint8Array.from(READ_ELEMENT_STATUS), inBytes: STATUS_BYTES };
  const { status, data } = await changer.send(order);
  if (status !== 0) {
    throw new Error(`READ ELEMENT STATUS: status ${status}`);
  }
  return parseElementStatus(data);
}

/** All volume tags in order. */
async function tagsOf(changer: Nexus): Promise<string> {
  const tags = (await elementsOf(changer)).map(({ volumeTag }) => volumeTag);
  return tags
    .filter((tag) => tag !== "")
    .sort()
    .join(" ");
}
