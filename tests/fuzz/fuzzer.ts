/**
 * What a fuzzer is: bad input of one kind, made from a seed, against something that runs. Decides the
 * shape only, so that `run.ts` and the tests treat all kinds alike.
 */

/** How much, from which seed. Equal plans send equal input. */
export interface FuzzPlan {
  readonly seed: number;
  /** Inputs to send; what one is, says the fuzzer. */
  readonly count: number;
  /** Told on the way how many were sent. */
  readonly onSent?: (sent: number) => void;
}

/** What came of it. */
export interface FuzzOutcome {
  /** Inputs that were sent, at least what was planned. */
  readonly sent: number;
  /** CRC32C of all input: the same seed, the same input. */
  readonly digest: number;
  /** What was met how often, so that nobody takes an empty run for a proof. */
  readonly met: Readonly<Record<string, number>>;
  /** What must not be, in words; empty: all is well. */
  readonly wrong: readonly string[];
}

/** One kind of bad input. */
export interface Fuzzer {
  /** Its flag in `run.ts` is `--NAME COUNT`. */
  readonly name: string;
  /** What is sent to what, for the help. */
  readonly help: string;
  /** Rejects only for a fault of the fuzzer itself; what the other side does wrong is in `wrong`. */
  readonly run: (plan: FuzzPlan) => Promise<FuzzOutcome>;
}
