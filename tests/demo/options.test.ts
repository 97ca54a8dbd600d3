import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseDemo } from "../../tools/demo/options.ts";

function reasons(argv: readonly string[]): string {
  const parsed = parseDemo(argv);
  assert.ok(typeof parsed === "object" && "problems" in parsed);
  return parsed.problems.map(({ key, reason }) => `${key} ${reason}`).join("\n");
}

test("without flags: about 1 GiB, a dying cartridge, then a dying drive", () => {
  const parsed = parseDemo([]);
  assert.ok(typeof parsed === "object" && "cases" in parsed);
  assert.equal(parsed.sizeBytes, 1024 ** 3);
  assert.deepEqual(
    parsed.cases.map(({ name }) => name),
    ["medium", "drive"],
  );
  assert.equal(parsed.library, "practice");
});

test("--fail may be given several times", () => {
  const parsed = parseDemo(["--fail", "none", "--fail=no-spare", "--size", "64M"]);
  assert.ok(typeof parsed === "object" && "cases" in parsed);
  assert.deepEqual(
    parsed.cases.map(({ name }) => name),
    ["none", "no-spare"],
  );
});

test("every mistake is listed", () => {
  const text = reasons([
    ...["--path", "/etc/passwd", "--size", "1K", "--fail", "fire"],
    ...["--library", "tapes", "--runtime", "jvm", "--speed", "9"],
  ]);
  for (const key of ["--path", "--size", "--fail", "--library", "--runtime", "--speed"]) {
    assert.match(text, new RegExp(`^${key} `, "m"));
  }
});

test("no command line makes it throw", () => {
  const word = fc.oneof(
    fc.constantFrom("--path", "--size", "--fail", "--library", "--runtime", "--json", "--", "-x"),
    fc.string({ maxLength: 12 }).filter((text) => !text.includes("\0")),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      assert.doesNotThrow(() => parseDemo(argv));
    }),
  );
});
