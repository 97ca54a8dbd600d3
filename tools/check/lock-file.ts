/** package-lock.json names no registry: the packages come from wherever a machine gets them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check } from "./check.ts";

const ADDRESS_PATTERN = /"resolved"\s*:\s*"(?:https?|git|ssh)[^"]*"/g;

/** Breaches in the text of a package-lock.json. */
export function lockFileBreaches(text: string): string[] {
  return [...text.matchAll(ADDRESS_PATTERN)].map(
    ([address]) =>
      `package-lock.json holds ${address}: set omit-lockfile-registry-resolved in .npmrc`,
  );
}

export const LOCK_FILE: Check = {
  name: "lock file",
  find: async (root) => lockFileBreaches(readFileSync(join(root, "package-lock.json"), "utf8")),
};
