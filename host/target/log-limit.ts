/**
 * Keeps a flood of connections, logins or requests from filling the log. Decides how many lines a
 * minute are written; the others are counted, and the count is said with the next line.
 */
import { LOG_LINES_PER_MINUTE } from "./limits.ts";
import type { TargetLog } from "./target-state.ts";

const MINUTE_MS = 60_000;

/** `log` with that bound. */
export function limitLog(log: TargetLog, nowMs: () => number): TargetLog {
  let beginMs = nowMs();
  let count = 0;
  return (level, message) => {
    if (nowMs() - beginMs >= MINUTE_MS) {
      if (count > LOG_LINES_PER_MINUTE) {
        log("warn", `${count - LOG_LINES_PER_MINUTE} more lines of the target were not written`);
      }
      beginMs = nowMs();
      count = 0;
    }
    count += 1;
    if (count <= LOG_LINES_PER_MINUTE) {
      log(level, message);
    }
  };
}
