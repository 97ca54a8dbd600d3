/** The test runner in a tree of its own: what fails, fails; what hangs, ends; sums are right. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { readSpecCount } from "../../tools/launch/core-tests.ts";
import { ensurePrograms, findProgram } from "../../tools/launch/debian.mjs";
import { runNodeTests, testFiles } from "../../tools/launch/node-tests.ts";
import { countLine, sumCounts } from "../../tools/launch/test-count.ts";

const IMPORT = 'import { it } from "node:test";\n';
const FILES: readonly (readonly [string, string])[] = [
  ["good", `${IMPORT}it("a", () => {});\nit("b", { skip: "no peer" }, () => {});`],
  ["bad", `${IMPORT}it("a", () => {});\nit("wrong", () => { throw new Error("oh no"); });`],
  ["todo", `${IMPORT}it("a", { todo: true }, () => {});`],
  ["leaking", `${IMPORT}it("a", () => {});\nsetInterval(() => {}, 1000);`],
  ["broken", "syntax error"],
  ["empty", "export {};"],
];
const TIMEOUT_MS = 10_000;
const SHORT_TIMEOUT_MS = 1_500;

function tree(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "understudy-runner-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "tests"));
  for (const [name, text] of FILES) {
    writeFileSync(join(root, "tests", `${name}.test.ts`), text);
  }
  return root;
}

describe("node tests", () => {
  const CASES: readonly (readonly [string, readonly [number, number, number], RegExp])[] = [
    ["good", [1, 0, 1], /^ok {3}tests\/good\.test\.ts: 1 passed, 1 skipped .*\nskip b .*no peer/],
    ["bad", [1, 1, 0], /^FAIL tests\/bad\.test\.ts: 1 passed, 1 failed[\s\S]*oh no/],
    ["todo", [0, 1, 0], /^FAIL/],
    ["broken", [0, 1, 0], /^FAIL[\s\S]*SYNTAX/],
    ["empty", [0, 1, 0], /^FAIL/],
    ["nothing-like-it", [0, 1, 0], /^FAIL no test file matches "nothing-like-it"/],
  ];
  for (const [pattern, [passed, failed, skipped], words] of CASES) {
    it(`${pattern}: ${passed} passed, ${failed} failed, ${skipped} skipped`, async (t) => {
      const said: string[] = [];
      const say = (line: string): void => void said.push(line);
      const count = await runNodeTests(tree(t), pattern, say, TIMEOUT_MS);
      assert.deepEqual(count, { passed, failed, skipped });
      assert.match(said.join("\n"), words);
    });
  }

  it("a file that does not end is ended and has failed", async (t) => {
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    const count = await runNodeTests(tree(t), "leaking", say, SHORT_TIMEOUT_MS);
    assert.ok(count.failed >= 1);
    assert.match(said.join("\n"), /did not end in 1\.5 s/);
  });

  it("are found by a part of their path", (t) => {
    const root = tree(t);
    assert.equal(testFiles(root, "").length, FILES.length);
    assert.deepEqual(testFiles(root, "bad"), ["tests/bad.test.ts"]);
  });
});

describe("counts", () => {
  it("of as-pect are read, colours or not", () => {
    const summary = "  [Summary]\n    [Tests]: \u001b[32m11\u001b[39m / 12\n   [Groups]: 3 / 3\n";
    assert.deepEqual(readSpecCount(summary), { passed: 11, failed: 1 });
    assert.equal(readSpecCount("ERROR TS2304"), undefined);
  });
  it("add up to the last line", () => {
    const sum = sumCounts([
      { passed: 2, failed: 0, skipped: 1 },
      { passed: 3, failed: 1, skipped: 0 },
    ]);
    assert.equal(countLine(sum), "5 passed, 1 failed, 1 skipped");
    assert.equal(countLine({ passed: 5, failed: 0, skipped: 0 }), "5 passed, 0 failed");
  });
});

describe("programs", () => {
  it("that are there are found, and nothing is installed or said", () => {
    const said: string[] = [];
    assert.match(findProgram("sh") ?? "", /\/sh$/);
    assert.equal(findProgram("no-such-program"), undefined);
    assert.equal(
      ensurePrograms(["sh"], (line) => said.push(line)),
      true,
    );
    assert.deepEqual(said, []);
  });
});
