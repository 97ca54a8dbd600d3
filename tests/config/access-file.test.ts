/** The file with the access list: what a line may hold, and what is refused. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { parseAccessList, readAccessFile } from "../../host/config/access-file.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_MACHINE, EXIT_USAGE } from "../../host/lib/exit-code.ts";

const NAME = "iqn.1991-05.com.microsoft:server";

const folder = mkdtempSync(join(tmpdir(), "access-"));
after(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, mode = 0o644): string {
  const path = join(folder, "access");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

function refusal(act: () => unknown, exitCode: number): string {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof OperatorError);
    assert.equal(thrown.exitCode, exitCode);
    return thrown.message;
  }
  return assert.fail("not refused");
}

test("a line with units, one without, remarks and empty lines", () => {
  const text = `# who may come in\n\n${NAME}  0,2   # the changer and lane 2\n\teui.0123456789ABCDEF\r\n`;
  assert.deepEqual(
    [...readAccessFile(fileOf(text))],
    [
      [NAME, [0, 2]],
      ["eui.0123456789ABCDEF", "all"],
    ],
  );
  assert.deepEqual(
    [...(parseAccessList(`${NAME} 0, 1 ,2`) as Map<string, unknown>)],
    [[NAME, [0, 1, 2]]],
  );
});

for (const [name, text, reason] of [
  ["nobody", "# nobody\n\n", /names no initiator, so nobody could log in/],
  ["a name that is none", "\nbackup 1", /line 2: "backup" is no iSCSI name/],
  ["a name twice", `${NAME} 1\n${NAME} 2`, /line 2: "iqn.*" is there twice/],
  ["a unit that is no number", `${NAME} one`, /line 1: logical units are numbers/],
  ["a unit twice", `${NAME} 1,1`, /each once/],
  ["a unit that no bridge has", `${NAME} 33`, /from 0 \(changer\) to 32/],
  ["no units behind a comma", `${NAME} 1,`, /as 0,1,2/],
  ["a long name", `iqn.2026-11.com.example:${"n".repeat(223)}`, /is no iSCSI name/],
  ["too much", `#${" ".repeat(70_000)}\n${NAME}`, /bytes, at most 65536/],
] as const) {
  test(`${name}: refused`, () => {
    const words = refusal(() => readAccessFile(fileOf(text)), EXIT_USAGE);
    assert.match(words, reason);
    assert.match(words, /access list cannot be used: .*see --access-file in --help/);
  });
}

test("a file that others may write is refused; one that is not there, too", () => {
  const path = fileOf(NAME, 0o664);
  assert.match(
    refusal(() => readAccessFile(path), EXIT_USAGE),
    /others may write it: chmod go-w it/,
  );
  rmSync(path);
  assert.match(
    refusal(() => readAccessFile(path), EXIT_MACHINE),
    /no such file/,
  );
});

test("no text throws", () => {
  const word = fc.oneof(fc.constantFrom(NAME, "0,1", "#", "\n", " "), fc.string());
  fc.assert(
    fc.property(fc.array(word), (words) => {
      const list = parseAccessList(words.join(" "));
      assert.ok(typeof list === "string" || list.size > 0);
    }),
  );
});
