import { testFuzzer } from "./fuzz-test.ts";
import { TEXT_KEYS } from "./text-keys.ts";

testFuzzer(TEXT_KEYS, { seed: 1, count: 10_000 }, [
  "connection ended",
  "login done",
  "login refused",
  "login went on",
  "text answered",
  "text rejected",
]);
