/** The grammar of fault rules: every form, every mistake, any text. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { faultRuleExamples, parseFaultRule } from "../../tools/practice-library/fault-rule.ts";

const ALWAYS = Number.POSITIVE_INFINITY;

test("each form of rule is read", () => {
  const neutral = { barcode: "", drive: 0, at: 0, after: 0, times: ALWAYS, rate: 0 };
  const plain = { ...neutral, partition: undefined };
  const onCartridge = { ...plain, barcode: "UND001L9" };
  const onDrive = { ...plain, drive: 2 };
  const rows: [text: string, expected: object][] = [
    ["cartridge UND001L9 write fail", { ...onCartridge, kind: "cartridge-write" }],
    [
      "cartridge UND001L9 write fail times 3 at 70",
      { ...onCartridge, kind: "cartridge-write", at: 70, times: 3 },
    ],
    [
      "cartridge UND001L9 read fail partition 2 at 7",
      { ...onCartridge, kind: "cartridge-read", at: 7, partition: 2 },
    ],
    ["cartridge UND001L9 read fail at 7", { ...onCartridge, kind: "cartridge-read", at: 7 }],
    ["drive 2 write fail after 9", { ...onDrive, kind: "drive-write", after: 9 }],
    ["drive 2 read fail times 1", { ...onDrive, kind: "drive-read", times: 1 }],
    ["drive 2 write deferred after 4", { ...onDrive, kind: "drive-deferred", after: 4 }],
    ["drive 2 hang", { ...onDrive, kind: "drive-hang" }],
    ["drive 2 drop after 1", { ...onDrive, kind: "drive-drop", after: 1 }],
    ["drive 2 reset", { ...onDrive, kind: "drive-reset", times: 1 }],
    ["drive 2 unload fail", { ...onDrive, kind: "drive-unload" }],
    ["drive 2 load fail", { ...onDrive, kind: "drive-load" }],
    ["drive 2 dirty after 5", { ...onDrive, kind: "drive-dirty", after: 5 }],
    ["drive 2 rate 40M", { ...onDrive, kind: "drive-rate", rate: 40 * 1024 * 1024 }],
    ["robot move fail", { ...plain, kind: "robot-move", times: 1 }],
    ["robot move fail times 2", { ...plain, kind: "robot-move", times: 2 }],
    ["robot  stuck ", { ...plain, kind: "robot-stuck" }],
  ];
  for (const [text, expected] of rows) {
    const words = text.trim().replaceAll(/ +/g, " ");
    assert.deepEqual(parseFaultRule(text), { ...expected, text: words });
  }
});

test("each mistake says what, where, and how it would be right", () => {
  const rows: [text: string, problem: RegExp][] = [
    ["", /1 to 200 characters.*for example: cartridge/],
    ["x".repeat(201), /1 to 200 characters/],
    ["tape 1 hang", /word 1: expected cartridge or drive or robot, found tape; for example/],
    ["drive", /word 2: expected <number>, found nothing/],
    ["drive 0 hang", /word 2: expected <number>, found 0/],
    ["drive 1 write", /word 4: expected fail or deferred, found nothing/],
    ["drive 1 rate fast", /word 4: expected <rate>, found fast; for example: drive 1 rate 40M/],
    ["drive 1 rate 1K", /expected <rate>/],
    ["drive 1 hang at 4", /word 4: expected after, found at/],
    ["drive 1 hang after", /word 5: after needs a number, found nothing/],
    ["drive 1 hang after -1", /word 5: after needs a number, found -1/],
    ["drive 1 write fail times 0", /times needs a number, found 0/],
    ["drive 1 write fail times 1 times 2", /word 7: expected after or times, found times/],
    ["cartridge UND001L9 read fail", /at NUMBER is missing/],
    ["cartridge ../x write fail", /word 2: expected <barcode>/],
    ["robot stuck after 1", /word 3: expected the end, found after/],
  ];
  for (const [text, problem] of rows) {
    const rule = parseFaultRule(text);
    assert.ok("problem" in rule, `"${text}" was taken for a rule`);
    assert.match(rule.problem, problem);
  }
});

test("the examples are rules", () => {
  assert.equal(faultRuleExamples().length, 14);
  for (const example of faultRuleExamples()) {
    assert.ok(!("problem" in parseFaultRule(example)), example);
  }
});

test("any text is a rule or a problem, and a rule's own text gives the same rule", () => {
  const words = ["cartridge", "drive", "robot", "UND001L9", "1", "write", "read", "fail", "at"];
  const more = [
    "after",
    "times",
    "9",
    "hang",
    "rate",
    "40M",
    "stuck",
    "move",
    "unload",
    "deferred",
  ];
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words, ...more), { maxLength: 8 }).map((list) => list.join(" ")),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      const rule = parseFaultRule(candidate);
      if ("problem" in rule) {
        assert.match(rule.problem, /for example/);
      } else {
        assert.deepEqual(parseFaultRule(rule.text), rule);
      }
    }),
    { numRuns: 2_000 },
  );
});
