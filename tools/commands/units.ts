/** The units of a bridge whose commands docs/commands.md lists. */

import type { UnitCommands } from "./document.ts";
import { LANE_TABLE, readRows } from "./read-table.ts";
import { LANE_REFUSED, LANE_WORDS } from "./words.ts";

/** Of the tree at `root`. */
export function unitsOf(root: string): UnitCommands[] {
  const rows = readRows(root, LANE_TABLE);
  return [{ title: "Lane (LUN 1 and up)", rows, words: LANE_WORDS, refused: LANE_REFUSED }];
}
