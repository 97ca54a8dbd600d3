/** Tests of whole streams: what each must come to. Decides what a stream may not contain. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { WEATHERS } from "./faults.ts";
import { cannotCompare, opener } from "./runtimes.ts";
import { runStream } from "./stream.ts";

/** A stream of a test file. */
export interface TestedStream {
  readonly weather: string;
  readonly seed: number;
  readonly eventCount: number;
}

const TIMEOUT_MS = 200_000;

/** One test per stream: the same under V8 and WAMR, no trap that nobody provoked, nothing stuck. */
export function testStreams(streams: readonly TestedStream[]): void {
  const skip = cannotCompare();
  for (const { weather: name, seed, eventCount } of streams) {
    const title = `${eventCount} events, ${name}, seed ${seed}: the same under V8 and WAMR`;
    test(title, { skip, timeout: TIMEOUT_MS }, async () => {
      const weather = WEATHERS.find((one) => one.name === name);
      assert.ok(weather !== undefined);
      const open = opener(["v8", "wamr"]);
      const outcome = await runStream({ seed, weather, eventCount, open });
      assert.equal(outcome.eventCount, eventCount);
      assert.deepEqual(
        outcome.traps.filter(({ isProvoked }) => !isProvoked),
        [],
      );
      // What a wild event was about may never be answered.
      assert.ok(outcome.stallCount === 0 || weather.wild > 0, "a task that nothing would answer");
      assert.equal(outcome.traps.length > 0, weather.wild > 0);
    });
  }
}
