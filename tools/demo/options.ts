/**
 * The flags of `understudy demo`. Decides names, defaults and mistakes; nothing is looked up but
 * whether `--path` is a directory.
 */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../host/lib/error.ts";
import {
  type FlagRule,
  type Flags,
  HELP_FLAG,
  JSON_FLAG,
  readFlags,
} from "../../host/lib/flags.ts";
import { helpLines } from "../../host/lib/help.ts";
import type { Problem } from "../../host/lib/problem.ts";
import { formatSize, parseSize } from "../../host/lib/size.ts";
import { DEFAULT_CASES, DEMO_CASES, type DemoCase } from "./demo-case.ts";

/** Which library stands behind the bridge. */
export type LibraryChoice = "practice" | "tgt";

/** What the demo shall do. */
export interface DemoOptions {
  /** Directories to back up, absolute. */
  readonly roots: readonly string[];
  readonly sizeBytes: number;
  readonly cases: readonly DemoCase[];
  readonly library: LibraryChoice;
  /** As for `understudy start`. */
  readonly runtime: string;
  readonly json: boolean;
}

const LIBRARIES: readonly LibraryChoice[] = ["practice", "tgt"];
const RUNTIMES: readonly string[] = ["wamr", "v8", "auto"];
const DEFAULT_SIZE = "1G";
const SIZE_BYTES_MIN = 8_388_608;
const SIZE_BYTES_MAX = 1024 ** 4;
/** Always there, and together large enough for a backup worth the name. */
const DEFAULT_ROOTS = [fileURLToPath(new URL("../../node_modules", import.meta.url)), "/usr"];

const CASE_NAMES: readonly string[] = DEMO_CASES.map(({ name }) => name);

/** The flags, also for the help. */
const DEMO_FLAGS: readonly FlagRule[] = [
  {
    name: "path",
    value: "DIR",
    help: "the directory to back up",
    fallback: "this program's packages, then /usr",
    example: "/usr/share",
  },
  {
    name: "size",
    value: "SIZE",
    help: "stop before this much is archived",
    fallback: DEFAULT_SIZE,
    example: DEFAULT_SIZE,
  },
  {
    name: "fail",
    value: "CASE",
    help: `what breaks: ${CASE_NAMES.join(", ")}; several times for several runs`,
    fallback: `${DEFAULT_CASES.join(", then ")}`,
    example: "medium",
    repeats: true,
  },
  {
    name: "library",
    value: LIBRARIES.join("|"),
    help: "the library: our own, or Debian's tgt (as root)",
    fallback: "practice",
    example: "tgt",
  },
  {
    name: "runtime",
    value: RUNTIMES.join("|"),
    help: "who runs the core",
    fallback: "auto",
    example: "auto",
  },
  JSON_FLAG,
  HELP_FLAG,
];

/** The help of the command. */
export function demoHelpLines(): string[] {
  return helpLines({
    usage: "demo [--path DIR] [--size SIZE] [--fail CASE]... [--library practice|tgt] [--json]",
    what: [
      "Streams a real backup (tar) through a bridge onto tape, breaks something in the middle,",
      "and proves by three counts that every byte, record and filemark is right: as sent, as read",
      "back through the bridge, and as found in the cartridge's file by an independent reader.",
    ],
    flags: DEMO_FLAGS,
    examples: ["understudy demo", "understudy demo --fail stuck-drive --size 256M --json"],
  });
}

/** Reads the words after `demo`; every mistake is listed. Never throws. */
export function parseDemo(
  argv: readonly string[],
): DemoOptions | "help" | { readonly problems: readonly Problem[] } {
  const flags = readFlags(argv, DEMO_FLAGS);
  if (flags.values.has("help") || argv.includes("-h")) {
    return "help";
  }
  const problems = [...flags.problems];
  const options: DemoOptions = {
    roots: rootsOf(flags, problems),
    sizeBytes: sizeOf(flags, problems),
    cases: casesOf(flags, problems),
    library: oneOf(flags, "library", LIBRARIES, "practice", problems),
    runtime: oneOf(flags, "runtime", RUNTIMES, "auto", problems),
    json: flags.values.has("json"),
  };
  return problems.length > 0 ? { problems } : options;
}

function rootsOf(flags: Flags, problems: Problem[]): readonly string[] {
  const path = flags.values.get("path")?.[0];
  if (path === undefined) {
    return DEFAULT_ROOTS;
  }
  const absolute = resolve(path);
  try {
    if (!statSync(absolute).isDirectory()) {
      problems.push({ key: "--path", reason: `${absolute} is not a directory`, example: "/usr" });
    }
  } catch (error) {
    problems.push({ key: "--path", reason: messageOf(error), example: "--path /usr/share" });
  }
  return [absolute];
}

function sizeOf(flags: Flags, problems: Problem[]): number {
  const text = flags.values.get("size")?.[0] ?? DEFAULT_SIZE;
  const bytes = parseSize(text);
  if (bytes === undefined || bytes < SIZE_BYTES_MIN || bytes > SIZE_BYTES_MAX) {
    const range = `${formatSize(SIZE_BYTES_MIN)} to ${formatSize(SIZE_BYTES_MAX)}`;
    const reason = `${text} is not a size from ${range}`;
    problems.push({ key: "--size", reason, example: `--size ${DEFAULT_SIZE}` });
  }
  return bytes ?? 0;
}

function casesOf(flags: Flags, problems: Problem[]): readonly DemoCase[] {
  const names = flags.values.get("fail") ?? DEFAULT_CASES;
  return names.flatMap((name) => {
    const found = DEMO_CASES.filter((demoCase) => demoCase.name === name);
    if (found.length === 0) {
      const reason = `${name} is none of ${CASE_NAMES.join(", ")}`;
      problems.push({ key: "--fail", reason, example: "--fail medium" });
    }
    return found;
  });
}

function oneOf<T extends string>(
  flags: Flags,
  name: string,
  choices: readonly T[],
  fallback: T,
  problems: Problem[],
): T {
  const text = flags.values.get(name)?.[0] ?? fallback;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    const reason = `${text} is none of ${choices.join(", ")}`;
    problems.push({ key: `--${name}`, reason, example: `--${name} ${fallback}` });
  }
  return choice ?? fallback;
}
