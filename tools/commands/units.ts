/** The units of a bridge whose commands docs/commands.md lists. */

import { CHANGER_REFUSED, CHANGER_WORDS } from "./changer-words.ts";
import type { UnitCommands } from "./document.ts";
import { CHANGER_TABLE, LANE_TABLE, readRows } from "./read-table.ts";
import { LANE_REFUSED, LANE_WORDS } from "./words.ts";

/** Of the tree at `root`. */
export function unitsOf(root: string): UnitCommands[] {
  return [
    {
      title: "Changer (LUN 0)",
      rows: readRows(root, CHANGER_TABLE),
      words: CHANGER_WORDS,
      refused: CHANGER_REFUSED,
    },
    {
      title: "Lane (LUN 1 and up)",
      rows: readRows(root, LANE_TABLE),
      words: LANE_WORDS,
      refused: LANE_REFUSED,
    },
  ];
}
