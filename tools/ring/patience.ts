/**
 * Runs work that is cut into steps, so that an operator can see it go on and can stop it. Decides
 * when a bar appears (only where it takes a while) and how often the rest of the process has a turn.
 */
import { setImmediate } from "node:timers/promises";
import type { Progress } from "../demo/progress.ts";

/** No bar for what is done sooner. */
const QUIET_MS = 1000;
/** So long the work may run in one piece: signals and the bar wait meanwhile. */
const TURN_MS = 50;

export interface Phase {
  readonly name: string;
  readonly totalBytes: number;
}

/** The result of the work, which yields bytes done so far; undefined: it was stopped. */
export async function withPatience<Result>(
  work: Generator<number, Result>,
  phase: Phase,
  progress: Progress,
  signal: AbortSignal,
): Promise<Result | undefined> {
  const startMs = performance.now();
  let turnMs = startMs;
  let isShown = false;
  let step = work.next();
  while (step.done !== true && !signal.aborted) {
    const nowMs = performance.now();
    if (nowMs - turnMs >= TURN_MS) {
      if (!isShown && nowMs - startMs >= QUIET_MS) {
        progress.begin(phase.name, phase.totalBytes);
        isShown = true;
      }
      if (isShown) progress.at(step.value, "");
      await setImmediate();
      turnMs = performance.now();
    }
    step = work.next();
  }
  if (isShown) progress.end();
  return step.done === true ? step.value : undefined;
}
