/**
 * How every `--help` looks: usage, what the command does, its flags with defaults, an example, the
 * exit codes. Decides the layout only.
 */

import { EXIT_CODE_HELP } from "./exit-code.ts";
import type { FlagRule } from "./flags.ts";

/** The parts of a command's help. */
export interface Help {
  /** The call without `understudy`, like "status [--state DIR]". */
  readonly usage: string;
  readonly what: readonly string[];
  readonly flags: readonly FlagRule[];
  readonly examples: readonly string[];
}

/** The help text, one line per element. */
export function helpLines(help: Help): string[] {
  const rows = help.flags.map(
    (flag) => [`--${flag.name}${flag.value === "" ? "" : ` ${flag.value}`}`, flag] as const,
  );
  const width = Math.max(0, ...rows.map(([call]) => call.length));
  return [
    `usage: understudy ${help.usage}`,
    "",
    ...help.what,
    "",
    "flags:",
    ...rows.map(
      ([call, { help: words, fallback }]) =>
        `  ${call.padEnd(width)}  ${words}${fallback === "" ? "" : ` (default: ${fallback})`}`,
    ),
    "",
    help.examples.length === 1 ? "example:" : "examples:",
    ...help.examples.map((example) => `  ${example}`),
    "",
    "exit codes:",
    ...EXIT_CODE_HELP.map((line) => `  ${line}`),
  ];
}
