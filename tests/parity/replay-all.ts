/**
 * Replays a trace under every runtime that is here. Decides what has to be the same: all actions as
 * recorded, and the whole memory at the end.
 */

import assert from "node:assert/strict";
import { crc32c } from "@node-rs/crc32";
import { wamrFault } from "../../host/core/load-wamr.ts";
import type { CoreRuntime, RuntimeName } from "../../host/core/runtime.ts";
import { replayTrace, trapCountOf } from "../../tools/trace-replay/replay.ts";
import { CORE_PATH, instanceOf, moduleAt } from "./runtimes.ts";

/** What was replayed. */
export interface Replayed {
  readonly stepCount: number;
  readonly actionCount: number;
  readonly isCut: boolean;
  /** CRC32C of the whole memory at the end. */
  readonly memoryDigest: number;
}

/** The runtimes of this machine. */
export function runtimesHere(): readonly RuntimeName[] {
  return wamrFault() === undefined ? ["v8", "wamr"] : ["v8"];
}

/**
 * Replays the file with the module at `corePath`; after a recorded trap with a fresh instance, as the
 * bridge did. Throws AssertionError where it is not identical under all of these.
 */
export async function replayUnder(
  path: string,
  runtimes: readonly RuntimeName[],
  corePath: string = CORE_PATH,
): Promise<Replayed> {
  const wasm = moduleAt(corePath);
  const trapCount = trapCountOf(path);
  let first: { readonly replayed: Replayed; readonly memory: Buffer } | undefined;
  for (const name of runtimes) {
    const more: CoreRuntime[] = [];
    for (let count = 0; count < trapCount; count += 1) {
      more.push(await instanceOf(name, wasm));
    }
    const runtime = await instanceOf(name, wasm);
    const replay = replayTrace(path, runtime, more);
    assert.ok(replay.kind === "identical", `${path} under ${name}: ${JSON.stringify(replay)}`);
    const { buffer, byteOffset, byteLength } = (more.at(-1) ?? runtime).memory;
    const memory = Buffer.from(buffer, byteOffset, byteLength);
    const { stepCount, actionCount, isCut } = replay;
    const memoryDigest = crc32c(memory);
    first ??= { replayed: { stepCount, actionCount, isCut, memoryDigest }, memory };
    assert.equal(stepCount, first.replayed.stepCount);
    assert.ok(memory.equals(first.memory), `${path}: another memory under ${name}`);
  }
  assert.ok(first !== undefined);
  return first.replayed;
}
