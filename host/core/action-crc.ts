/** The check sum by which two runs of a core are compared, action by action. */

import { crc32c } from "@node-rs/crc32";
import type { ActionReader } from "./action-reader.ts";

/** CRC32C of the current action's record followed by its parameters. */
export function crcOfAction(action: ActionReader): number {
  return crc32c(action.params, crc32c(action.record));
}
