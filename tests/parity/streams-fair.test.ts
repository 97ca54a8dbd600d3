/** Half a million random events, most of them good ones. */

import { testStreams } from "./stream-tests.ts";

testStreams([
  { weather: "calm", seed: 101, eventCount: 125_000 },
  { weather: "calm", seed: 102, eventCount: 125_000 },
  { weather: "showers", seed: 103, eventCount: 125_000 },
  { weather: "showers", seed: 104, eventCount: 125_000 },
]);
