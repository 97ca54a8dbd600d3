import assert from "node:assert/strict";
import { test } from "node:test";
import { DEVICE_ROBOT } from "../../assembly/spec/abi.ts";
import * as failureClasses from "../../assembly/spec/failure-class.ts";
import * as logCodes from "../../assembly/spec/log-code.ts";
import {
  LABEL_604,
  LABEL_607,
  LABEL_633,
  RECOVERY_KIND_MEDIUM,
  RECOVERY_KIND_NONE,
  RECOVERY_RESULT_RECOVERED,
  RECOVERY_RESULT_RUNNING,
} from "../../assembly/spec/recovery-label.ts";
import { evidenceWords } from "../../host/lane/evidence-words.ts";
import { logWords } from "../../host/lane/log-words.ts";
import { Recoveries } from "../../host/lane/recoveries.ts";
import { RepeatLimit } from "../../host/lane/repeat-limit.ts";
import { senseWords } from "../../host/lane/sense-words.ts";
import { TestClock } from "./peers.ts";

const NUMBERS = { a: 0, b: 0, c: 0, d: 0, e: 0, x: 0, y: 0, params: new Uint8Array(64) };
const name = (device: number): string => (device === DEVICE_ROBOT ? "robot" : `DRV${device}`);

test("every log code of the core has words and keeps its number", () => {
  for (const [constant, code] of Object.entries(logCodes)) {
    const words = logWords({ ...NUMBERS, a: code }, name);
    assert.notEqual(words.message, "the core says", constant);
    assert.equal(words.fields["code"], code);
  }
  assert.equal(logWords({ ...NUMBERS, a: 9999, b: 7 }, name).fields["b"], 7);
});

test("sense data, class and evidence are words", () => {
  const words = logWords(
    { ...NUMBERS, a: logCodes.LOG_SENSE, b: 1, c: 0x03_0c00, d: 10, e: 3, x: 2 },
    name,
  );
  assert.deepEqual(words.fields, {
    code: 1,
    drive: "DRV1",
    sense: "key 3 medium error, 0C/00 write error",
    operation: "0Ah",
    class: "medium, likely",
  });
  assert.equal(words.evidence, "drive DRV1: key 3 medium error, 0C/00 write error");
  const conflict = { ...NUMBERS, a: logCodes.LOG_SENSE, b: 1, c: 0x0b_0000, d: 10, x: 0x18 };
  assert.equal(logWords(conflict, name).fields["status"], "18h");
  assert.equal(senseWords(0x0b_fe01), "key B aborted command, FE/01");
  const bits = Object.entries(failureClasses).filter(([key]) => key.startsWith("EVIDENCE_"));
  assert.equal(
    evidenceWords(bits.reduce((all, [, bit]) => all | bit, 0)).split(", ").length,
    bits.length,
  );
});

test("a recovery is told by its steps, its evidence and its figures", () => {
  const recoveries = new Recoveries();
  const step = (label: number, nowMs: number, kind: number, result: number): void =>
    recoveries.step({ lane: 2, number: 1, label, kind, result, nowMs });
  recoveries.evidence(2, "drive A: key 3");
  step(LABEL_604, 5000, RECOVERY_KIND_NONE, RECOVERY_RESULT_RUNNING);
  recoveries.evidence(2, "verdict medium");
  recoveries.evidence(1, "of another lane");
  step(LABEL_607, 5020, RECOVERY_KIND_MEDIUM, RECOVERY_RESULT_RUNNING);
  step(LABEL_633, 6000, RECOVERY_KIND_MEDIUM, RECOVERY_RESULT_RECOVERED);
  recoveries.figures({ lane: 2, number: 1, rewrittenBytes: 77, stallMsMax: 8 });
  recoveries.figures({ lane: 2, number: 9, rewrittenBytes: 1, stallMsMax: 1 });
  assert.deepEqual(recoveries.list(), [
    {
      id: 1,
      lane: 2,
      kind: "medium",
      cause: "drive A: key 3; verdict medium",
      steps: [
        { label: "604", atMs: 0 },
        { label: "607", atMs: 20 },
        { label: "633", atMs: 1000 },
      ],
      result: "recovered",
      rewrittenBytes: 77,
      stallMsMax: 8,
    },
  ]);
});

test("the list of recoveries and each of them are bounded", () => {
  const recoveries = new Recoveries();
  for (let number = 1; number <= 100; number += 1) {
    recoveries.step({ lane: 1, number, label: 604, kind: 0, result: 1, nowMs: 0 });
  }
  for (let nowMs = 0; nowMs < 1000; nowMs += 1) {
    recoveries.step({ lane: 1, number: 100, label: 616, kind: 0, result: 0, nowMs });
    recoveries.evidence(1, `evidence ${nowMs}`);
  }
  const list = recoveries.list();
  assert.equal(list.length, 64);
  assert.equal(list[0]?.id, 37);
  assert.ok((list.at(-1)?.steps.length ?? 0) <= 256);
  assert.ok((list.at(-1)?.cause.length ?? 0) <= 2048);
});

test("a line for every record is shown once a second, with how many were not", () => {
  const clock = new TestClock();
  const limit = new RepeatLimit(clock);
  assert.equal(limit.admit(10), 0);
  clock.advance(999);
  assert.deepEqual([limit.admit(10), limit.admit(10), limit.admit(11)], [undefined, undefined, 0]);
  clock.advance(1);
  assert.equal(limit.admit(10), 2);
  clock.advance(1000);
  assert.equal(limit.admit(10), 0);
});
