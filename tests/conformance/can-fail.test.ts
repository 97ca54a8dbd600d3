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

test("a drive that is not of the same kind is found", LIMIT, async () => {
  const { difference = "" } = await runCampaign({
    seed: SEED,
    stepCount: 2000,
    rig: { bareCapacity: "512M" },
  });
  assert.match(difference, /READ ATTRIBUTE|REPORT DENSITY SUPPORT|LOG SENSE/);
});

test("registrants in another order are the same, another registrant is not", () => {
  const keysOf = (...keys: number[]): Answer => {
    const data = Buffer.alloc(8 + keys.length * 8);
    data.writeUInt32BE(keys.length * 8, 4);
    for (const [index, key] of keys.entries()) {
      data.writeUInt8(key, 15 + index * 8);
    }
    return { status: 0, sense: "", residual: 0, data };
  };
  const cdb = Uint8Array.of(0x5e, 0, 0, 0, 0, 0, 0, 2, 0, 0);
  const same = (bare: Answer, bridge: Answer): boolean =>
    isSameAnswer(
      bare,
      withoutMeant({ cdb }, bare, bridge, false, () => undefined),
    );
  assert.ok(same(keysOf(1, 2), keysOf(2, 1)));
  assert.ok(!same(keysOf(1, 2), keysOf(2, 3)));
  assert.ok(!same(keysOf(1, 2), keysOf(1, 1)));
  assert.ok(!same(keysOf(1, 2), keysOf(1)));
});

test("the same seed makes the same steps, and every command comes", () => {
  assert.deepEqual(makeSequence(SEED, 5), makeSequence(SEED, 5));
  assert.notDeepEqual(makeSequence(SEED, 5), makeSequence(SEED, 6));
  const sequences = Array.from({ length: 200 }, (_, number) => makeSequence(SEED, number));
  const names = new Set(sequences.flat().map(({ name }) => name));
  const wanted = [...COMMANDS.map(({ name }) => name), "LOGICAL UNIT RESET"];
  assert.deepEqual([...names].sort(), wanted.sort());
});
