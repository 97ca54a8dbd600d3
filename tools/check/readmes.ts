/** Every room says in a short README what it is for. Decides what a room is, and how short. */

import type { Check } from "./check.ts";
import { projectTexts } from "./project-files.ts";

const README_LINES_MAX = 80;
/** Folders whose direct subfolders are rooms, and rooms of their own. */
const ROOM_PARENTS = ["assembly", "host", "tools"];
const SINGLE_ROOMS = ["board", "tests"];
/** Subfolders that hold no module of the program. */
const NO_ROOMS = new Set(["assembly/__tests__", "host/types"]);

/** Breaches among these files, by path from the root. */
export function readmeBreaches(texts: ReadonlyMap<string, string>): string[] {
  return [...roomsOf(texts.keys())].sort().flatMap((room) => {
    const text = texts.get(`${room}/README.md`);
    if (text === undefined) {
      return [`${room} has no README.md`];
    }
    const lineCount = text.trimEnd().split("\n").length;
    return lineCount > README_LINES_MAX
      ? [`${room}/README.md has ${lineCount} lines, at most ${README_LINES_MAX}`]
      : [];
  });
}

function roomsOf(paths: Iterable<string>): Set<string> {
  const rooms = new Set<string>();
  for (const path of paths) {
    const [top = "", sub = "", file] = path.split("/");
    if (ROOM_PARENTS.includes(top) && file !== undefined && !NO_ROOMS.has(`${top}/${sub}`)) {
      rooms.add(`${top}/${sub}`);
    } else if (SINGLE_ROOMS.includes(top)) {
      rooms.add(top);
    }
  }
  return rooms;
}

export const READMES: Check = {
  name: "readmes",
  find: async (root) => readmeBreaches(projectTexts(root)),
};
