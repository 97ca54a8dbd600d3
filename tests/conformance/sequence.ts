/**
 * Sequences of steps for two servers of one drive, made from a seed alone. Decides who sends what in
 * which order. Invariant: the same seed and number give the same steps on every machine.
 */

import { Random } from "../parity/random.ts";
import { COMMANDS } from "./commands.ts";
import type { CommandRow, Made } from "./made.ts";
import { Model } from "./model.ts";
import { formatSelected, selectDivision } from "./partition-commands.ts";

/** What a server does. */
export interface Step {
  readonly name: string;
  /** 0 or 1: which server. */
  readonly server: number;
  readonly isReset: boolean;
  /** READ POSITION follows. */
  readonly moves: boolean;
  readonly cdb: Uint8Array;
  readonly out: Buffer | undefined;
  readonly inBytes: number;
}

/** Servers of each drive. */
export const SERVERS = 2;
/** Steps of one sequence: enough to come back to places written long ago. */
const LENGTH_MIN = 40;
const LENGTH_SPREAD = 80;
/** So often the other server speaks, and a server resets the logical unit. */
const TURN_ONE_IN = 12;
const SHARED_TURN_ONE_IN = 3;
/** So many sequences are of servers that share the drive. */
const SHARED_ONE_IN = 4;
const RESET_ONE_IN = 80;
const RELOAD_ONE_IN = 3;
const WEIGHTS = COMMANDS.reduce((sum, { weight }) => sum + weight, 0);
/** So many sequences begin with a cartridge that is divided. */
const DIVIDED_ONE_IN = 4;
const NUMBERS_PER_SEED = 0x9e37_79b1;

/** Sequence `number` of a seed. */
export function makeSequence(seed: number, number: number): readonly Step[] {
  const random = new Random(
    Math.imul(seed + 1, NUMBERS_PER_SEED) ^ Math.imul(number + 1, 0x85eb_ca6b),
  );
  const model = new Model();
  const length = LENGTH_MIN + random.below(LENGTH_SPREAD);
  model.isShared = random.oneIn(SHARED_ONE_IN);
  const turnOneIn = model.isShared ? SHARED_TURN_ONE_IN : TURN_ONE_IN;
  const opening = random.oneIn(DIVIDED_ONE_IN) ? OPENING : [];
  return Array.from({ length }, (_, index) => {
    const isOpening = index < opening.length;
    const server =
      !isOpening && random.oneIn(turnOneIn) ? (model.server + 1) % SERVERS : model.server;
    model.server = server;
    if (!isOpening && random.oneIn(RESET_ONE_IN)) {
      model.reset();
      return { ...NOTHING, name: "LOGICAL UNIT RESET", server, isReset: true };
    }
    const [row, made] = opening[index]?.(random, model) ?? choose(random, model);
    return {
      name: row.name,
      server,
      isReset: false,
      moves: row.moves,
      cdb: Uint8Array.from(made.cdb),
      out: made.out,
      inBytes: made.inBytes ?? 0,
    };
  });
}

const NOTHING = { moves: true, cdb: new Uint8Array(6), out: undefined, inBytes: 0 } as const;

/** MODE SELECT and FORMAT MEDIUM that divide the cartridge. */
const OPENING: readonly ((random: Random, model: Model) => readonly [CommandRow, Made])[] = [
  (random, model) => [rowOf("MODE SELECT of partitions"), selectDivision(random, model)],
  (random, model) => [rowOf("FORMAT MEDIUM"), formatSelected(random, model)],
];

function choose(random: Random, model: Model): readonly [CommandRow, Made] {
  for (;;) {
    const row = model.isUnloaded && random.oneIn(RELOAD_ONE_IN) ? LOAD : chosen(random);
    const made = row.make(random, model);
    if (made !== undefined) {
      return [row, made];
    }
  }
}

function rowOf(wanted: string): CommandRow {
  return COMMANDS.find(({ name }) => name === wanted) as CommandRow;
}

const LOAD = rowOf("LOAD");

function chosen(random: Random): CommandRow {
  let at = random.below(WEIGHTS);
  const found = COMMANDS.find(({ weight }) => {
    at -= weight;
    return at < 0;
  });
  if (found === undefined) {
    throw new Error("the weights do not add up");
  }
  return found;
}
