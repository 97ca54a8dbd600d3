/**
 * The checks, in their order, and how their result is told: one line each with its duration,
 * breaches below it. Decides the list; each rule is a file beside this one.
 */

import type { Check } from "./check.ts";
import { commandCheck } from "./command.ts";
import { COMMANDS_DOCUMENT } from "./commands-document.ts";
import { CORE_MODULE } from "./core-module.ts";
import { FORBIDDEN_WORDS } from "./forbidden-words.ts";
import { IMPORT_RANKS } from "./import-ranks.ts";
import { LINKS } from "./links.ts";
import { LOCK_FILE } from "./lock-file.ts";
import { READMES } from "./readmes.ts";
import { RECOVERY_LABELS } from "./recovery-labels.ts";

/** Warnings count: a rule that is not worth failing for is not worth having. Hints do not. */
const LINT_ARGS = [
  "check",
  "--diagnostic-level=warn",
  "--error-on-warnings",
  "--max-diagnostics=50",
];

/** Checks of the sources. */
export const SOURCE_CHECKS: readonly Check[] = [
  commandCheck("format and lint", "@biomejs/biome/bin/biome", LINT_ARGS),
  commandCheck("types", "typescript/bin/tsc", ["-p", "."]),
  IMPORT_RANKS,
  READMES,
  LINKS,
  LOCK_FILE,
  FORBIDDEN_WORDS,
  RECOVERY_LABELS,
  COMMANDS_DOCUMENT,
];

/** Checks of what was built from them. */
export const BUILD_CHECKS: readonly Check[] = [CORE_MODULE];

/** How many kept their rule and how many did not. */
export interface CheckCount {
  readonly passed: number;
  readonly failed: number;
}

/** Runs the checks one after the other; `say` gets finished lines. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  root: string,
  say: (line: string) => void,
): Promise<CheckCount> {
  let passed = 0;
  for (const check of checks) {
    const startMs = performance.now();
    const breaches = await check.find(root).catch((thrown) => [`the check broke: ${thrown}`]);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    say(`${breaches.length === 0 ? "ok  " : "FAIL"} check ${check.name} (${seconds} s)`);
    for (const breach of breaches) {
      say(`     ${breach}`);
    }
    passed += breaches.length === 0 ? 1 : 0;
  }
  return { passed, failed: checks.length - passed };
}
