/**
 * `understudy demo` as a process of its own, as an operator runs it, and what every story of it
 * must have kept.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { CaseResult } from "../../tools/demo/case-result.ts";

const MAIN_PATH = fileURLToPath(new URL("../../host/main.ts", import.meta.url));
const DEMO_TIMEOUT_MS = 240_000;

/** How it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Runs `understudy demo ARGS`; `onErr` sees standard error as it grows. `temporary`: the directory
 * for temporary files, the system's without it.
 */
export async function demo(
  args: readonly string[],
  onErr: (text: string, stop: () => void) => void = () => undefined,
  temporary = tmpdir(),
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN_PATH, "demo", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEMO_TIMEOUT_MS,
    env: Object.fromEntries([
      ["PATH", SYSTEM_PATH],
      ["TMPDIR", temporary],
    ]),
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    onErr(err, () => child.kill("SIGTERM"));
  });
  await once(child, "close");
  return { code: child.exitCode, out, err };
}

/** The JSON document of one story: right, and whole. */
export function assertKept(name: CaseResult["case"], { code, out, err }: Ended): void {
  assert.equal(code, 0, err);
  const { ok, cases } = JSON.parse(out) as { ok: boolean; cases: CaseResult[] };
  assert.equal(ok, true);
  const [result] = cases;
  assert.ok(result !== undefined && cases.length === 1);
  assert.equal(result.case, name);
  assert.deepEqual(
    result.checks.filter((check) => !check.ok),
    [],
  );
  if (name !== "no-spare") {
    assert.deepEqual(result.readBack, result.sent);
    assert.deepEqual(result.onCartridge, result.sent);
    assert.equal(result.errorsSeen, 0);
  }
}
