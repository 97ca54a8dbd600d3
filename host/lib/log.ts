/**
 * The log: one line on standard error per event, `time level room message key=value ...`.
 * Decides the line's form; what is worth a line is the caller's. A library would bring worker
 * threads and start-up time for these forty lines.
 * Invariant: one event is one line, whatever the values hold.
 */

/** info: worth knowing; warn: handled, but look at it; error: something was lost or refused. */
export type LogLevel = "info" | "warn" | "error";

/** Values of a line's fields; `undefined` leaves the field out. */
export type LogFields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** Writes one line; `message` is a few fixed words, what varies goes into the fields. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/**
 * The log of one room. `write` gets finished lines (usually `io.err`); `nowMs` gives Unix time in
 * milliseconds, the system's clock without it.
 */
export function createLog(
  room: string,
  write: (line: string) => void,
  nowMs: () => number = Date.now,
): Log {
  return (level, message, fields = {}) => {
    const time = new Date(nowMs()).toISOString();
    const pairs = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [` ${key}=${quoted(String(value))}`],
    );
    write(`${time} ${level} ${room} ${oneLine(message)}${pairs.join("")}`);
  };
}

/** Bare where that is unambiguous, else as a JSON string. */
function quoted(value: string): string {
  return /^[\w.:/@,+\-[\]]+$/.test(value) ? value : escaped(JSON.stringify(value));
}

/** JSON leaves DEL and the C1 control characters as they are; a terminal does not. */
function escaped(json: string): string {
  return json.replace(/\p{Cc}/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
