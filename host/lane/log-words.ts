/**
 * The log line of what the core says. Decides its form: every line carries its code, so that operators can
 * search for it whatever the words (log-rows.ts) become.
 */

import type { LogFields, LogLevel } from "../lib/log.ts";
import type { DeviceName, LogNumbers } from "./log-row.ts";
import { LOG_ROWS } from "./log-rows.ts";

/** One line, and whether it is evidence for the cause of a recovery. */
export interface LogWords {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  /** "" or what status shows as (a part of) the cause. */
  readonly evidence: string;
}

/** The line of an AC_LOG; a code without a row is shown by its numbers. */
export function logWords(numbers: LogNumbers, deviceName: DeviceName): LogWords {
  const row = LOG_ROWS.get(numbers.a);
  if (row === undefined) {
    const { b, c, d, e, x, y } = numbers;
    const fields = { code: numbers.a, b, c, d, e, x, y };
    return { level: "info", message: "the core says", fields, evidence: "" };
  }
  return {
    level: row.level,
    message: row.message,
    fields: { code: numbers.a, ...row.fields(numbers, deviceName) },
    evidence: row.evidence?.(numbers, deviceName) ?? "",
  };
}
