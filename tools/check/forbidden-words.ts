/** Words that have no place in the tree: paths of one machine, and work left for later. */

import type { Check } from "./check.ts";
import { projectTexts } from "./project-files.ts";

/** Written in pieces, so that this file does not break its own rule. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: new RegExp(`(?<![\\w.$}])/(?:${"wo"}rk|${"ho"}me)/`), why: "a path of one machine" },
  { pattern: new RegExp(`\\b(?:${"TO"}DO|${"FIX"}ME|${"XX"}X)\\b`), why: "work left for later" },
];

/** Breaches among these files, by path from the root. */
export function wordBreaches(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].flatMap(([path, text]) =>
    text
      .split("\n")
      .flatMap((line, index) =>
        FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(
          ({ why }) => `${path}:${index + 1}: ${why}: ${line.trim().slice(0, 80)}`,
        ),
      ),
  );
}

export const FORBIDDEN_WORDS: Check = {
  name: "forbidden words",
  find: async (root) => wordBreaches(projectTexts(root)),
};
