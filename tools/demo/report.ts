/** How a finished story looks on standard output. Decides layout and words; pure. */

import { formatSize } from "../../host/lib/size.ts";
import type { CaseResult } from "./case-result.ts";
import { causeClauses } from "./recovery-facts.ts";
import type { TapeTotals } from "./tally.ts";

/** Enough of a SHA-256 to compare by eye. */
const HASH_CHARS_SHOWN = 16;
const INDENT = "  ";

/** The table of one story. */
export function reportLines(result: CaseResult): string[] {
  return [
    "",
    `${result.case}: ${result.story}`,
    ...tapeTable(result),
    "",
    ...facts(result).map(([name, value]) => `${INDENT}${name.padEnd(16)} ${value}`),
    ...result.checks.map(
      ({ ok, what, found }) => `${INDENT}${ok ? "ok   " : "WRONG"} ${what}: ${found}`,
    ),
  ];
}

/** The last line of the whole run. */
export function verdictLine(results: readonly CaseResult[]): string {
  const wrong = results.filter(({ ok }) => !ok).map((result) => result.case);
  return wrong.length === 0
    ? `all right: ${results.map((result) => result.case).join(", ")}`
    : `WRONG: ${wrong.join(", ")}`;
}

function tapeTable(result: CaseResult): string[] {
  const rows = [
    ["", "records", "filemarks", "bytes", `SHA-256 (first ${HASH_CHARS_SHOWN})`],
    tapeRow("as sent", result.sent),
    tapeRow("as read back", result.readBack),
    tapeRow("on the cartridge", result.onCartridge),
  ];
  return alignedRows(rows).map((row) => INDENT + row);
}

function tapeRow(name: string, totals: TapeTotals | null): string[] {
  if (totals === null) {
    return [name, "-", "-", "-", "-"];
  }
  const { records, filemarks, bytes, sha256 } = totals;
  return [
    name,
    String(records),
    String(filemarks),
    String(bytes),
    sha256.slice(0, HASH_CHARS_SHOWN),
  ];
}

function facts(result: CaseResult): (readonly [string, string])[] {
  const { longestStall, errorsSeen, errors, busyAnswers, volumeTag, realVolumeTag } = result;
  const { runtimeReason } = result;
  const firstError = errors[0] === undefined ? "" : ` (${errors[0].command}: ${errors[0].what})`;
  const busy = busyAnswers === 0 ? "" : `, BUSY ${busyAnswers} times`;
  return [
    ["errors seen", `${errorsSeen}${firstError}${busy}`],
    ["longest stall", `${longestStall.ms.toFixed(0)} ms (${longestStall.command || "-"})`],
    ["write rate", `${formatSize(result.writeBytesPerSecond)}/s`],
    ...result.recoveries.flatMap(recoveryFacts),
    ["volume tag", `${volumeTag || "-"}, really ${realVolumeTag || "-"}`],
    ["runtime", `${result.runtime || "-"}, ${result.seconds.toFixed(1)} s in all`],
    ...(runtimeReason === "" ? [] : [["", `for want of WAMR: ${runtimeReason}`] as const]),
  ];
}

function recoveryFacts(recovery: CaseResult["recoveries"][number]): (readonly [string, string])[] {
  const { kind, cause, result, rewrittenBytes, rewriteBytesPerSecond, steps } = recovery;
  const rate = rewriteBytesPerSecond === null ? "" : ` at ${formatSize(rewriteBytesPerSecond)}/s`;
  const labels = steps.map(({ label }) => label).join(" ");
  const seconds = ((steps.at(-1)?.atMs ?? 0) / 1000).toFixed(1);
  return [
    ["recovery", `${result} in ${seconds} s: ${labels}`],
    ["verdict", kind],
    ...causeClauses(cause).map((clause) => ["", clause] as const),
    ["rewritten", `${formatSize(rewrittenBytes)}${rate}`],
  ];
}

/** Rows as lines, columns as wide as their widest cell; those in `left` flush left, others right. */
export function alignedRows(
  rows: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return left.includes(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
