/**
 * Every step of the recovery has its scenario test: a string with "[606]" in tests/recovery/.
 * Decides what counts as one; the labels are those of assembly/spec/recovery-label.ts.
 */

import type { Check } from "./check.ts";
import { projectTexts } from "./project-files.ts";

const LABEL_FILE = "assembly/spec/recovery-label.ts";
const SCENARIO_PATTERN = /^tests\/recovery\/.*\.test\.ts$/;
const LABEL_PATTERN = /^export const LABEL_(\d{3})(?:\s*:\s*\w+)?\s*=\s*(\d+)/gm;

/** Breaches among these files, by path from the root. */
export function labelBreaches(texts: ReadonlyMap<string, string>): string[] {
  const labels = [...(texts.get(LABEL_FILE) ?? "").matchAll(LABEL_PATTERN)];
  if (labels.length === 0) {
    return [`${LABEL_FILE} names no label`];
  }
  const scenarios = [...texts].filter(([path]) => SCENARIO_PATTERN.test(path));
  return labels.flatMap(([, name = "", value = ""]) => [
    ...(name === value ? [] : [`${LABEL_FILE}: LABEL_${name} is ${value}`]),
    ...(scenarios.some(([, text]) => namesLabel(text, name))
      ? []
      : [`no test title in tests/recovery names [${name}]`]),
  ]);
}

/** Only inside a string: an array literal of one number is no title. */
function namesLabel(text: string, label: string): boolean {
  return new RegExp(`["'\`][^"'\`\\n]*\\[${label}\\][^"'\`\\n]*["'\`]`).test(text);
}

export const RECOVERY_LABELS: Check = {
  name: "recovery labels",
  find: async (root) => labelBreaches(projectTexts(root)),
};
