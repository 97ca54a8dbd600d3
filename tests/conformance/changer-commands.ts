/**
 * Commands to a changer: moves between elements that are there, and some that are not, and reservations;
 * what it is asked is in `changer-questions.ts`. Decides fields. Addresses are those of the bare library.
 */

import type { Random } from "../parity/random.ts";
import { type ChangerSize, questionRows } from "./changer-questions.ts";
import { bytesOf, type CommandRow, type Made, six, ten } from "./made.ts";
import { persistentIn, persistentOut, release, reserve } from "./reserve-commands.ts";

const FIRST_PORT = 0x10;
const FIRST_DRIVE = 0x100;
const FIRST_SLOT = 0x1000;
const INVERT_ONE_IN = 20;
const NOWHERE = [0x0005, 0x0020, 0x0105, 0x2000] as const;

function row(weight: number, name: string, make: CommandRow["make"]): CommandRow {
  return { name, weight, moves: false, make };
}

/** All of them, for a changer of that size. */
export function changerRows({ ports, drives, slots }: ChangerSize): readonly CommandRow[] {
  const element = (random: Random): number => {
    if (random.oneIn(16)) {
      return random.pick(NOWHERE);
    }
    const [first, count] = random.pick([
      [FIRST_PORT, ports],
      [FIRST_DRIVE, drives],
      [FIRST_SLOT, slots],
      [FIRST_SLOT, slots],
    ] as const);
    return first + random.below(count);
  };
  const places = (...elements: number[]): number[] => elements.flatMap((one) => bytesOf(one, 2));
  const inverted = (random: Random): number => (random.oneIn(INVERT_ONE_IN) ? 1 : 0);
  const move = (random: Random): Made => ({
    cdb: [0xa5, 0, ...places(0, element(random), element(random)), 0, 0, inverted(random), 0],
  });
  const exchange = (random: Random): Made => {
    const [from, first] = [element(random), element(random)];
    const second = random.oneIn(2) ? from : element(random);
    return { cdb: [0xa6, 0, ...places(0, from, first, second), inverted(random), 0] };
  };
  return [
    row(50, "MOVE MEDIUM", move),
    row(10, "EXCHANGE MEDIUM", exchange),
    row(8, "POSITION TO ELEMENT", (random) => ({
      cdb: [0x2b, 0, ...places(0, element(random)), 0, 0, inverted(random), 0],
    })),
    row(4, "PREVENT", () => ({ cdb: [0x1e, 0, 0, 0, 1, 0] })),
    row(6, "ALLOW", () => ({ cdb: [0x1e, 0, 0, 0, 0, 0] })),
    row(4, "INITIALIZE ELEMENT STATUS", (random) => initialize(random, places(element(random)))),
    row(6, "TEST UNIT READY", () => ({ cdb: six(0, 0, 0) })),
    row(3, "RESERVE", reserve),
    row(6, "RELEASE", release),
    row(20, "PERSISTENT RESERVE OUT", persistentOut),
    row(8, "PERSISTENT RESERVE IN", persistentIn),
    ...questionRows({ ports, drives, slots }, element),
    row(2, "MOVE MEDIUM ATTACHED", () => ({ cdb: ten(0xa7, 0, 0, 0, 0).concat([0, 0]) })),
  ];
}

/** All of it, or from an element on: twelve bytes are as ten. */
function initialize(random: Random, first: readonly number[]): Made {
  const code = random.pick([0x07, 0x37, 0xe7]);
  if (code === 0x07) {
    return { cdb: six(code, 0, 0) };
  }
  const rest = Array<number>(code === 0x37 ? 6 : 8).fill(0);
  return { cdb: [code, random.below(2), ...first, ...rest] };
}
