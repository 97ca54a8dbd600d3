import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { CaseResult } from "../../tools/demo/case-result.ts";

const MAIN_PATH = fileURLToPath(new URL("../../host/main.ts", import.meta.url));
const DEMO_TIMEOUT_MS = 240_000;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs `understudy demo ARGS`; `onErr` sees standard error as it grows. */
async function demo(
  args: readonly string[],
  onErr: (text: string, stop: () => void) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN_PATH, "demo", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEMO_TIMEOUT_MS,
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

function leftovers(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("understudy-demo-"));
}

/** Each story at a size that takes a few seconds. */
const STORIES: readonly (readonly [CaseResult["case"], string])[] = [
  ["none", "32M"],
  ["medium", "64M"],
  ["drive", "64M"],
  ["stuck-drive", "64M"],
  ["no-spare", "32M"],
];

for (const [name, size] of STORIES) {
  test(`demo --fail ${name}: every promise is kept`, async () => {
    const { code, out, err } = await demo(["--size", size, "--fail", name, "--json"]);
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
  });
}

test("an operator who stops it gets the terminal back and no leftovers", async () => {
  const before = leftovers();
  const { code, err } = await demo(["--size", "256M", "--fail", "none"], (text, stop) => {
    if (text.includes(" to drive ")) {
      stop();
    }
  });
  assert.equal(code, 3, err);
  assert.match(err, /stopped by the operator/);
  assert.deepEqual(leftovers(), before);
});

test("wrong flags: all listed, exit code 2", async () => {
  const { code, err } = await demo(["--size", "many", "--fail", "fire"]);
  assert.equal(code, 2);
  assert.match(err, /--size/);
  assert.match(err, /--fail/);
});
