/**
 * Plays a sequence to a bare drive and through the bridge at once, and compares. Decides what is
 * compared: each answer, and READ POSITION behind every step that may move the tape. Steps of one
 * server go out without waiting for the answers of those before; the other server waits for them.
 */

import { setTimeout as pause } from "node:timers/promises";
import { messageOf } from "../../host/lib/error.ts";
import { type Answer, answerOf, isSameAnswer } from "./answer.ts";
import { endsComparison, withoutMeant } from "./differences.ts";
import type { Nexus, Order } from "./nexus.ts";
import { good, type Pair, settle } from "./rig.ts";
import type { Step } from "./sequence.ts";

/** Steps of one server under way at once. */
const DEPTH = 8;
const POSITION_BYTES = 20;
const READ_POSITION: Order = {
  cdb: Uint8Array.of(0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  inBytes: POSITION_BYTES,
};
const LOAD = [0x1b, 0, 0, 0, 1, 0] as const;
const REGISTER_AND_IGNORE = [0x5f, 6, 0, 0, 0, 0, 0, 0, 24, 0] as const;
const CLEAR = [0x5f, 3, 0, 0, 0, 0, 0, 0, 24, 0] as const;
const KEY = [0, 0, 0, 0, 0, 0, 0, 1] as const;
/** Into one partition. */
const FORMAT_MEDIUM = [0x04, 0, 0, 0, 0, 0] as const;
/** In place of a status: nothing came. */
const NO_STATUS = -1;
const STATUS_BUSY = 0x08;
/** A server's own wait before it says a command again that was answered BUSY. */
const BUSY_WAIT_MS = 10;
const BUSY_COUNT_MAX = 3000;

/** What differs, at step `index`. */
export interface Difference {
  readonly index: number;
  /** The step's own answer, or where the tape is after it. */
  readonly what: "answer" | "position";
  readonly bare: Answer;
  readonly bridge: Answer;
}

/** How a sequence is played. */
export interface PlayOptions {
  /** Changes what the bridge answers: for tests that this comparison can fail. */
  readonly tamper?: (step: Step, answer: Answer) => Answer;
  /** Hears the number of each meant difference that was met. */
  readonly met?: (number: number) => void;
  /** Breaks something behind the bridge in front of that step. */
  readonly failure?: { readonly at: number; readonly strike: () => Promise<void> };
}

interface Asking {
  readonly index: number;
  readonly what: Difference["what"];
  readonly order: Order;
  readonly answers: Promise<readonly [Answer, Answer]>;
}

/** Plays; the first difference, or undefined. Begins on an empty tape with all modes as at power on. */
export async function play(
  pair: Pair,
  steps: readonly Step[],
  options: PlayOptions = {},
): Promise<Difference | undefined> {
  await Promise.all([begin(pair.bare), begin(pair.bridge)]);
  let under: Asking[] = [];
  let server = 0;
  let hasFailed = false;
  for (const [index, step] of steps.entries()) {
    const isStruck = options.failure?.at === index;
    const isAlone = hasFailed && [step, ...under.map(({ order }) => order)].some(mayBeBusy);
    const isFull = under.length >= (isAlone ? 1 : DEPTH);
    if (step.server !== server || step.isReset || isFull || isStruck) {
      const found = await firstDifference(steps, under, options);
      if (found !== undefined) {
        return differenceOf(found);
      }
      under = [];
      server = step.server;
    }
    if (isStruck) {
      hasFailed = true;
      await options.failure?.strike();
    }
    under.push(...asked(pair, step, index));
  }
  return differenceOf(await firstDifference(steps, under, options));
}

/** READ ATTRIBUTE, REPORT DENSITY SUPPORT, LOG SENSE. */
const PASSED_ON: readonly (number | undefined)[] = [0x8c, 0x44, 0x4d];

/** BUSY in a recovery, and said again later: nothing else may be under way with it. */
function mayBeBusy({ cdb }: Order): boolean {
  return PASSED_ON.includes(cdb[0]);
}

/** What is behind it cannot be compared, and is not wrong. */
const ENDED = "ended";

function differenceOf(found: Difference | typeof ENDED | undefined): Difference | undefined {
  return found === ENDED ? undefined : found;
}

function asked(pair: Pair, step: Step, index: number): Asking[] {
  const [bare, bridge] = [pair.bare[step.server], pair.bridge[step.server]];
  if (bare === undefined || bridge === undefined) {
    throw new Error(`there is no server ${step.server}`);
  }
  const both = (what: Difference["what"], order: Order, isReset = false): Asking => {
    const answers = Promise.all([ask(bare, order, isReset), ask(bridge, order, isReset)]);
    return { index, what, order, answers };
  };
  const answer = both("answer", step, step.isReset);
  return step.moves ? [answer, both("position", READ_POSITION)] : [answer];
}

/** What an order, or a reset, is answered with; BUSY is said again later. */
export async function ask(nexus: Nexus, order: Order, isReset: boolean): Promise<Answer> {
  if (isReset) {
    return { status: await nexus.reset(), sense: "", residual: 0, data: Buffer.alloc(0) };
  }
  for (let count = 0; ; count += 1) {
    const outcome = await nexus.send(order).catch(messageOf);
    if (typeof outcome === "string") {
      return { status: NO_STATUS, sense: outcome, residual: 0, data: Buffer.alloc(0) };
    }
    if (outcome.status !== STATUS_BUSY || count === BUSY_COUNT_MAX) {
      return answerOf(outcome);
    }
    await pause(BUSY_WAIT_MS);
  }
}

async function firstDifference(
  steps: readonly Step[],
  under: readonly Asking[],
  { tamper, met, failure }: PlayOptions,
): Promise<Difference | typeof ENDED | undefined> {
  for (const { index, what, order, answers } of under) {
    const [bare, answered] = await answers;
    const step = steps[index];
    if (isSameAnswer(bare, answered) && tamper === undefined) {
      continue;
    }
    const told = tamper !== undefined && step !== undefined ? tamper(step, answered) : answered;
    let isEnd = false;
    const hear = (number: number): void => {
      isEnd ||= endsComparison(number);
      met?.(number);
    };
    const bridge = withoutMeant(order, bare, told, failure !== undefined, hear);
    const isSame = isSameAnswer(bare, bridge);
    if (!isSame || isEnd) {
      await Promise.all(under.map(({ answers: rest }) => rest));
      return isSame ? ENDED : { index, what, bare, bridge };
    }
  }
  return undefined;
}

/** No modes, no reservation, no prevention, no unit attention; the tape at its beginning and empty. */
async function begin(nexuses: readonly Nexus[]): Promise<void> {
  const [first] = nexuses;
  if (first === undefined) {
    throw new Error("there is no server");
  }
  await first.reset();
  await settle(first);
  await good(first, REGISTER_AND_IGNORE, Uint8Array.from([...KEY, ...KEY, ...Array(8).fill(0)]));
  await good(first, CLEAR, Uint8Array.from([...KEY, ...Array(16).fill(0)]));
  for (const nexus of nexuses) {
    await settle(nexus);
  }
  await good(first, LOAD);
  for (const nexus of nexuses) {
    await settle(nexus);
  }
  await good(first, FORMAT_MEDIUM);
}
