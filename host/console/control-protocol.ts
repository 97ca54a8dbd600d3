/**
 * The control socket's language: one line `NAME ARGUMENT` there, one line of JSON back, then both
 * ends close. Decides form and bounds; which names exist is the bridge's.
 */

/** A request line with its line break. */
export const REQUEST_BYTES_MAX = 4_096;
/** An answer line with its line break. */
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
/** Longest path of a Unix socket on Linux without its closing zero (sun_path has 108 bytes). */
export const SOCKET_PATH_BYTES_MAX = 107;

/** What goes back over the wire. */
export type ControlAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

/** Reads an answer line; undefined where it is none. */
export function parseAnswer(line: string): ControlAnswer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      return undefined;
    }
    throw thrown;
  }
  if (typeof answer !== "object" || answer === null || !("ok" in answer)) {
    return undefined;
  }
  if (answer.ok === true && "value" in answer) {
    return { ok: true, value: answer.value };
  }
  return answer.ok === false && "error" in answer
    ? { ok: false, error: String(answer.error) }
    : undefined;
}
