/** A cartridge with two partitions; `node tests/power/run.ts --divided 1` looks at every world that a cut leaves. */

import { testDividedDay } from "./divided-day.ts";

const STEP = 11;

testDividedDay(STEP);
