#!/usr/bin/env node
/**
 * The program's front door: sets the checkout up where needed, then runs host/main.ts with the
 * project's own Node. Decides which commands need the core; everything else is host/main.ts.
 */

import { join } from "node:path";
import { runNode } from "./run-node.mjs";
import { ROOT, SetUpFault, setUp } from "./set-up.mjs";

/** Young objects are few and short-lived: 4 MiB instead of 16 saves some 30 MiB at full load, and no speed. */
const SMALL_HEAP = "--max-semi-space-size=4";
const EXIT_MACHINE = 3;
const EXIT_INTERNAL = 70;
/** Commands that run the bridge; the others start without a built core. */
const CORE_COMMANDS = new Set(["demo", "start", "bench"]);

const args = process.argv.slice(2);
const helpOnly = args.includes("--help") || args.includes("-h");
try {
  const core = CORE_COMMANDS.has(args[0] ?? "") && !helpOnly;
  const node = await setUp({ core, addon: core });
  process.exitCode = await runNode(node, [SMALL_HEAP, join(ROOT, "host", "main.ts"), ...args]);
} catch (error) {
  const known = error instanceof SetUpFault;
  process.stderr.write(`understudy: ${known ? error.message : (error.stack ?? error)}\n`);
  process.exitCode = known ? EXIT_MACHINE : EXIT_INTERNAL;
}
