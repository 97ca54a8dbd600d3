/** Every fuzzer: a row here is a flag of `run.ts`. */

import type { Fuzzer } from "./fuzzer.ts";
import { LOGINS } from "./logins.ts";
import { PDUS } from "./pdus.ts";
import { CHANGER_CDBS, ELEMENTS, LANE_CDBS, LISTS } from "./scsi.ts";
import { TEXT_KEYS } from "./text-keys.ts";

export const FUZZERS: readonly Fuzzer[] = [
  TEXT_KEYS,
  PDUS,
  LANE_CDBS,
  CHANGER_CDBS,
  LISTS,
  ELEMENTS,
  LOGINS,
];
