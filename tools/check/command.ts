/** Runs one of the packages' programs as a check: its words are the breaches. Decides no rule. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Check } from "./check.ts";

const COMMAND_TIMEOUT_MS = 180_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const LINE_COUNT_SHOWN_MAX = 60;

/** A check that passes when `script` (below node_modules) run with `args` exits 0. */
export function commandCheck(name: string, script: string, args: readonly string[]): Check {
  return { name, find: (root) => run(root, join(root, "node_modules", script), args) };
}

function run(root: string, script: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [script, ...args],
      { cwd: root, timeout: COMMAND_TIMEOUT_MS, maxBuffer: OUTPUT_BYTES_MAX },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve([]);
          return;
        }
        const lines = stripVTControlCharacters(`${stdout}${stderr}`)
          .split("\n")
          .filter((line) => line.trim() !== "");
        const shown = lines.slice(0, LINE_COUNT_SHOWN_MAX);
        const rest = lines.length - shown.length;
        const more = rest > 0 ? [`... and ${rest} lines more`] : [];
        const end = error.killed === true ? [`ended after ${COMMAND_TIMEOUT_MS / 1000} s`] : [];
        resolve([...shown, ...more, ...end, ...(lines.length === 0 ? [error.message] : [])]);
      },
    );
  });
}
