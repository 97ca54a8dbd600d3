/** An instance lives as long as any part of it is held, and no longer. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { loadWamr } from "../../host/core/load-wamr.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { skipWithoutWamr, taken } from "./here.ts";
import { tinyModule } from "./tiny-module.ts";

const CORE = new Uint8Array(readFileSync("build/core.wasm"));
const MEBIBYTE = 1024 * 1024;
/** With 6 MiB each, all of them together are far above the bound. */
const INSTANCE_COUNT = 150;
const RESIDENT_BYTES_MAX = 400 * MEBIBYTE;
/** Finalizers of buffers are given to the event loop. */
const TURNS = 3;

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

async function collectAll(): Promise<void> {
  for (let count = 0; count < TURNS; count += 1) {
    collect();
    await turn();
  }
}

async function load(bytes: Uint8Array<ArrayBuffer>): Promise<CoreRuntime> {
  return taken(await loadWamr(bytes));
}

/** What loading answers on another thread: its fault, or "". */
async function faultOnAnotherThread(): Promise<string> {
  const loader = pathToFileURL(resolve("host/core/load-wamr.ts")).href;
  const script = `const { parentPort, workerData } = require("node:worker_threads");
    import(${JSON.stringify(loader)})
      .then(({ loadWamr }) => loadWamr(workerData))
      .then((loaded) => parentPort.postMessage(loaded.fault ?? ""));`;
  const worker = new Worker(script, { eval: true, workerData: tinyModule() });
  const [fault] = await once(worker, "message");
  await worker.terminate();
  return fault;
}

const skip = skipWithoutWamr();

describe("an instance", () => {
  it("is freed when nobody holds any of it", { skip }, async () => {
    for (let count = 0; count < INSTANCE_COUNT; count += 1) {
      (await load(CORE)).memory.fill(count);
      await collectAll();
    }
    const resident = process.memoryUsage().rss;
    assert.ok(resident < RESIDENT_BYTES_MAX, `${Math.round(resident / MEBIBYTE)} MiB`);
  });

  it("is of the first thread of a process that loads one", { skip }, async () => {
    const runtime = await load(tinyModule());
    assert.match(await faultOnAnotherThread(), /runs on one thread of a process/);
    assert.equal(runtime.step(), 0);
  });

  it("stays for its memory alone, and for its step alone", { skip }, async () => {
    // i32.load8_u(8)
    const bytes = tinyModule({ step: [0x41, 8, 0x2d, 0, 0] });
    const { memory } = await load(bytes);
    const { step } = await load(bytes);
    const whole = await load(bytes);
    memory.fill(0xa5);
    whole.memory[8] = 9;
    for (let count = 0; count < 5; count += 1) {
      (await load(CORE)).memory.fill(0xff);
      await collectAll();
    }
    assert.ok(memory.every((byte) => byte === 0xa5));
    assert.equal(step(), 0);
    assert.equal(whole.step(), 9);
  });
});
