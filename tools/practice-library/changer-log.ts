/**
 * LOG SENSE of the changer: the list of pages and TapeAlert. Decides what they say: a robot that fails says
 * so in its sense data and sets no flag.
 */

import type { Answer } from "./answer.ts";
import type { LogParameter } from "./log-page.ts";
import { ALERT_FLAGS, answerLogSense, fact } from "./log-page.ts";
import type { Call } from "./unit-shell.ts";

const FLAGS: readonly LogParameter[] = Array.from({ length: ALERT_FLAGS }, (_, index) =>
  fact(index + 1, 1, 0),
);
const PAGES: ReadonlyMap<number, readonly LogParameter[]> = new Map([
  [0x00, []],
  [0x2e, FLAGS],
]);

/** LOG SENSE. */
export function changerLogSense({ cdb }: Call): Answer {
  return answerLogSense(cdb, [...PAGES.keys()], (page) => PAGES.get(page));
}
