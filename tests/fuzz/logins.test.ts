import { testFuzzer } from "./fuzz-test.ts";
import { LOGINS } from "./logins.ts";

testFuzzer(LOGINS, { seed: 1, count: 2000 }, [
  "GOOD",
  "status 2",
  "login status 0",
  "login status 203",
  "rounds of the other session",
]);
