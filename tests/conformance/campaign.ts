/**
 * Many sequences over the lanes of a rig at once, with or without a failure in each, and what is told
 * of one that differs. Decides how many rigs there are and what each sequence gets; what is equal is
 * decided by play.ts.
 */

import { answerWords } from "./answer.ts";
import { type FailureKind, planFailure, stepsFor, strike } from "./failure.ts";
import { type Difference, type PlayOptions, play } from "./play.ts";
import { type Pair, Rig, type RigOptions } from "./rig.ts";
import { makeSequence, type Step } from "./sequence.ts";

/** What is to be done. */
export interface Campaign {
  readonly seed: number;
  /** Whole sequences are played until so many steps are done. */
  readonly stepCount: number;
  /** What breaks once in each sequence. */
  readonly failure?: FailureKind | undefined;
  /** The first sequence. */
  readonly from?: number | undefined;
  readonly rig?: Partial<RigOptions>;
  readonly tamper?: PlayOptions["tamper"];
}

/** What came of it. */
export interface CampaignResult {
  readonly stepCount: number;
  readonly sequenceCount: number;
  /** How often each meant difference was met. */
  readonly met: ReadonlyMap<number, number>;
  /** In words, the first one only. */
  readonly difference: string | undefined;
  /** Failures that the bridge has covered. */
  readonly recoveredCount: number;
  /** Lines of the bridge that say that tape and ring are not the same. */
  readonly mismatchLines: readonly string[];
}

const LANES = 6;
/** So many sequences of each lane has a rig before it is worn out. */
const FAILURES_PER_LANE = 2;
/** A failed sequence may wear out more than one: a rule that did not strike in its own waits for the next. */
const SPARES_PER_FAILURE = 2;
const FAILING_LANES = 3;
/** As short as can be set. */
const HANG_TIMEOUT_SECONDS = 1;
const STEPS_SHOWN = 12;
const LINES_SHOWN = 100;
const SHRINK_PLAYS_MAX = 400;
const RECOVERED = /bridge step .* result=recovered/;
const MISMATCH = /medium and ring differ|cannot be read from the ring/;

/** Plays until the steps are done or a difference is found. */
export async function runCampaign(campaign: Campaign): Promise<CampaignResult> {
  const state = new State(campaign);
  while (state.isWanted) {
    await playRig(state);
  }
  const { stepCount, sequenceCount, met, difference, recoveredCount, mismatchLines } = state;
  return { stepCount, sequenceCount, met, difference, recoveredCount, mismatchLines };
}

class State {
  readonly campaign: Campaign;
  readonly met = new Map<number, number>();
  stepCount = 0;
  sequenceCount = 0;
  recoveredCount = 0;
  difference: string | undefined;
  readonly mismatchLines: string[] = [];

  constructor(campaign: Campaign) {
    this.campaign = campaign;
  }

  get isWanted(): boolean {
    return this.difference === undefined && this.stepCount < this.campaign.stepCount;
  }

  /** Takes the next sequence. */
  take(): readonly [number: number, steps: readonly Step[]] {
    const { seed, from = 0, failure } = this.campaign;
    const number = from + this.sequenceCount;
    const steps = stepsFor(failure, makeSequence(seed, number));
    this.sequenceCount += 1;
    this.stepCount += steps.length;
    return [number, steps];
  }

  readonly hear = (number: number): void => {
    this.met.set(number, (this.met.get(number) ?? 0) + 1);
  };
}

async function playRig(state: State): Promise<void> {
  const { failure, rig: different } = state.campaign;
  const lanes = failure === undefined ? LANES : FAILING_LANES;
  const spares = failure === undefined ? 0 : lanes * FAILURES_PER_LANE * SPARES_PER_FAILURE;
  const rig = await Rig.open({
    lanes,
    spareDrives: failure === undefined || failure === "cartridge" ? 1 : spares,
    driveTimeout: failure === "hang" ? HANG_TIMEOUT_SECONDS : undefined,
    spareMedia: failure === undefined ? 1 : spares,
    ...different,
  });
  try {
    const most = failure === undefined ? Number.POSITIVE_INFINITY : FAILURES_PER_LANE;
    await Promise.all(rig.pairs.map((pair) => playLane(state, rig, pair, most)));
  } finally {
    state.recoveredCount += rig.bridge.lines.count(RECOVERED);
    state.mismatchLines.push(...rig.bridge.lines.all.filter((line) => MISMATCH.test(line)));
    await rig.close();
  }
}

async function playLane(state: State, rig: Rig, pair: Pair, most: number): Promise<void> {
  for (let count = 0; count < most && state.isWanted; count += 1) {
    const [number, steps] = state.take();
    await playOne(state, rig, pair, number, steps);
  }
}

async function playOne(
  state: State,
  rig: Rig,
  pair: Pair,
  number: number,
  steps: readonly Step[],
): Promise<void> {
  const { seed, failure, tamper } = state.campaign;
  const options = { met: state.hear, ...(tamper === undefined ? {} : { tamper }) };
  if (failure === undefined) {
    const found = await play(pair, steps, options);
    if (found !== undefined && state.difference === undefined) {
      state.difference = "is being shortened";
      const short = await shorten(pair, steps.slice(0, found.index + 1), tamper);
      state.difference = wordsOf(
        `--seed ${seed} --from ${number}`,
        short.steps,
        short.found ?? found,
      );
    }
    return;
  }
  const planned = planFailure(seed, number, failure, steps.length);
  let rule = "none yet";
  const at = planned.at;
  const strikeNow = async (): Promise<void> => {
    rule = await strike(rig, pair.lane, planned);
  };
  const found = await play(pair, steps, { ...options, failure: { at, strike: strikeNow } });
  if (found !== undefined && state.difference === undefined) {
    const where = `--seed ${seed} --from ${number} --failure ${failure}`;
    const ofLane = new RegExp(`lane=${pair.lane}\\b`);
    const lines = rig.bridge.lines.all.filter((line) => ofLane.test(line));
    const told = lines.slice(-LINES_SHOWN).map((line) => `  ${line}`);
    state.difference = [
      wordsOf(where, steps, found),
      `failure in front of step ${at}: ${rule}; the bridge's last lines of it:`,
      ...told,
    ].join("\n");
  }
}

interface Short {
  readonly steps: readonly Step[];
  readonly found: Difference | undefined;
}

/** Leaves out every step that the difference does not need; bounded. */
async function shorten(
  pair: Pair,
  steps: readonly Step[],
  tamper: PlayOptions["tamper"],
): Promise<Short> {
  const options = tamper === undefined ? {} : { tamper };
  let short: Short = { steps, found: undefined };
  for (let at = steps.length - 2, plays = 0; at >= 0 && plays < SHRINK_PLAYS_MAX; at -= 1) {
    const fewer = short.steps.filter((_, index) => index !== at);
    const found = await play(pair, fewer, options);
    plays += 1;
    if (found !== undefined) {
      short = { steps: fewer.slice(0, found.index + 1), found };
      at = Math.min(at, short.steps.length - 1);
    }
  }
  return short;
}

function wordsOf(where: string, steps: readonly Step[], found: Difference): string {
  const from = Math.max(0, found.index + 1 - STEPS_SHOWN);
  const shown = steps.slice(from, found.index + 1).map((step, index) => {
    const cdb = Buffer.from(step.cdb).toString("hex");
    const out = step.out === undefined ? "" : `, ${step.out.length} bytes out`;
    return `  ${from + index}: server ${step.server} ${step.name} ${cdb}${out}`;
  });
  return [
    `step ${found.index} differs (${where}), its ${found.what}:`,
    ...(from > 0 ? [`  ... ${from} steps before`] : []),
    ...shown,
    `  bare drive: ${answerWords(found.bare)}`,
    `  bridge:     ${answerWords(found.bridge)}`,
  ].join("\n");
}
