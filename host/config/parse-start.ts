/**
 * From the command line of `understudy start` (and its configuration file) to one BridgeConfig, or
 * to the list of every mistake. Decides precedence (a flag wins over the file) and contradictions.
 * Invariants: never throws, whatever the words or the file hold; does no I/O but `readFile`.
 */

import { join } from "node:path";
import { parse as parseToml } from "smol-toml";
import * as v from "valibot";
import { keyPlaceOf } from "../cache/key-source.ts";
import { messageOf } from "../lib/error.ts";
import type { Flags } from "../lib/flags.ts";
import { HELP_FLAG, JSON_FLAG, readFlags } from "../lib/flags.ts";
import { type Problem, problemLines } from "../lib/problem.ts";
import { defaultStateDirectory, type Environment } from "../lib/state-directory.ts";
import type { BridgeConfig } from "./bridge-config.ts";
import { KEYS, type KeyRule } from "./key-table.ts";
import { type CheckedKeys, CONFIG_SCHEMA } from "./schema.ts";
import { CONFIG_FLAG, START_INVITATION, startHelpLines } from "./start-help.ts";

/** What `understudy start` shall do. `refused` is for standard error and exit code 2. */
export type StartRequest =
  | { readonly kind: "config"; readonly config: BridgeConfig }
  | { readonly kind: "help"; readonly lines: readonly string[] }
  | { readonly kind: "refused"; readonly lines: readonly string[] };

const COMMAND = "understudy start";
const SHOWN_VALUE_LENGTH_MAX = 80;

/**
 * Reads the words after `start`. `env` gives the default directories; `readFile` returns the text
 * of the `--config` file or throws.
 */
export function parseStart(
  argv: readonly string[],
  env: Environment,
  readFile: (path: string) => string,
): StartRequest {
  const flags = readFlags(argv, [...KEYS, CONFIG_FLAG, JSON_FLAG, HELP_FLAG]);
  if (flags.values.has("help") || argv.includes("-h")) {
    return { kind: "help", lines: startHelpLines() };
  }
  if (argv.length === 0) {
    return { kind: "refused", lines: START_INVITATION };
  }
  const problems = [...flags.problems];
  const entries = entriesOf(flags, readFile, problems);
  const checked = checkedKeys(entries, problems);
  if (problems.length > 0 || checked === undefined) {
    return { kind: "refused", lines: problemLines(COMMAND, problems) };
  }
  return { kind: "config", config: configOf(checked, env, flags.values.has("json")) };
}

/** One value on its way to the schema, and how the operator named it. */
interface Entry {
  readonly shownKey: string;
  readonly value: unknown;
}

function entriesOf(
  flags: Flags,
  readFile: (path: string) => string,
  problems: Problem[],
): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const configPath = flags.values.get(CONFIG_FLAG.name)?.[0];
  if (configPath !== undefined) {
    for (const [key, value] of fileEntries(configPath, readFile, problems)) {
      entries.set(key, { shownKey: `${configPath}: ${key}`, value });
    }
  }
  for (const rule of KEYS) {
    const text = flags.values.get(rule.name)?.[0];
    if (text !== undefined) {
      entries.set(rule.name, { shownKey: `--${rule.name}`, value: rule.fromText(text) });
    }
  }
  return entries;
}

function fileEntries(
  path: string,
  readFile: (path: string) => string,
  problems: Problem[],
): [string, unknown][] {
  try {
    const entries = Object.entries(parseToml(readFile(path)));
    const known = new Set(KEYS.map((rule) => rule.name));
    for (const [key] of entries.filter(([name]) => !known.has(name))) {
      const reason = `is not a key; keys: ${[...known].join(" ")}`;
      problems.push({ key: `${path}: ${key}`, reason, example: "" });
    }
    return entries.filter(([name]) => known.has(name));
  } catch (thrown) {
    const [reason = ""] = messageOf(thrown).split("\n");
    problems.push({ key: `--config ${path}`, reason, example: `lanes = 2` });
    return [];
  }
}

function checkedKeys(
  entries: ReadonlyMap<string, Entry>,
  problems: Problem[],
): CheckedKeys | undefined {
  const raw = Object.fromEntries([...entries].map(([key, entry]) => [key, entry.value]));
  const result = v.safeParse(CONFIG_SCHEMA, raw);
  const wrong = new Set(result.issues?.map((issue) => String(issue.path?.[0].key)));
  for (const rule of KEYS.filter(({ name }) => wrong.has(name))) {
    problems.push(problemOf(rule, entries.get(rule.name)));
  }
  if (!result.success) {
    return undefined;
  }
  problems.push(...contradictions(result.output));
  return result.output;
}

function problemOf(rule: KeyRule, entry: Entry | undefined): Problem {
  if (entry === undefined) {
    const reason = `is required: ${rule.must}`;
    return { key: `--${rule.name}`, reason, example: `--${rule.name} ${rule.example}` };
  }
  const isFlag = entry.shownKey.startsWith("--");
  return {
    key: entry.shownKey,
    reason: `must be ${rule.must}, not ${shownValue(entry.value)}`,
    example: isFlag ? `--${rule.name} ${rule.example}` : `${rule.name} = ${rule.toml}`,
  };
}

function shownValue(value: unknown): string {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const shown = typeof value === "string" ? JSON.stringify(value) : text;
  return shown.length > SHOWN_VALUE_LENGTH_MAX
    ? `${shown.slice(0, SHOWN_VALUE_LENGTH_MAX)}...`
    : shown;
}

/** Keys that are right by themselves and wrong together. */
function contradictions({ library, listen, target }: CheckedKeys): Problem[] {
  const isOwnPort = listen.host === library.host && listen.port === library.port;
  const isOwnName = isOwnPort || target === library.targetName;
  return isOwnName
    ? [
        {
          key: isOwnPort ? "--listen" : "--target",
          reason: `is the library's own (--library): a bridge cannot stand behind itself`,
          example: isOwnPort
            ? "--listen 127.0.0.1:3261"
            : "--target iqn.2026-11.com.example:understudy",
        },
      ]
    : [];
}

function configOf(keys: CheckedKeys, env: Environment, json: boolean): BridgeConfig {
  const stateDirectory = keys.state ?? defaultStateDirectory(env);
  return {
    library: keys.library,
    libraryDigests: keys["library-digests"],
    libraryChapFile: keys["library-chap-file"] && keyPlaceOf(keys["library-chap-file"], env),
    laneCount: keys.lanes,
    spareMedia: keys["spare-media"],
    listen: keys.listen,
    advertise: keys.advertise,
    targetName: keys.target,
    accessFile: keys["access-file"],
    chapFile: keys["chap-file"] && keyPlaceOf(keys["chap-file"], env),
    ringPaths: keys.ring ?? [join(stateDirectory, "ring")],
    ringBytes: keys["ring-size"],
    ringKey: keys["ring-key"] && keyPlaceOf(keys["ring-key"], env),
    stateDirectory,
    runtime: keys.runtime,
    driveTimeoutMs: keys["drive-timeout"] * 1000,
    copying: {
      headerMarks: keys["header-marks"],
      percent: keys["copy-below"],
      waitMs: keys["copy-wait"] * 1000,
    },
    padMegabytes: keys.pad,
    traceDirectory: keys.trace,
    json,
  };
}
