/**
 * Every link between documents leads somewhere: to a file or folder of the project, and, where it names a
 * heading, to one that is there. Decides what a link and what a heading's name is; what lies outside of the
 * project is not looked at.
 */

import { dirname, normalize } from "node:path/posix";
import type { Check } from "./check.ts";
import { projectFiles, projectTexts } from "./project-files.ts";

const DOCUMENT = ".md";
/** `[text](target)`, and the definition of a reference, `[name]: target`. */
const LINK_PATTERNS = [
  /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g,
  /^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$/g,
];
const OUTSIDE_PATTERN = /^[a-z][a-z0-9+.-]*:/i;
const FENCE_PATTERN = /^\s*(?:```|~~~)/;
const HEADING_PATTERN = /^#{1,6}\s+(.*?)\s*#*$/;

/** Breaches among these texts; `files`: the paths of all files that there are. */
export function linkBreaches(
  texts: ReadonlyMap<string, string>,
  files: Iterable<string> = texts.keys(),
): string[] {
  const places = placesOf(files);
  const documents = [...texts].filter(([path]) => path.endsWith(DOCUMENT));
  const names = new Map(documents.map(([path, text]) => [path, headingNames(text)]));
  return documents.flatMap(([path, text]) =>
    proseLines(text).flatMap(([line, number]) =>
      targetsOf(line)
        .map((target) => [target, faultOf(path, target, places, names)] as const)
        .filter(([, fault]) => fault !== undefined)
        .map(([target, fault]) => `${path}:${number}: ${target}: ${fault}`),
    ),
  );
}

/** All files, and the folders that they are in. */
function placesOf(files: Iterable<string>): Set<string> {
  const places = new Set<string>(["."]);
  for (const file of files) {
    for (let place = file; place !== "." && !places.has(place); place = dirname(place)) {
      places.add(place);
    }
  }
  return places;
}

/** Lines outside of code, with their numbers from 1. */
function proseLines(text: string): [string, number][] {
  let isCode = false;
  return text.split("\n").flatMap((line, index): [string, number][] => {
    const isFence = FENCE_PATTERN.test(line);
    isCode = isFence ? !isCode : isCode;
    return isFence || isCode ? [] : [[line, index + 1]];
  });
}

function targetsOf(line: string): string[] {
  const prose = line.replace(/`[^`]*`/g, "`code`");
  return LINK_PATTERNS.flatMap((pattern) => [...prose.matchAll(pattern)])
    .map(([, target = ""]) => target)
    .filter((target) => !OUTSIDE_PATTERN.test(target));
}

function faultOf(
  path: string,
  target: string,
  places: ReadonlySet<string>,
  names: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  const [file = "", name] = target.split("#");
  const place = file === "" ? path : normalize(`${dirname(path)}/${file}`).replace(/\/$/, "");
  if (file.startsWith("/") || !places.has(place)) {
    return "there is no such file";
  }
  return name === undefined || names.get(place)?.has(name) === true
    ? undefined
    : "there is no such heading";
}

/** The names of a document's headings, as GitHub makes them; the second of the same name ends in -1. */
function headingNames(text: string): Set<string> {
  const names = new Set<string>();
  for (const [line] of proseLines(text)) {
    const heading = HEADING_PATTERN.exec(line)?.[1];
    if (heading !== undefined) {
      const name = nameOf(heading);
      let count = 0;
      while (names.has(count === 0 ? name : `${name}-${count}`)) {
        count += 1;
      }
      names.add(count === 0 ? name : `${name}-${count}`);
    }
  }
  return names;
}

function nameOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");
}

export const LINKS: Check = {
  name: "links",
  find: async (root) => linkBreaches(projectTexts(root), projectFiles(root)),
};
