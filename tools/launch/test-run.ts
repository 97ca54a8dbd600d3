/**
 * All tests in their order: checks, core, tests. Decides the order, the flags and the last line:
 * `N passed, N failed`, exit code 0 or 1.
 */

import { EXIT_DONE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type FlagRule, HELP_FLAG, readFlags } from "../../host/lib/flags.ts";
import { helpLines } from "../../host/lib/help.ts";
import { printed } from "../../host/lib/io.ts";
import { problemLines } from "../../host/lib/problem.ts";
import { BUILD_CHECKS, runChecks, SOURCE_CHECKS } from "../check/run.ts";
import { buildCore, runCoreSpecs } from "./core-tests.ts";
import { ensurePrograms } from "./debian.mjs";
import { endRunningTests, runNodeTests } from "./node-tests.ts";
import { ROOT, setUp } from "./set-up.mjs";
import { countLine, sumCounts, type TestCount } from "./test-count.ts";

const PARTS = ["check", "core", "node"] as const;
type Part = (typeof PARTS)[number];

const ONLY_FLAG: FlagRule = {
  name: "only",
  value: PARTS.join("|"),
  help: "runs one part",
  fallback: "all, or node where a pattern is given",
  example: "node",
};
const RULES = [ONLY_FLAG, HELP_FLAG];
/** Real peers that some tests talk to; without them those tests skip themselves and say so. */
const PEER_PROGRAMS = [
  ...["tgtd", "iscsi-ls", "gcc", "python3"],
  ...["aarch64-linux-gnu-gcc", "qemu-aarch64"],
];

function say(line: string): void {
  console.log(line);
}

function helpText(): string[] {
  return helpLines({
    usage: "(npm test --) [--only check|core|node] [PATTERN]",
    what: [
      "Runs the checks, the core's specs and the tests, those whose path holds PATTERN.",
      "Real peers (tgt, libiscsi) are installed where root runs this; else their tests skip.",
    ],
    flags: RULES,
    examples: ["npm test -- iscsi"],
  });
}

async function runPart(part: Part, pattern: string): Promise<TestCount> {
  switch (part) {
    case "check":
      return { ...(await runChecks(SOURCE_CHECKS, ROOT, say)), skipped: 0 };
    case "core": {
      const built = await buildCore(ROOT, say);
      const checked = { ...(await runChecks(BUILD_CHECKS, ROOT, say)), skipped: 0 };
      return sumCounts([built, checked, runCoreSpecs(ROOT, say)]);
    }
    case "node": {
      ensurePrograms(PEER_PROGRAMS, say);
      await setUp({ core: false, addon: true, say });
      const built = await buildCore(ROOT, say);
      const ran = await runNodeTests(ROOT, pattern, say);
      // The build is counted by its own part; here only its failure matters.
      return sumCounts([{ ...built, passed: 0 }, ran]);
    }
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const flags = readFlags(argv, RULES, 1);
  if (flags.values.has("help")) {
    return printed(helpText(), say, EXIT_DONE);
  }
  const pattern = flags.positionals[0] ?? "";
  const only = flags.values.get(ONLY_FLAG.name)?.[0] ?? (pattern === "" ? undefined : "node");
  const parts = PARTS.filter((part) => only === undefined || part === only);
  const unknown = { key: "--only", reason: `must be ${PARTS.join(", ")}`, example: "--only node" };
  const problems = [...flags.problems, ...(parts.length === 0 ? [unknown] : [])];
  if (problems.length > 0) {
    return printed(problemLines("npm test", problems), say, EXIT_USAGE);
  }
  const counts: TestCount[] = [];
  for (const part of parts) {
    counts.push(await runPart(part, pattern));
  }
  const total = sumCounts(counts);
  say(countLine(total));
  return total.failed === 0 ? EXIT_DONE : EXIT_WRONG;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    endRunningTests();
    process.exit(EXIT_WRONG);
  });
}
process.exit(await main(process.argv.slice(2)));
