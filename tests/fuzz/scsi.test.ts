import { testFuzzer } from "./fuzz-test.ts";
import { CHANGER_CDBS, ELEMENTS, LANE_CDBS, LISTS } from "./scsi.ts";

const PLAN = { seed: 1, count: 10_000 };
/** Every run gets that far, and no further than that it is noticed. */
const ALWAYS = ["GOOD", "5/20", "5/24", "rounds of the other session"];
const KEPT = "epochs whose records were there";

testFuzzer(LANE_CDBS, PLAN, [...ALWAYS, KEPT, "5/1A", "5/26", "8/00", "2/3A"]);
testFuzzer(CHANGER_CDBS, PLAN, [...ALWAYS, "5/21"]);
testFuzzer(LISTS, PLAN, [...ALWAYS, KEPT, "5/1A", "5/26"]);
testFuzzer(ELEMENTS, PLAN, ["GOOD", "5/21", "5/24", "5/3B", "rounds of the other session"]);
