import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { AC_LOG, AC_WAKE, AC_WORD } from "../../assembly/spec/action.ts";
import { EV_COMMAND, EV_TIME, EV_WORD } from "../../assembly/spec/event.ts";
import { Core } from "../../host/core/core.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import { Arbiter } from "../../host/lane/arbiter.ts";
import { type ActionHandler, CoreLoop } from "../../host/lane/core-loop.ts";
import { WakeTimer } from "../../host/lane/wake.ts";
import { type Firmware, runFirmware } from "./firmware.ts";
import { perform, TestClock } from "./peers.ts";

function loopOf(firmware: Firmware, handlers: ReadonlyMap<number, ActionHandler>) {
  const failures: string[] = [];
  const loop = new CoreLoop({
    core: new Core(runFirmware(firmware)),
    clock: new TestClock(),
    handlers,
    onFailed: (reason) => failures.push(reason),
  });
  return { loop, failures };
}

test("an event that an action leads to is stepped after the step, in order", () => {
  const order: string[] = [];
  const handlers = new Map<number, ActionHandler>();
  const { loop, failures } = loopOf(({ tag }) => {
    order.push(`step ${tag}`);
    return tag === 1
      ? [
          { kind: AC_LOG, a: 2 },
          { kind: AC_LOG, a: 3 },
        ]
      : [];
  }, handlers);
  handlers.set(AC_LOG, ({ a }) => {
    loop.post(coreEvent(EV_COMMAND, a));
    order.push(`done ${a}`);
  });
  loop.post(coreEvent(EV_COMMAND, 1));
  assert.deepEqual(order, ["step 1", "done 2", "done 3", "step 2", "step 3"]);
  assert.deepEqual(failures, []);
});

test("a trap, an unknown action and an endless queue give the core up once", () => {
  const trapping = loopOf(() => assert.fail("unreachable"), new Map());
  trapping.loop.post(coreEvent(EV_TIME));
  trapping.loop.post(coreEvent(EV_TIME));
  assert.equal(trapping.failures.length, 1);
  assert.match(trapping.failures[0] ?? "", /trapped on event 12: unreachable/);

  const unknown = loopOf(() => [{ kind: 99 }], new Map());
  unknown.loop.post(coreEvent(EV_TIME));
  assert.match(unknown.failures[0] ?? "", /action 99 is not known/);

  const handlers = new Map<number, ActionHandler>();
  const endless = loopOf(() => [{ kind: AC_LOG }, { kind: AC_LOG }], handlers);
  handlers.set(AC_LOG, () => endless.loop.post(coreEvent(EV_TIME)));
  endless.loop.post(coreEvent(EV_TIME));
  assert.match(endless.failures[0] ?? "", /events are waiting/);
});

test("a wish that moves later costs no timer, and is kept to the millisecond", () => {
  const clock = new TestClock();
  const events: CoreEvent[] = [];
  const wake = new WakeTimer(clock, (event) => events.push(event));
  for (const x of [1100, 1200, 1300]) {
    perform(wake.wake, { kind: AC_WAKE, x });
  }
  assert.equal(clock.armedCount, 1);
  clock.advance(100);
  clock.advance(199);
  assert.equal(events.length, 0);
  clock.advance(1);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    [EV_TIME],
  );
  perform(wake.wake, { kind: AC_WAKE, x: 5000 });
  perform(wake.wake, { kind: AC_WAKE, x: 1350 });
  clock.advance(50);
  assert.equal(events.length, 2);
  perform(wake.wake, { kind: AC_WAKE, x: 2000 });
  wake.stop();
  clock.advance(10_000);
  assert.equal(events.length, 2);
  assert.equal(clock.timers.length, 0);
});

test("words reach the core that they are for, later, with everything they carry", async () => {
  const lost: number[][] = [];
  const arbiter = new Arbiter((lane, word) => lost.push([lane, word]));
  const inbox = new Map<number, CoreEvent[]>();
  for (const lane of [0, 1, 2]) {
    const events: CoreEvent[] = [];
    inbox.set(lane, events);
    arbiter.attach(lane, (event) => events.push(event));
  }
  const params = Uint8Array.of(1, 2);
  perform(arbiter.sender(2), { kind: AC_WORD, a: 3, b: 99, c: 4, d: 5, e: 6, x: 7, y: 8, params });
  perform(arbiter.sender(0), { kind: AC_WORD, a: 32, b: 1, c: 4 });
  perform(arbiter.sender(0), { kind: AC_WORD, a: 33, b: 1 });
  perform(arbiter.sender(0), { kind: AC_WORD, a: 34, b: 9 });
  assert.deepEqual([...inbox.values()].flat(), []);
  await turn();
  const { a, b, c, d, e, x, y, kind, params: carried } = inbox.get(0)?.[0] ?? coreEvent(0);
  assert.deepEqual([kind, a, b, c, d, e, x, y], [EV_WORD, 3, 2, 4, 5, 6, 7, 8]);
  assert.deepEqual(carried, params);
  assert.deepEqual(
    inbox.get(1)?.map((word) => [word.a, word.b]),
    [
      [32, 1],
      [33, 1],
    ],
  );
  assert.deepEqual(inbox.get(2), []);
  assert.deepEqual(lost, [[9, 34]]);
});
