/** The exit codes of every command. Decides nothing else. */

/** Done and right. */
export const EXIT_DONE = 0;
/** Done, and the result is wrong: data differ, a check failed. */
export const EXIT_WRONG = 1;
/** Wrong usage or configuration: every mistake was listed. */
export const EXIT_USAGE = 2;
/** Something the machine lacks or holds: a port in use, a package, a permission. */
export const EXIT_MACHINE = 3;
/** An internal fault: a bug of the program. */
export const EXIT_INTERNAL = 70;

/** For every `--help`: what each exit code means. */
export const EXIT_CODE_HELP: readonly string[] = [
  "0 done and right",
  "1 done, and the result is wrong",
  "2 wrong usage or configuration, every mistake listed",
  "3 something the machine lacks or holds (port, package, permission)",
  "70 internal fault",
];
