/**
 * Figures and words of a recovery out of its status. Decides which steps begin and end the
 * rewriting, and which words belong to which verdict; a pure function of the status document.
 */

import type { RecoveryStatus } from "../../host/lib/status-document.ts";

/** Copying from the ring begins with one of these and ends with one of the others. */
const COPY_BEGINS = new Set(["616", "621", "633"]);
const COPY_ENDS = new Set(["617", "618", "619"]);

/** The step at which drive or medium is decided. */
export const VERDICT_LABEL = "607";
/** In `cause`, clauses are divided like this; one per verdict begins with the word. */
const CLAUSE_DIVIDER = "; ";
const VERDICT_WORD = "verdict: ";

/** The clauses of the evidence: the fault, then each verdict. */
export function causeClauses(cause: string): readonly string[] {
  return cause.split(CLAUSE_DIVIDER);
}

/** The verdict that was reached at step number `index`, in the status document's words. */
export function verdictAt({ steps, cause }: RecoveryStatus, index: number): string {
  const verdicts = causeClauses(cause).filter((clause) => clause.startsWith(VERDICT_WORD));
  const count = steps.slice(0, index + 1).filter(({ label }) => label === VERDICT_LABEL).length;
  return verdicts[count - 1] ?? cause;
}

/** Rewritten bytes per second; undefined where nothing was rewritten or it did not end. */
export function rewriteRate(recovery: RecoveryStatus): number | undefined {
  const begin = recovery.steps.findLast(({ label }) => COPY_BEGINS.has(label));
  const end = recovery.steps.find(
    ({ label, atMs }) => COPY_ENDS.has(label) && begin !== undefined && atMs >= begin.atMs,
  );
  if (begin === undefined || end === undefined || recovery.rewrittenBytes === 0) {
    return undefined;
  }
  return (recovery.rewrittenBytes * 1000) / Math.max(1, end.atMs - begin.atMs);
}

/** Milliseconds from the first step to step number `index`. */
export function stepOffsetMs(recovery: RecoveryStatus, index: number): number {
  return (recovery.steps[index]?.atMs ?? 0) - (recovery.steps[0]?.atMs ?? 0);
}
