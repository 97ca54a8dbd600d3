/**
 * Replays a trace under every runtime that is here. Decides what has to be the same: all actions as
 * recorded, and the whole memory at the end.
 */

import assert from "node:assert/strict";
import { crc32c } from "@node-rs/crc32";
import { wamrFault } from "../../host/core/load-wamr.ts";
import type { RuntimeName } from "../../host/core/runtime.ts";
import { replayTrace } from "../../tools/trace-replay/replay.ts";
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

/** Replays the file. Throws AssertionError where it is not identical under all of these. */
export async function replayUnder(
  path: string,
  runtimes: readonly RuntimeName[],
): Promise<Replayed> {
  const wasm = moduleAt(CORE_PATH);
  let first: { readonly replayed: Replayed; readonly memory: Buffer } | undefined;
  for (const name of runtimes) {
    const runtime = await instanceOf(name, wasm);
    const replay = replayTrace(path, runtime);
    assert.ok(replay.kind === "identical", `${path} under ${name}: ${JSON.stringify(replay)}`);
    const { buffer, byteOffset, byteLength } = runtime.memory;
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
