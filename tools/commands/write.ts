/** Writes docs/commands.md from the dispatch tables; a check compares the two. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../launch/set-up.mjs";
import { commandsDocument } from "./document.ts";
import { unitsOf } from "./units.ts";

writeFileSync(join(ROOT, "docs", "commands.md"), commandsDocument(unitsOf(ROOT)));
