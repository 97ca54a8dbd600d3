import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CaseResult } from "../../tools/demo/case-result.ts";
import { assertKept, demo } from "./run-demo.ts";

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
    assertKept(name, await demo(["--size", size, "--fail", name, "--json"]));
  });
}

test("an operator who stops it gets the terminal back and no leftovers", async (t) => {
  const temporary = await mkdtemp(join(tmpdir(), "understudy-stop-"));
  t.after(() => rm(temporary, { recursive: true, force: true }));
  const stopInTheMiddle = (text: string, stop: () => void): void => {
    if (text.includes(" to drive ")) {
      stop();
    }
  };
  const { code, err } = await demo(
    ["--size", "256M", "--fail", "none"],
    stopInTheMiddle,
    temporary,
  );
  assert.equal(code, 3, err);
  assert.match(err, /stopped by the operator/);
  assert.deepEqual(await readdir(temporary), []);
});

test("wrong flags: all listed, exit code 2", async () => {
  const { code, err } = await demo(["--size", "many", "--fail", "fire"]);
  assert.equal(code, 2);
  assert.match(err, /--size/);
  assert.match(err, /--fail/);
});
