/**
 * `understudy ring` in this process, and rings on files for it. Decides how its lines are kept apart;
 * what they have to be is the test's.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { openCache } from "../../host/cache/open-cache.ts";
import { runRing } from "../../tools/ring/run.ts";

/** The exit code and what was said; `heard` is told each line of standard error as it comes. */
export async function runCommand(
  args: readonly string[],
  signal = new AbortController().signal,
  heard: (line: string) => void = () => undefined,
) {
  const lines = { out: "", err: "" };
  const io = {
    out: (line: string) => {
      lines.out += `${line}\n`;
    },
    err: (line: string) => {
      lines.err += `${line}\n`;
      heard(line);
    },
    signal,
  };
  const exitCode = await runRing(args, io, undefined, {});
  return { exitCode, ...lines };
}

/** Makes `path` the ring in these bytes, as a bridge leaves it that had the key in `keyPath`. */
export async function writeEncrypted(path: string, keyPath: string, ring: Buffer): Promise<void> {
  const secret = randomBytes(32);
  writeFileSync(keyPath, secret, { mode: 0o600 });
  const access = { secret, bootId: "", onRemade: () => undefined };
  const cache = await openCache(path, ring.length, access);
  assert.ok(!("fault" in cache));
  await new Promise((done) => cache.write(0, [ring], done));
  cache.close();
}
