import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLE_CHANGER, ROLE_LANE } from "../../assembly/spec/abi.ts";
import { AC_RESUMED } from "../../assembly/spec/action.ts";
import { EV_START } from "../../assembly/spec/event.ts";
import { KEEP_VERSION } from "../../assembly/spec/keep.ts";
import { LOG_KEEP_BAD } from "../../assembly/spec/log-code.ts";
import { Core } from "../../host/core/core.ts";
import { type CoreEvent, coreEvent } from "../../host/core/core-event.ts";
import { startAgain } from "../../host/lane/succession.ts";
import { freshCore } from "./fresh-core.ts";

async function fresh(): Promise<Core> {
  return new Core(await freshCore());
}

function startOf(role: number): CoreEvent {
  const start = coreEvent(EV_START);
  Object.assign(start, { a: role, b: role === ROLE_LANE ? 1 : 0, c: 1, d: 1, e: 1000 });
  return Object.assign(start, { x: 64 * 1024 * 1024, y: 1, params: new Uint8Array(64) });
}

/** What the core says about taking over, in the steps of these events. */
function resumed(core: Core, events: readonly CoreEvent[]): number[] {
  const said: number[] = [];
  for (const event of events) {
    const trap = core.step(event, 1, ({ kind, a }) => {
      if (kind === AC_RESUMED) {
        said.push(a);
      }
    });
    assert.equal(trap, undefined);
  }
  return said;
}

for (const [words, role] of [
  ["lane", ROLE_LANE],
  ["changer", ROLE_CHANGER],
] as const) {
  test(`a keep block of another version is refused by a ${words}, not misread`, async () => {
    const start = startOf(role);
    const first = await fresh();
    assert.deepEqual(resumed(first, [start]), []);
    const kept = Buffer.from(first.kept);
    assert.equal(kept.readUInt32LE(0), KEEP_VERSION);
    kept.writeUInt32LE(KEEP_VERSION + 1, 0);
    assert.deepEqual(resumed(await fresh(), startAgain(start, kept)), [LOG_KEEP_BAD]);
  });
}

test("a changer takes over in its first step, and keeps the same again", async () => {
  const start = startOf(ROLE_CHANGER);
  const first = await fresh();
  resumed(first, [start]);
  const second = await fresh();
  assert.deepEqual(resumed(second, startAgain(start, first.kept)), [0]);
  assert.deepEqual(Buffer.from(second.kept), Buffer.from(first.kept));
});
