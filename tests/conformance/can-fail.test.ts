/** The comparison finds what it is made to find: it is no proof otherwise. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, isSameAnswer } from "./answer.ts";
import { runCampaign } from "./campaign.ts";
import { COMMANDS } from "./commands.ts";
import { withoutMeant } from "./differences.ts";
import { makeSequence, type Step } from "./sequence.ts";

const LIMIT = { timeout: 60_000 };
const SEED = 3;
const STEPS = 400;

function withByte(answer: Answer): Answer {
  const data = Buffer.from(answer.data);
  data.writeUInt8(data.readUInt8(data.length - 1) ^ 1, data.length - 1);
  return { ...answer, data };
}

const CHANGES: Readonly<Record<string, (answer: Answer) => Answer>> = {
  status: (answer) => ({ ...answer, status: answer.status + 1 }),
  "sense data": (answer) => ({ ...answer, sense: `${answer.sense} EOM` }),
  "a residual count": (answer) => ({ ...answer, residual: answer.residual + 1 }),
  "a byte that was read": withByte,
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what} that differs is found, and told with few steps`, LIMIT, async () => {
    const isChanged = (step: Step, answer: Answer) =>
      step.name === "READ(6)" && answer.status === 0 && answer.data.length > 0;
    const { difference = "" } = await runCampaign({
      seed: SEED,
      stepCount: STEPS,
      tamper: (step, answer) => (isChanged(step, answer) ? change(answer) : answer),
    });
    assert.match(difference, /^step \d+ differs \(--seed 3 --from \d+\)/);
    assert.match(difference, /server [01] READ\(6\) 08/);
    const steps = difference.split("\n").filter((line) => /^ {2}\d+: server/.test(line));
    assert.ok(steps.length <= 6, difference);
  });
}

test("a tape that is in another partition is found", LIMIT, async () => {
  const isPlace = (step: Step, answer: Answer) =>
    step.name === "LOCATE(10)" && answer.status === 0 && answer.data.length > 0;
  const elsewhere = (answer: Answer): Answer => {
    const data = Buffer.from(answer.data);
    data.writeUInt8(data.readUInt8(1) ^ 1, 1);
    return { ...answer, data };
  };
  const { difference = "" } = await runCampaign({
    seed: SEED,
    stepCount: STEPS,
    tamper: (step, answer) => (isPlace(step, answer) ? elsewhere(answer) : answer),
  });
  assert.match(difference, /^step \d+ differs .*, its position:/);
});

test("a drive that is not of the same kind is found", LIMIT, async () => {
  const { difference = "" } = await runCampaign({
    seed: SEED,
    stepCount: 2000,
    rig: { bareCapacity: "512M" },
  });
  assert.match(difference, /READ ATTRIBUTE|REPORT DENSITY SUPPORT|LOG SENSE/);
});

function answerWith(data: Buffer, sense = ""): Answer {
  return { status: sense === "" ? 0 : 2, sense, residual: 0, data };
}

/** What is meant to differ is taken away, and nothing else. */
function isMeant(cdb: readonly number[], bare: Answer, bridge: Answer, hasFailure: boolean) {
  const asked = { cdb: Uint8Array.from(cdb) };
  const undone = withoutMeant(asked, bare, bridge, hasFailure, () => undefined);
  return isSameAnswer(bare, undone);
}

test("registrants in another order are the same, another registrant is not", () => {
  const keysOf = (...keys: number[]): Answer => {
    const data = Buffer.alloc(8 + keys.length * 8);
    data.writeUInt32BE(keys.length * 8, 4);
    for (const [index, key] of keys.entries()) {
      data.writeUInt8(key, 15 + index * 8);
    }
    return answerWith(data);
  };
  const isSame = (...keys: number[]): boolean =>
    isMeant([0x5e, 0, 0, 0, 0, 0, 0, 2, 0, 0], keysOf(1, 2), keysOf(...keys), false);
  assert.ok(isSame(2, 1));
  assert.ok(!isSame(2, 3));
  assert.ok(!isSame(1, 1));
  assert.ok(!isSame(1));
});

test("a VERIFY may tell of the medium after a failure, a READ may not", () => {
  const [bare, bridge] = [
    answerWith(Buffer.alloc(0)),
    answerWith(Buffer.alloc(0), "3/11/00 valid 1"),
  ];
  assert.ok(isMeant([0x13, 0, 0, 0, 1, 0], bare, bridge, true));
  assert.ok(!isMeant([0x13, 0, 0, 0, 1, 0], bare, bridge, false));
  assert.ok(!isMeant([0x08, 0, 0, 0, 1, 0], bare, bridge, true));
});

test("a drive may ask for cleaning after a failure, and not tell of its defect", () => {
  const flagsOf = (...flags: number[]): Answer => {
    const each = Array.from({ length: 64 }, (_, at) => [0, at + 1, 3, 1, +flags.includes(at + 1)]);
    return answerWith(Buffer.from([0x2e, 0, 1, 0x40, ...each.flat()]));
  };
  const bitsOf = (...bytes: number[]): Answer =>
    answerWith(
      Buffer.from([0x12, 0, 0, 12, 0, 0, 3, 8, ...bytes, ...Buffer.alloc(8 - bytes.length)]),
    );
  const [alerts, response] = [
    [0x4d, 0, 0x6e, 0, 0, 0, 0, 4, 0, 0],
    [0x4d, 0, 0x52, 0, 0, 0, 0, 4, 0, 0],
  ] as const;
  assert.ok(isMeant(alerts, flagsOf(), flagsOf(20), true));
  assert.ok(!isMeant(alerts, flagsOf(), flagsOf(20), false));
  assert.ok(!isMeant(alerts, flagsOf(), flagsOf(20, 30), true));
  assert.ok(isMeant(response, bitsOf(), bitsOf(0, 0, 0x10), true));
  assert.ok(!isMeant(response, bitsOf(), bitsOf(0, 0, 0x10, 0x04), true));
});

test("sizes that do not fit may be refused later, another fault of the page may not", () => {
  const cdb = [0x15, 0x10, 0, 0, 16, 0];
  const fixed = "5/26/00 700005000000000a00000000260000";
  const pages: readonly (readonly [code: number, sense: string, isMeant: boolean])[] = [
    [0x11, `${fixed}80000c`, true],
    [0x11, `${fixed}800008`, false],
    [0x10, `${fixed}80000c`, false],
    [0x11, "bytes 72052600000000080206000080000c00", true],
    [0x11, "bytes 72052600000000080206000080000800", false],
  ];
  for (const [code, sense, isSame] of pages) {
    const asked = { cdb: Uint8Array.from(cdb), out: Uint8Array.of(0, 0, 0x10, 0, code, 10) };
    const bare = answerWith(Buffer.alloc(0), sense);
    const undone = withoutMeant(asked, bare, answerWith(Buffer.alloc(0)), false, () => undefined);
    assert.equal(isSameAnswer(bare, undone), isSame, sense);
  }
});

test("the same seed makes the same steps, and every command comes", () => {
  assert.deepEqual(makeSequence(SEED, 5), makeSequence(SEED, 5));
  assert.notDeepEqual(makeSequence(SEED, 5), makeSequence(SEED, 6));
  const sequences = Array.from({ length: 200 }, (_, number) => makeSequence(SEED, number));
  const names = new Set(sequences.flat().map(({ name }) => name));
  const wanted = [...COMMANDS.map(({ name }) => name), "LOGICAL UNIT RESET"];
  assert.deepEqual([...names].sort(), wanted.sort());
});
