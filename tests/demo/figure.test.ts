import assert from "node:assert/strict";
import { test } from "node:test";
import { figure, figureLines, median } from "../../tools/bench/figure.ts";
import { parseBench } from "../../tools/bench/options.ts";

test("the median stands in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
});

test("a figure is held to its aim, and shown beside it", () => {
  assert.equal(figure("a", 0.81, "ratio", "", { atLeast: 0.8 }).isMet, true);
  assert.equal(figure("a", 0.79, "ratio", "", { atLeast: 0.8 }).isMet, false);
  assert.equal(figure("a", 101, "ms", "", { atMost: 100 }).isMet, false);
  assert.equal(figure("a", 1, "ms", "").isMet, undefined);
  const lines = figureLines([
    figure("in-line / direct", 0.812, "ratio", "x / y", { atLeast: 0.8 }),
    figure("stall", Number.NaN, "ms", "", { atMost: 100 }),
  ]);
  assert.match(lines[1] ?? "", /^in-line \/ direct +0\.81 +ratio +at least 0\.8 +ok +x \/ y$/);
  assert.match(lines[2] ?? "", /^stall +- +ms +at most 100 +MISSED$/);
});

test("the mistakes of a command line are listed", () => {
  const parsed = parseBench(["--size", "1K", "--pairs", "0", "--runtime", "jvm"]);
  assert.ok(typeof parsed === "object" && "problems" in parsed);
  assert.deepEqual(
    parsed.problems.map(({ key }) => key),
    ["--size", "--pairs", "--runtime"],
  );
});
