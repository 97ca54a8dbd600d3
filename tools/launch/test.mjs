#!/usr/bin/env node
/**
 * `npm test`: sets the packages up, then runs test-run.ts with the project's own Node. Decides
 * nothing about the tests.
 */

import { join } from "node:path";
import { runNode } from "./run-node.mjs";
import { ROOT, SetUpFault, setUp } from "./set-up.mjs";

const EXIT_MACHINE = 3;

try {
  const node = await setUp({ core: false });
  const script = join(ROOT, "tools", "launch", "test-run.ts");
  process.exitCode = await runNode(node, [script, ...process.argv.slice(2)]);
} catch (error) {
  if (!(error instanceof SetUpFault)) {
    throw error;
  }
  process.stderr.write(`test: ${error.message}\n`);
  process.exitCode = EXIT_MACHINE;
}
