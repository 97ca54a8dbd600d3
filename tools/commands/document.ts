/** The text of docs/commands.md. Decides its columns; the facts are the dispatch table's. */

import { type CommandRow, commandKey } from "./read-table.ts";
import type { Words } from "./words.ts";

/** One unit's part of the document. */
export interface UnitCommands {
  readonly title: string;
  readonly rows: readonly CommandRow[];
  readonly words: ReadonlyMap<string, Words>;
  readonly refused: ReadonlyMap<string, Words>;
}

const NEEDS: ReadonlyMap<string, string> = new Map([
  ["NEEDS_NOTHING", "nothing"],
  ["NEEDS_NEXUS", ""],
  ["NEEDS_MEDIUM", "a cartridge"],
  ["NEEDS_INVENTORY", "the inventory"],
]);
const CONFLICTS: ReadonlyMap<string, string> = new Map([
  ["ASKS", "no"],
  ["CHECKS", "RESERVE"],
  ["READS", "RESERVE, exclusive access"],
  ["CHANGES", "all"],
]);

const HEAD = `<!-- Made by \`node tools/commands/write.ts\` from the dispatch tables: change those. -->

# Commands

Every command that the bridge answers, and those that servers or tools may try and that it refuses. Any
code that is not here is refused: 5/20/00, and a service action that is not here 5/24/00.

- _needs_: a cartridge (else 2/3A/00, 2/04/01 while it loads), the inventory (2/04/01 until the library has
  been read). _nothing_: it is answered whatever is pending; any other command gets reservation conflicts
  and unit attentions first.
- _stopped by_: another nexus' reservation that ends it with RESERVATION CONFLICT. RESERVE is that of
  RESERVE(6) and (10); exclusive access and write exclusive are types of persistent reservations, with
  registrants only or all registrants for those who are not registered. _all_: each of these.
- _wait_: what REPORT SUPPORTED OPERATION CODES tells a server to wait, in seconds.
- _CDB_: the usage map, a one for each bit that is looked at.
`;

/** The whole document. Throws where a row has no words, words have no row, or a refused command has a row. */
export function commandsDocument(units: readonly UnitCommands[]): string {
  return [HEAD, ...units.map(unitText)].join("\n");
}

function unitText({ title, rows, words, refused }: UnitCommands): string {
  const keys = new Set(rows.map(({ op, action }) => commandKey(op, action)));
  for (const key of words.keys()) {
    if (!keys.has(key)) {
      throw new Error(`${title}: words.ts has ${key}, which has no row`);
    }
  }
  for (const key of refused.keys()) {
    if (keys.has(key)) {
      throw new Error(`${title}: words.ts says that ${key} is refused, but it has a row`);
    }
  }
  const sorted = rows.map((row) => ({ row, key: commandKey(row.op, row.action) }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  const done = sorted.map(({ row, key }) => rowCells(row, key, words.get(key), title));
  const not = [...refused]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, [name, why]]) => [code(key), name, why]);
  return `## ${title}

${table(["code", "command", "what is done", "needs", "stopped by", "wait", "CDB"], done)}

### Refused

${table(["code", "command", "because"], not)}
`;
}

function rowCells(row: CommandRow, key: string, words: Words | undefined, title: string): string[] {
  if (words === undefined) {
    throw new Error(`${title}: words.ts has nothing for ${key}`);
  }
  const needs = NEEDS.get(row.needs);
  const conflict = CONFLICTS.get(row.conflict);
  if (needs === undefined || conflict === undefined) {
    throw new Error(`${title}: ${key}: what are ${row.needs} and ${row.conflict}?`);
  }
  const usage = Buffer.from(row.usage).toString("hex").toUpperCase();
  return [code(key), words[0], words[1], needs, conflict, String(row.seconds), `\`${usage}\``];
}

function code(key: string): string {
  return `${key.toUpperCase()}h`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
