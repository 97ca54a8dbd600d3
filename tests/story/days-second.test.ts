/** The other half of the 200 seeded stories. */

import { testBusyDays } from "./days-test.ts";

testBusyDays(101, 200);
