/** Half a million random events among failures, lies and events that keep to no rule. */

import { testStreams } from "./stream-tests.ts";

testStreams([
  { weather: "storm", seed: 201, eventCount: 150_000 },
  { weather: "storm", seed: 202, eventCount: 150_000 },
  { weather: "wild", seed: 203, eventCount: 100_000 },
  { weather: "wild", seed: 204, eventCount: 100_000 },
]);
