/**
 * Two servers at a bare practice changer and at the bridge's: the same random commands. Decides what is compared:
 * every status, sense data and byte, and after each command the whole inventory.
 */

import { deepStrictEqual } from "node:assert/strict";
import { Random } from "../parity/random.ts";
import { type Answer, answerOf } from "./answer.ts";
import { changerRows } from "./changer-commands.ts";
import { elementStatus } from "./changer-questions.ts";
import { changerView, type Shift, shiftedCdb } from "./changer-view.ts";
import { withoutMeant } from "./differences.ts";
import type { CommandRow, Made } from "./made.ts";
import { Model } from "./model.ts";
import type { Nexus } from "./nexus.ts";
import { Rig, settle } from "./rig.ts";
import { SERVERS } from "./sequence.ts";

const LANES = 2;
const STORED = 3;
const PORTS = 2;
const SENT_SHOWN = 12;
const TURN_ONE_IN = 4;
/** The cartridges, and the cleaning cartridge. */
const SLOTS = LANES + STORED + 1;
/** The bridge's spare cartridge stands in front of the cleaning cartridge. */
const SHIFT: Shift = { from: 0x1000 + SLOTS - 1, by: 1 };
const AS_IT_IS: Shift = { from: 0x10000, by: 0 };

/** Plays; throws at the first difference. Answers the numbers of the meant differences that were met. */
export async function playChangers(seed: number, stepCount: number): Promise<ReadonlySet<number>> {
  const rig = await Rig.open({ lanes: LANES, storedCartridges: STORED });
  try {
    const bare: Nexus[] = [];
    const bridge: Nexus[] = [];
    for (let server = 0; server < SERVERS; server += 1) {
      bare.push(await rig.nexus(rig.bareUrl, 0, server));
      bridge.push(await rig.nexus(rig.bridge.url, 0, server));
    }
    for (const nexus of [...bare, ...bridge]) {
      await settle(nexus);
    }
    const random = new Random(seed);
    const model = new Model();
    model.isShared = true;
    const rows = changerRows({ ports: PORTS, drives: LANES, slots: SLOTS });
    const met = new Set<number>();
    const sent: string[] = [];
    const same = async (made: Made, server: number, what: string): Promise<void> => {
      const [one, other] = [bare[server], bridge[server]];
      if (one === undefined || other === undefined) {
        throw new Error(`there is no server ${server}`);
      }
      const [bareAnswer, answer] = [await ask(one, made, AS_IT_IS), await ask(other, made, SHIFT)];
      const cdb = Uint8Array.from(made.cdb);
      const undone = withoutMeant({ cdb }, bareAnswer, answer, false, (number) => met.add(number));
      const wanted = changerView(cdb, bareAnswer, AS_IT_IS);
      const given = changerView(cdb, undone, SHIFT);
      sent.push(`${server} ${Buffer.from(made.cdb).toString("hex")} ${wanted[0]}`);
      deepStrictEqual(given, wanted, [what, ...sent.slice(-SENT_SHOWN)].join("\n"));
    };
    for (let step = 0; step < stepCount; step += 1) {
      model.server = random.oneIn(TURN_ONE_IN) ? 1 - model.server : model.server;
      await same(chosen(rows, random, model), model.server, `seed ${seed}, step ${step}`);
      await same(elementStatus(0, 0), model.server, `the elements after step ${step}`);
    }
    return met;
  } finally {
    await rig.close();
  }
}

function chosen(rows: readonly CommandRow[], random: Random, model: Model): Made {
  for (;;) {
    let at = random.below(rows.reduce((sum, { weight }) => sum + weight, 0));
    const row = rows.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    const made = row?.make(random, model);
    if (made !== undefined) {
      return made;
    }
  }
}

async function ask(nexus: Nexus, made: Made, shift: Shift): Promise<Answer> {
  const cdb = shiftedCdb(Uint8Array.from(made.cdb), shift);
  return answerOf(await nexus.send({ cdb, out: made.out, inBytes: made.inBytes }));
}
