/**
 * `node tools/trace-replay/run.ts FILE [--core build/core.wasm]`: replays a trace that
 * `understudy start --trace DIR` recorded. Exit 0 identical, 1 different, 2 usage, 3 unreadable.
 */

import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadV8 } from "../../host/core/load-v8.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { replayTrace, trapCountOf } from "./replay.ts";

const USAGE = "usage: node tools/trace-replay/run.ts FILE [--core build/core.wasm]";

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { core: { type: "string", default: "build/core.wasm" } },
  });
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const wasm = new Uint8Array(readFileSync(values.core));
  const runtime = await loadV8(wasm);
  if ("fault" in runtime) {
    console.error(`${values.core}: ${runtime.fault}`);
    return EXIT_MACHINE;
  }
  const more: CoreRuntime[] = [];
  for (let count = existsSync(file) ? trapCountOf(file) : 0; count > 0; count -= 1) {
    const next = await loadV8(wasm);
    more.push(...("fault" in next ? [] : [next]));
  }
  const replay = replayTrace(file, runtime, more);
  switch (replay.kind) {
    case "identical": {
      const cut = replay.isCut ? ", its last record is cut short" : "";
      const traps = replay.trapCount > 0 ? `, ${replay.trapCount} traps` : "";
      console.log(
        `identical: ${replay.stepCount} steps, ${replay.actionCount} actions${traps}${cut}`,
      );
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
  console.error(`${messageOf(thrown)}\n${USAGE}`);
  return EXIT_USAGE;
});
