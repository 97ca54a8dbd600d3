/**
 * What a command of the program may say and hear: lines out, lines to the operator, and the word
 * to stop. Decides nothing; `host/main.ts` makes the one real instance, tests make their own.
 */

/** Lines are without their line break. Neither method throws; a closed pipe swallows the line. */
export interface Io {
  /** A result: standard output. */
  out(line: string): void;
  /** Progress, logs and mistakes: standard error. */
  err(line: string): void;
  /** Aborted by SIGTERM or SIGINT: finish what was promised, then return. */
  readonly signal: AbortSignal;
}

/** Prints the lines and hands the exit code back: how most commands end. */
export function printed(
  lines: readonly string[],
  print: (line: string) => void,
  exitCode: number,
): number {
  for (const line of lines) {
    print(line);
  }
  return exitCode;
}
