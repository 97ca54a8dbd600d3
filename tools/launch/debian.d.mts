/** The path of a program, or undefined when the machine lacks it. */
export function findProgram(name: string): string | undefined;

/**
 * Makes the programs available, as root by their Debian packages. True when all are there;
 * otherwise the last line that `say` had is the command to type.
 */
export function ensurePrograms(names: readonly string[], say: (line: string) => void): boolean;
