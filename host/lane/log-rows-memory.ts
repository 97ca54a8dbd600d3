/** What the log says of a cartridge's memory. Decides the words only. */

import { LOG_ATTRIBUTES_LEFT, LOG_ATTRIBUTES_REFUSED } from "../../assembly/spec/log-code.ts";
import type { LogRow } from "./log-row.ts";
import { senseWords } from "./sense-words.ts";

/** By code. */
export const MEMORY_ROWS: readonly (readonly [number, LogRow])[] = [
  [
    LOG_ATTRIBUTES_LEFT,
    {
      level: "warn",
      message:
        "the cartridge's memory holds more than the bridge keeps: a spare that stands in would lack it",
      fields: (n) => ({ attributesLeftOut: n.b }),
    },
  ],
  [
    LOG_ATTRIBUTES_REFUSED,
    {
      level: "warn",
      message: "the spare cartridge does not take what the memory of the other one held",
      fields: (n, name) => ({ drive: name(n.b), sense: senseWords(n.c) }),
    },
  ],
];
