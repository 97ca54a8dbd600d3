/**
 * `node tools/trace-replay/run.ts FILE [--core build/core.wasm] [--runtime wamr|v8|auto]`: replays a
 * trace that `understudy start --trace DIR` recorded. Exit 0 identical, 1 different, 2 usage, 3 unreadable.
 */

import { parseArgs } from "node:util";
import { loadCore } from "../../host/bridge/core-module.ts";
import type { RuntimeChoice } from "../../host/core/runtime.ts";
import { messageOf, OperatorError } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { replayTrace } from "./replay.ts";

const USAGE =
  "usage: node tools/trace-replay/run.ts FILE [--core build/core.wasm] [--runtime wamr|v8|auto]";
const RUNTIMES: readonly RuntimeChoice[] = ["wamr", "v8", "auto"];

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      core: { type: "string", default: "build/core.wasm" },
      runtime: { type: "string", default: "auto" },
    },
  });
  const [file, ...rest] = positionals;
  const choice = RUNTIMES.find((name) => name === values.runtime);
  if (file === undefined || rest.length > 0 || choice === undefined) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const core = await loadCore(choice, values.core);
  const replay = replayTrace(file, await core.instance());
  switch (replay.kind) {
    case "identical": {
      const steps = `${replay.stepCount} steps`;
      const cut = replay.isCut ? ", its last record is cut short" : "";
      console.log(`identical under ${core.runtime}: ${steps}, ${replay.actionCount} actions${cut}`);
      return EXIT_DONE;
    }
    case "different":
      console.log(`different in step ${replay.stepIndex}, ${replay.reason}`);
      return EXIT_WRONG;
    case "unreadable":
      console.error(`${file}: ${replay.reason}`);
      return EXIT_MACHINE;
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((thrown: unknown) => {
  if (thrown instanceof OperatorError) {
    console.error(thrown.message);
    return thrown.exitCode;
  }
  console.error(`${messageOf(thrown)}\n${USAGE}`);
  return EXIT_USAGE;
});
