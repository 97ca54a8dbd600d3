/** Half of the 200 seeded stories (the other half runs beside it); `node tests/story/run.ts` lives any others. */

import { testBusyDays } from "./days-test.ts";

testBusyDays(1, 100);
