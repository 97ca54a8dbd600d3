import { testFuzzer } from "./fuzz-test.ts";
import { PDUS } from "./pdus.ts";

testFuzzer(PDUS, { seed: 1, count: 10_000 }, [
  "connection ended",
  "lengths that lie",
  "session reinstated",
  ...[0x20, 0x21, 0x22, 0x24, 0x25, 0x26, 0x31].map((opcode) => `operation ${opcode}`),
  ...[4, 5, 6, 7, 9].map((reason) => `reject ${reason}`),
]);
