/** docs/commands.md is what the dispatch tables give. Decides what is said when it is not. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandsDocument } from "../commands/document.ts";
import { unitsOf } from "../commands/units.ts";
import type { Check } from "./check.ts";

const PATH = "docs/commands.md";

/** Breaches: the document's text against what it should be. */
export function documentBreaches(text: string, wanted: string): string[] {
  return text === wanted
    ? []
    : [`${PATH} is not what the tables give: node tools/commands/write.ts`];
}

export const COMMANDS_DOCUMENT: Check = {
  name: "commands document",
  find: async (root) =>
    documentBreaches(readFileSync(join(root, PATH), "utf8"), commandsDocument(unitsOf(root))),
};
