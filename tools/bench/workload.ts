/**
 * The load of every figure: records of one length at queue depth 1, then WRITE FILEMARKS with
 * IMMED=0, from the beginning of the tape. Decides what is timed: everything between the first
 * WRITE and the answer to the closing WRITE FILEMARKS.
 */

import { randomBytes } from "node:crypto";
import type { TapeClient } from "../demo/tape-client.ts";

/** Records are cut from it at changing places: random, so that nothing can compress them. */
const POOL = randomBytes(4 * 1024 * 1024);
const POOL_STEP_BYTES = 4096;

/** Rewinds and writes `bytes` in records of `recordBytes`; bytes per second. Throws ServerFault. */
export async function writeRun(
  tape: TapeClient,
  recordBytes: number,
  bytes: number,
  onRecord: (index: number, count: number) => Promise<void> | undefined = () => undefined,
): Promise<number> {
  await tape.rewind();
  const count = Math.floor(bytes / recordBytes);
  const startMs = performance.now();
  for (let index = 0; index < count; index += 1) {
    await onRecord(index, count);
    const at = (index * POOL_STEP_BYTES) % (POOL.length - recordBytes);
    await tape.write(POOL.subarray(at, at + recordBytes));
  }
  await tape.writeFilemark();
  return (count * recordBytes * 1000) / (performance.now() - startMs);
}
