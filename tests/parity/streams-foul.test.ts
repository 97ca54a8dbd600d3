/** Half a million random events among failures, lies and events that keep to no rule. */

import { testStreams } from "./stream-tests.ts";

testStreams([
  // Event 249343 was the end: a load that failed, and then the spare drive did, and nothing was copied.
  { weather: "storm", seed: 8, eventCount: 260_000 },
  { weather: "storm", seed: 202, eventCount: 90_000 },
  { weather: "wild", seed: 203, eventCount: 75_000 },
  { weather: "wild", seed: 204, eventCount: 75_000 },
]);
