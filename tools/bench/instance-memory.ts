/**
 * `node --expose-gc tools/bench/instance-memory.ts RUNTIME TRACE`: the resident bytes that one more
 * instance of the core takes in a process that has one already. One JSON document.
 */

import { loadCore } from "../../host/bridge/core-module.ts";
import type { CoreRuntime, RuntimeChoice } from "../../host/core/runtime.ts";
import { replayTrace } from "../trace-replay/replay.ts";

const COUNT = 12;
const CHOICES: readonly RuntimeChoice[] = ["v8", "wamr"];

const [name, path = ""] = process.argv.slice(2);
const choice = CHOICES.find((one) => one === name);
if (choice === undefined || globalThis.gc === undefined) {
  throw new Error("usage: node --expose-gc tools/bench/instance-memory.ts v8|wamr TRACE");
}
const core = await loadCore(choice);
const kept: CoreRuntime[] = [];

async function addOne(): Promise<void> {
  const runtime = await core.instance();
  replayTrace(path, runtime);
  kept.push(runtime);
}

await addOne();
globalThis.gc();
const before = process.memoryUsage.rss();
for (let index = 0; index < COUNT; index += 1) {
  await addOne();
}
globalThis.gc();
const bytes = (process.memoryUsage.rss() - before) / COUNT;
console.log(JSON.stringify({ bytes, count: kept.length - 1 }));
