/**
 * The command line's grammar: `--name value`, `--name=value`, `--switch`, positionals. Decides what
 * is a flag, its value and a mistake; what the values mean is the caller's.
 * Invariants: never throws; every mistake is listed, not only the first.
 */

import { parseArgs } from "node:util";
import type { Problem } from "./problem.ts";

/** One flag of a command: a row of its table, also the source of its help. */
export interface FlagRule {
  /** Without dashes, kebab-case. */
  readonly name: string;
  /** What stands for the value in the help ("DIR"); "" for a switch without a value. */
  readonly value: string;
  readonly help: string;
  /** The default in words; "" where there is none worth saying. */
  readonly fallback: string;
  /** A value that works, for messages. */
  readonly example: string;
  /** May be given several times; otherwise twice is a mistake. */
  readonly repeats?: boolean;
}

/** What a command line says. Switches that were given hold [""]. */
export interface Flags {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly problems: readonly Problem[];
}

/** The switches that every command understands; put them into the table of each. */
export const HELP_FLAG: FlagRule = {
  name: "help",
  value: "",
  help: "this text",
  fallback: "",
  example: "",
};
export const JSON_FLAG: FlagRule = {
  name: "json",
  value: "",
  help: "standard output is one JSON document",
  fallback: "",
  example: "",
};

/** Reads `argv` (without program and command) by the rules. At most `positionalsMax` positionals. */
export function readFlags(
  argv: readonly string[],
  rules: readonly FlagRule[],
  positionalsMax = 0,
): Flags {
  const problems: Problem[] = [];
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const options = rules.map(({ name, value }) => [
    name,
    { type: value === "" ? ("boolean" as const) : ("string" as const) },
  ]);
  const { tokens, positionals } = parseArgs({
    args: withoutValueless(argv, byName, problems),
    options: Object.fromEntries(options),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "option") {
      takeOption(token, byName, values, problems);
    }
  }
  for (const extra of positionals.slice(positionalsMax)) {
    problems.push({ key: extra, reason: "is not expected here", example: "" });
  }
  return { values, positionals: positionals.slice(0, positionalsMax), problems };
}

/** Takes out flags whose value is missing: the next flag would be swallowed as the value. */
function withoutValueless(
  argv: readonly string[],
  byName: ReadonlyMap<string, FlagRule>,
  problems: Problem[],
): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return argv.filter((word, index) => {
    const rule = word.startsWith("--") && index < end ? byName.get(word.slice(2)) : undefined;
    const next = argv[index + 1];
    if (rule === undefined || rule.value === "" || (next !== undefined && !/^--/.test(next))) {
      return true;
    }
    problems.push({ key: word, reason: `needs a value (${rule.value})`, example: exampleOf(rule) });
    return false;
  });
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

function takeOption(
  token: OptionToken,
  byName: ReadonlyMap<string, FlagRule>,
  values: Map<string, string[]>,
  problems: Problem[],
): void {
  const rule = byName.get(token.name);
  if (rule === undefined || !token.rawName.startsWith("--")) {
    const known = [...byName.keys()].map((name) => `--${name}`).join(" ");
    problems.push({ key: token.rawName, reason: `is not a flag; flags: ${known}`, example: "" });
    return;
  }
  const before = values.get(rule.name);
  if (rule.value === "" && token.value !== undefined) {
    problems.push({ key: token.rawName, reason: "takes no value", example: token.rawName });
  } else if (rule.value !== "" && (token.value ?? "") === "") {
    const reason = `needs a value (${rule.value})`;
    problems.push({ key: token.rawName, reason, example: exampleOf(rule) });
  } else if (before !== undefined && rule.repeats !== true && rule.value !== "") {
    problems.push({ key: token.rawName, reason: "is given twice", example: exampleOf(rule) });
  } else {
    values.set(rule.name, [...(before ?? []), token.value ?? ""]);
  }
}

function exampleOf(rule: FlagRule): string {
  return `--${rule.name} ${rule.example}`;
}
