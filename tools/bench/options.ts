/** The flags of `understudy bench`. Decides names, defaults and mistakes. */

import type { RuntimeChoice } from "../../host/core/runtime.ts";
import { type FlagRule, HELP_FLAG, JSON_FLAG, readFlags } from "../../host/lib/flags.ts";
import { helpLines } from "../../host/lib/help.ts";
import type { Problem } from "../../host/lib/problem.ts";
import { formatSize, parseSize } from "../../host/lib/size.ts";

/** What shall be measured. */
export interface BenchOptions {
  /** Written in each run. */
  readonly bytes: number;
  readonly pairs: number;
  readonly runtime: RuntimeChoice;
  readonly json: boolean;
}

const DEFAULT_SIZE = "512M";
const SIZE_BYTES_MIN = 16_777_216;
const SIZE_BYTES_MAX = 64 * 1024 ** 3;
const DEFAULT_PAIRS = "3";
const PAIRS_MAX = 99;
const RUNTIMES: readonly RuntimeChoice[] = ["wamr", "v8", "auto"];

const BENCH_FLAGS: readonly FlagRule[] = [
  {
    name: "size",
    value: "SIZE",
    help: "written in each run",
    fallback: DEFAULT_SIZE,
    example: DEFAULT_SIZE,
  },
  {
    name: "pairs",
    value: "N",
    help: "runs of each kind, interleaved",
    fallback: DEFAULT_PAIRS,
    example: DEFAULT_PAIRS,
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
export function benchHelpLines(): string[] {
  return helpLines({
    usage: "bench [--size SIZE] [--pairs N] [--json]",
    what: [
      "Measures the project's figures side by side in one run: a drive directly and in-line, a",
      "failure, memory, and the core alone. Debian's tgt is the library where it can be had (root).",
      "A missed aim is shown, not an error.",
    ],
    flags: BENCH_FLAGS,
    examples: ["understudy bench", "understudy bench --size 64M --pairs 1 --json"],
  });
}

/** Reads the words after `bench`; every mistake is listed. Never throws. */
export function parseBench(
  argv: readonly string[],
): BenchOptions | "help" | { readonly problems: readonly Problem[] } {
  const flags = readFlags(argv, BENCH_FLAGS);
  if (flags.values.has("help") || argv.includes("-h")) {
    return "help";
  }
  const problems = [...flags.problems];
  const text = (name: string, fallback: string): string => flags.values.get(name)?.[0] ?? fallback;
  const complain = (name: string, reason: string, example: string): void => {
    problems.push({ key: `--${name}`, reason, example: `--${name} ${example}` });
  };
  const bytes = parseSize(text("size", DEFAULT_SIZE)) ?? 0;
  if (bytes < SIZE_BYTES_MIN || bytes > SIZE_BYTES_MAX) {
    const range = `${formatSize(SIZE_BYTES_MIN)} to ${formatSize(SIZE_BYTES_MAX)}`;
    complain("size", `must be a size from ${range}`, DEFAULT_SIZE);
  }
  const pairs = Number(text("pairs", DEFAULT_PAIRS));
  if (!Number.isInteger(pairs) || pairs < 1 || pairs > PAIRS_MAX) {
    complain("pairs", `must be a whole number from 1 to ${PAIRS_MAX}`, DEFAULT_PAIRS);
  }
  const asked = text("runtime", "auto");
  const runtime = RUNTIMES.find((name) => name === asked) ?? "auto";
  if (runtime !== asked) {
    complain("runtime", `must be one of ${RUNTIMES.join(", ")}`, "auto");
  }
  const json = flags.values.has("json");
  return problems.length > 0 ? { problems } : { bytes, pairs, runtime, json };
}
