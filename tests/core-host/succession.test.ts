import assert from "node:assert/strict";
import { test } from "node:test";
import { PARAM_IN_BYTES } from "../../assembly/spec/abi.ts";
import {
  EV_COMMAND,
  EV_DEVICE_DONE,
  EV_KEEP,
  EV_RING_DONE,
  EV_START,
  EV_WORD,
  RESULT_LOST,
} from "../../assembly/spec/event.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { Arrival } from "../../host/lane/arrival.ts";
import {
  RESTART_COUNT_MAX,
  RESTART_WINDOW_MS,
  RestartLimit,
} from "../../host/lane/restart-limit.ts";
import { HeldEvents, startAgain } from "../../host/lane/succession.ts";
import type { TargetTask } from "../../host/lib/logical-unit.ts";
import { TestClock } from "./peers.ts";

test("so many restarts in a window, and again when it has passed", () => {
  const clock = new TestClock();
  const limit = new RestartLimit(clock);
  for (let count = 0; count < RESTART_COUNT_MAX; count += 1) {
    assert.ok(limit.admit());
  }
  assert.ok(!limit.admit());
  clock.advance(RESTART_WINDOW_MS - 1);
  assert.ok(!limit.admit());
  clock.advance(1);
  assert.ok(limit.admit());
  assert.equal(limit.count, RESTART_COUNT_MAX + 1);
});

test("the keep block goes before the start, in pieces that make it again", () => {
  const kept = Uint8Array.from({ length: 2 * PARAM_IN_BYTES + 5 }, (_, index) => index);
  const start = coreEvent(EV_START);
  const events = startAgain(start, kept);
  assert.deepEqual(
    events.map(({ kind, a }) => [kind, a]),
    [
      [EV_KEEP, 0],
      [EV_KEEP, PARAM_IN_BYTES],
      [EV_KEEP, 2 * PARAM_IN_BYTES],
      [EV_START, 0],
    ],
  );
  const pieces = events.slice(0, -1).map(({ params }) => params ?? new Uint8Array());
  assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), kept);
  assert.deepEqual(startAgain(start, new Uint8Array()), [start]);
});

test("words wait for the successor, what is begun anew is forgotten", () => {
  const held = new HeldEvents();
  const words = [coreEvent(EV_WORD, 1), coreEvent(EV_DEVICE_DONE, 2), coreEvent(EV_WORD, 3)];
  for (const event of [coreEvent(EV_RING_DONE), ...words, coreEvent(EV_COMMAND, 9)]) {
    assert.ok(held.hold(event));
  }
  assert.deepEqual(held.take(), words);
  assert.deepEqual(held.take(), []);
});

test("what two instances trapped on ends: a drive's answer as lost, a word not at all", () => {
  const held = new HeldEvents();
  const done = coreEvent(EV_DEVICE_DONE, 7);
  const word = coreEvent(EV_WORD);
  held.holdHarmful(done);
  held.holdHarmful(word);
  assert.deepEqual(held.take(), [done, word]);
  held.holdHarmful(done);
  held.holdHarmful(word);
  const [lost, ...rest] = held.take();
  assert.deepEqual([lost?.kind, lost?.tag, lost?.a], [EV_DEVICE_DONE, 7, RESULT_LOST]);
  assert.deepEqual(rest, []);
});

/** A task whose data come when the test says. */
function receiving(): { task: TargetTask; come: (bytes: number[]) => void } {
  let into = new Uint8Array();
  let done = (): void => undefined;
  const receive = (memory: Uint8Array, whole: () => void): void => {
    into = memory as Uint8Array<ArrayBuffer>;
    done = whole;
  };
  const task = { receive } as unknown as TargetTask;
  return {
    task,
    come: (bytes) => {
      into.set(bytes);
      done();
    },
  };
}

test("data that come after the core that asked for them are the next one's", () => {
  const { task, come } = receiving();
  const told: string[] = [];
  const first = new Uint8Array(4);
  const arrival = new Arrival(task, first, () => told.push("dead"));
  assert.ok(arrival.detach(() => told.push("released")));
  const second = new Uint8Array(4);
  arrival.take(second, () => told.push("second"));
  // That one goes too, before the data are there: its memory is not kept.
  assert.ok(!arrival.detach(() => told.push("wrong")));
  const third = new Uint8Array(4);
  arrival.take(third, () => told.push("third"));
  come([1, 2, 3, 4]);
  assert.deepEqual(told, ["released", "third"]);
  assert.deepEqual([...third], [1, 2, 3, 4]);
  assert.deepEqual([...second], [0, 0, 0, 0]);
});

test("data that were whole outlive the memory that they came to", () => {
  const { task, come } = receiving();
  const told: string[] = [];
  const first = new Uint8Array(4);
  const arrival = new Arrival(task, first, () => told.push("first"));
  come([1, 2, 3, 4]);
  assert.ok(!arrival.detach(() => told.push("wrong")));
  first.fill(0);
  const second = new Uint8Array(4);
  arrival.take(second, () => told.push("second"));
  assert.deepEqual(told, ["first", "second"]);
  assert.deepEqual([...second], [1, 2, 3, 4]);
});
