import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EVENT_AT } from "../../assembly/spec/abi.ts";
import { AC_LOG, AC_REPLY } from "../../assembly/spec/action.ts";
import { EV_COMMAND, EV_TIME, EVENT_X } from "../../assembly/spec/event.ts";
import {
  KEEP_AT,
  KEEP_LENGTH_AT,
  KEEP_REVISION_AT,
  KEEP_SELDOM_AT,
} from "../../assembly/spec/keep.ts";
import { Core } from "../../host/core/core.ts";
import { coreEvent, writeEvent } from "../../host/core/core-event.ts";
import { loadV8 } from "../../host/core/load-v8.ts";
import { runFirmware } from "./firmware.ts";

const none = (): void => undefined;

test("a step gives the core the event and executes its actions in order", () => {
  const params = Uint8Array.of(1, 2, 3);
  const runtime = runFirmware((event) => {
    assert.equal(event.kind, EV_COMMAND);
    assert.equal(event.tag, 7);
    assert.equal(event.now, 12);
    assert.deepEqual([event.a, event.b, event.c, event.d, event.e], [1, 2, 3, 4, 5]);
    assert.deepEqual(event.params, params);
    return [
      { kind: AC_LOG, a: 9, x: 2 ** 40 },
      { kind: AC_REPLY, tag: 7, y: 5 * 2 ** 32 + 6, params: Uint8Array.of(8, 9) },
    ];
  });
  const seen: unknown[] = [];
  const event = { ...coreEvent(EV_COMMAND, 7), a: 1, b: 2, c: 3, d: 4, e: 5, params };
  const trap = new Core(runtime).step(event, 12, (action) => {
    const { kind, tag, a, x, yLow, yHigh } = action;
    seen.push([kind, tag, a, x, yLow, yHigh, [...action.params]]);
  });
  assert.equal(trap, undefined);
  assert.deepEqual(seen, [
    [AC_LOG, 0, 9, 2 ** 40, 0, 0, []],
    [AC_REPLY, 7, 0, 0, 6, 5, [8, 9]],
  ]);
});

test("64-bit fields cross as they are", () => {
  const memory = new Uint8Array(0x10000);
  const view = new DataView(memory.buffer);
  fc.assert(
    fc.property(fc.maxSafeNat(), (x) => {
      writeEvent(memory, view, { ...coreEvent(EV_TIME), x }, 0);
      assert.equal(view.getBigUint64(EVENT_AT + EVENT_X, true), BigInt(x));
    }),
  );
});

test("a trap is a value, and the core is not stepped again", () => {
  let steps = 0;
  const runtime = runFirmware(() => {
    steps += 1;
    throw new Error("unreachable");
  });
  const core = new Core(runtime);
  const trap = core.step(coreEvent(EV_TIME), 0, none);
  assert.deepEqual(trap, { trap: "unreachable", eventKind: EV_TIME });
  assert.deepEqual(core.step(coreEvent(EV_COMMAND), 0, none), trap);
  assert.equal(steps, 1);
});

test("an action that throws does not keep the others from being executed", () => {
  const core = new Core(runFirmware(() => [1, 2, 3].map((a) => ({ kind: AC_LOG, a }))));
  const executed: number[] = [];
  const execute = ({ a }: { readonly a: number }): void => {
    executed.push(a);
    assert.notEqual(a, 2, "refused");
  };
  assert.throws(() => core.step(coreEvent(EV_TIME), 0, execute), /refused/);
  assert.deepEqual(executed, [1, 2, 3]);
});

test("what a core kept is that of its last good step, however it died", () => {
  let word = 0;
  const runtime = runFirmware(() => {
    word += 1;
    const kept = new DataView(runtime.memory.buffer);
    kept.setUint32(KEEP_AT + KEEP_LENGTH_AT, 20, true);
    kept.setUint32(KEEP_AT + 16, word, true);
    assert.notEqual(word, 3, "trap");
    return [];
  });
  const core = new Core(runtime);
  assert.equal(core.kept.length, 0);
  for (let step = 0; step < 3; step += 1) {
    core.step(coreEvent(EV_TIME), 0, none);
  }
  assert.equal(core.kept.length, 20);
  assert.equal(Buffer.from(core.kept).readUInt32LE(16), 2);
});

test("what changes seldom is copied when its revision is another, the rest after each step", () => {
  const steps = [
    { revision: 1, value: 1, copied: [1, 1] },
    { revision: 1, value: 2, copied: [2, 1] },
    { revision: 2, value: 3, copied: [3, 3] },
    { revision: 2, value: 4, copied: [4, 3] },
  ];
  const next = steps.values();
  const runtime = runFirmware(() => {
    const { revision = 0, value = 0 } = next.next().value ?? {};
    const kept = new DataView(runtime.memory.buffer);
    kept.setUint32(KEEP_AT + KEEP_LENGTH_AT, 24, true);
    kept.setUint32(KEEP_AT + KEEP_SELDOM_AT, 20, true);
    kept.setUint32(KEEP_AT + KEEP_REVISION_AT, revision, true);
    kept.setUint32(KEEP_AT + 16, value, true);
    kept.setUint32(KEEP_AT + 20, value, true);
    return [];
  });
  const core = new Core(runtime);
  for (const { copied } of steps) {
    core.step(coreEvent(EV_TIME), 0, none);
    const kept = Buffer.from(core.kept);
    assert.deepEqual([kept.readUInt32LE(16), kept.readUInt32LE(20)], copied);
  }
});

test("bytes that are no core are a fault, not an exception", async () => {
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  for (const bytes of [new Uint8Array(), new Uint8Array(100), empty]) {
    assert.ok("fault" in (await loadV8(bytes)));
  }
});
