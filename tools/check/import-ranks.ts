/**
 * Who may import whom: only downward. Decides the rank of every room and the few exceptions; the
 * table below is the rule, in one place.
 */

import { posix } from "node:path";
import type { Check } from "./check.ts";
import { projectTexts } from "./project-files.ts";

/** Rooms from the lowest rank to the highest. Two rooms of one rank never import each other. */
const RANKS: readonly (readonly string[])[] = [
  ["assembly/spec"],
  ["assembly"],
  ["host/lib"],
  ["host/core"],
  ["host/iscsi"],
  [
    ...["host/target", "host/initiator", "host/drive", "host/cache"],
    ...["host/robot", "host/switch", "host/panel"],
  ],
  ["host/lane"],
  ["host/console", "host/web", "host/config"],
  ["host/bridge"],
  ["host/main.ts"],
  ["tools"],
  ["tests"],
];

interface Exception {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/** Imports that the ranks forbid and that are right all the same. */
const ALLOWED: readonly Exception[] = [
  { from: "host/main.ts", to: "tools", why: "it loads the commands of tools/ when called" },
];

/** Imports that the ranks allow and that are wrong all the same. */
const FORBIDDEN: readonly Exception[] = [
  { from: "host", to: "assembly", why: "the host shares only assembly/spec with the core" },
  { from: "tools/practice-library", to: "assembly", why: "a bug must not hide in both" },
  { from: "tools/practice-library", to: "host/core", why: "a bug must not hide in both" },
  { from: "tools/cartridge", to: "", why: "the witness shares no code: only Node's own modules" },
  { from: "tools/ring", to: "assembly", why: "a bug must not hide in both" },
  { from: "tests/ring/spec-reader.ts", to: "", why: "written from SPEC.md, it shares no code" },
  { from: "assembly", to: "host", why: "the core imports only the core" },
  { from: "assembly", to: "tools", why: "the core imports only the core" },
];

/** Exceptions to FORBIDDEN, by the same path prefixes. */
const STILL_ALLOWED: readonly Exception[] = [
  { from: "host", to: "assembly/spec", why: "literals that both sides of the ABI share" },
  { from: "tools/cartridge", to: "tools/cartridge", why: "its own files" },
];

const SOURCE_PATTERN = /\.(?:ts|mts|mjs)$/;
/** Specifiers of static imports, re-exports, bare imports, and dynamic imports of a literal. */
const IMPORT_PATTERN =
  /^\s*(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s*)?["']([^"'\n]+)["']|\bimport\(\s*["']([^"'\n]+)["']\s*\)/gm;

/** The breaches in these files; the keys are paths from the root, the values their text. */
export function rankBreaches(texts: ReadonlyMap<string, string>): string[] {
  const breaches: string[] = [];
  for (const [path, text] of texts) {
    if (!SOURCE_PATTERN.test(path)) {
      continue;
    }
    for (const [, type, named, called] of text.matchAll(IMPORT_PATTERN)) {
      const why = breachOf(path, named ?? called ?? "", type !== undefined);
      if (why !== "") {
        breaches.push(`${path} imports ${named ?? called}: ${why}`);
      }
    }
  }
  return breaches;
}

/** Why a file may not import this; "" when it may. A type import shares no code. */
function breachOf(from: string, specifier: string, isType: boolean): string {
  if (specifier.startsWith("node:")) {
    return "";
  }
  const isOwn = specifier.startsWith(".");
  const to = isOwn ? posix.join(posix.dirname(from), specifier) : `node_modules/${specifier}`;
  const forbidden = FORBIDDEN.find((row) => matches(row, from, to));
  if (forbidden !== undefined && !isType && !STILL_ALLOWED.some((row) => matches(row, from, to))) {
    return forbidden.why;
  }
  if (!isOwn || ALLOWED.some((row) => matches(row, from, to))) {
    return "";
  }
  return rankBreachOf(from, to);
}

function rankBreachOf(from: string, to: string): string {
  const own = roomOf(from);
  const other = roomOf(to);
  if (own === undefined || other === undefined) {
    return own === undefined ? `${from} is in no room of the table` : "";
  }
  if (own.name === other.name || own.rank > other.rank) {
    return "";
  }
  return own.rank === other.rank
    ? `${own.name} and ${other.name} have the same rank`
    : `${own.name} is below ${other.name}`;
}

function matches(row: Exception, from: string, to: string): boolean {
  return isWithin(from, row.from) && isWithin(to, row.to);
}

function isWithin(path: string, prefix: string): boolean {
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}

/** The room with the longest matching name. */
function roomOf(path: string): { name: string; rank: number } | undefined {
  const rooms = RANKS.flatMap((names, rank) => names.map((name) => ({ name, rank })));
  return rooms
    .filter(({ name }) => isWithin(path, name))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

export const IMPORT_RANKS: Check = {
  name: "import ranks",
  find: async (root) => rankBreaches(projectTexts(root)),
};
