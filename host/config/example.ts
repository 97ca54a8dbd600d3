/**
 * The example configuration file: every key with its meaning, its default and a value that works.
 * Decides the layout; the words come from the key table, so file, help and schema agree.
 */

import { KEYS, type KeyRule } from "./key-table.ts";

const HEADING = [
  "# Understudy: the configuration of one bridge.",
  "# understudy start --config understudy.toml",
  "# Every key is also a flag of `understudy start`; a flag wins over this file.",
];

/** The content of examples/understudy.toml. Only the required key is not commented out. */
export function exampleToml(): string {
  return `${[...HEADING, ...KEYS.flatMap(keyLines)].join("\n")}\n`;
}

function keyLines({ name, help, fallback, must, toml }: KeyRule): string[] {
  const isRequired = fallback === "required";
  return [
    "",
    `# ${help}`,
    `# ${must}${isRequired ? "" : `; default: ${fallback}`}`,
    `${isRequired ? "" : "# "}${name} = ${toml}`,
  ];
}
