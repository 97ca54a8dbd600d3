/**
 * What a job said on the guest's console, step by step. Decides what of it belongs to the step and what to this
 * run: times, and the numbers that a bridge and a library are given when they are made.
 */

import assert from "node:assert/strict";
import type { GuestEnd } from "../../tools/rigs/guest/guest.ts";

const CONSOLE_LINES_SHOWN = 120;
const STEP = /^--- \[([^\]]+)\]/;
const FAILED = /^ {4}=> rc=[1-9]/;
const ENDED = /^ {4}=> rc=/;
const PASSED = /^ {4}=> rc=0 /;
/** Of this run, not of what was done. */
const OF_THIS_RUN: readonly (readonly [RegExp, string])[] = [
  [/ t=[0-9.]+s$/, ""],
  [/UST(CHG)?[0-9A-F]{8,10}/, "SERIAL"],
  [/0x3[0-9a-f]{15}/, "NAA"],
  // Of the cartridge and drive that are in use: a lane's log pages and attributes are theirs.
  [/(Medium serial number:|Load count:|Remaining Kbytes:).*/, "$1"],
];

/** The steps of a job, each as one text: its commands, what they said, how they ended. */
export function transcriptOf(end: GuestEnd): string[] {
  return stepsOf(end).map((lines) => lines.map(withoutRun).join("\n"));
}

/** True when there is such a step and it passed. */
export function stepPassed(end: GuestEnd, label: string): boolean {
  const step = stepsOf(end).find(([first = ""]) => STEP.exec(first)?.[1] === label);
  return step?.some((line) => PASSED.test(line)) === true;
}

/** Each failed step is shown whole, since a summary must name it, then the last lines, then `log`. */
export function assertPassed(end: GuestEnd, log: readonly string[]): void {
  const failed = stepsOf(end).filter((step) => step.some((line) => FAILED.test(line)));
  const last = end.console.slice(-CONSOLE_LINES_SHOWN);
  const words = [`exit code ${end.exitCode}`, ...failed.flat(), "--- console", ...last];
  assert.equal(end.exitCode, 0, [...words, "--- bridge", ...log].join("\n"));
}

/** From its name to how it ended. */
function stepsOf({ console: lines }: GuestEnd): string[][] {
  const steps: string[][] = [];
  let isOpen = false;
  for (const line of lines) {
    if (STEP.test(line)) {
      steps.push([]);
      isOpen = true;
    }
    if (isOpen) {
      steps.at(-1)?.push(line);
    }
    isOpen &&= !ENDED.test(line);
  }
  return steps;
}

function withoutRun(line: string): string {
  return OF_THIS_RUN.reduce((text, [pattern, word]) => text.replace(pattern, word), line);
}
