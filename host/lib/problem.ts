/**
 * Mistakes of an operator in flags or configuration, collected so that all are listed at once.
 * Decides how a list of them looks.
 */

/** One mistake: which key, why it cannot be used, and one value that could. */
export interface Problem {
  /** A flag ("--lanes") or a key of the file ("lanes"). */
  readonly key: string;
  readonly reason: string;
  /** A whole example, as it would be written; "" where the reason says it all. */
  readonly example: string;
}

/** One line per mistake under a heading, then where to read more. */
export function problemLines(command: string, problems: readonly Problem[]): string[] {
  const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
  const lines = problems.map(
    ({ key, reason, example }) =>
      `  ${key}: ${reason}${example === "" ? "" : `; for example: ${example}`}`,
  );
  return [`${command}: ${count}`, ...lines, `\`${command} --help\` explains every flag`];
}
