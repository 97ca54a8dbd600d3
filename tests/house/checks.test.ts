/** Every check can fail: for each rule a tree that keeps it and one that breaks it. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandCheck } from "../../tools/check/command.ts";
import { documentBreaches } from "../../tools/check/commands-document.ts";
import { coreBreaches } from "../../tools/check/core-module.ts";
import { wordBreaches } from "../../tools/check/forbidden-words.ts";
import { rankBreaches } from "../../tools/check/import-ranks.ts";
import { linkBreaches } from "../../tools/check/links.ts";
import { lockFileBreaches } from "../../tools/check/lock-file.ts";
import { readmeBreaches } from "../../tools/check/readmes.ts";
import { labelBreaches } from "../../tools/check/recovery-labels.ts";
import { runChecks } from "../../tools/check/run.ts";
import { commandsDocument } from "../../tools/commands/document.ts";
import { rowsOf } from "../../tools/commands/read-table.ts";
import type { Words } from "../../tools/commands/words.ts";
import { ROOT } from "../../tools/launch/set-up.mjs";

function texts(...entries: (readonly [string, string])[]): Map<string, string> {
  return new Map(entries);
}

describe("import ranks", () => {
  const RIGHT: readonly (readonly [string, string])[] = [
    ["host/lane/loop.ts", 'import { a } from "../cache/port.ts";'],
    ["host/lane/loop.ts", 'import { a } from "./other.ts";'],
    ["host/core/load.ts", 'import { a } from "../../assembly/spec/abi.ts";'],
    ["host/main.ts", 'const demo = await import("../tools/demo/run.ts");'],
    ["assembly/ring/append.ts", 'import { a } from "../lib/bytes.ts";'],
    ["tools/demo/run.ts", 'import { a } from "../../host/lane/loop.ts";'],
    ["tools/cartridge/run.ts", 'import { a } from "node:fs";\nimport { b } from "./reader.ts";'],
    ["tools/cartridge/run.ts", 'import type { Io } from "../../host/lib/io.ts";'],
    ["tests/lane/a.test.ts", 'import { a } from "../../tools/demo/run.ts";'],
    ["host/lib/size.ts", '// import { a } from "../lane/loop.ts" would be wrong here'],
  ];
  for (const [path, source] of RIGHT) {
    it(`lets ${path} say ${source.split("\n")[0]}`, () => {
      assert.deepEqual(rankBreaches(texts([path, source])), []);
    });
  }

  const WRONG: readonly (readonly [string, string])[] = [
    ["host/lib/size.ts", 'import { a } from "../iscsi/pdu.ts";'],
    ["host/lib/size.ts", 'import type { A } from "../iscsi/pdu.ts";'],
    ["host/cache/file.ts", 'import { a } from "../drive/port.ts";'],
    ["host/cache/file.ts", 'export { a } from "../drive/port.ts";'],
    ["host/cache/file.ts", 'import {\n  a,\n  b,\n} from "../drive/port.ts";'],
    ["host/lane/loop.ts", 'const a = await import("../console/status.ts");'],
    ["host/lane/loop.ts", 'import "../../tools/demo/run.ts";'],
    ["host/core/load.ts", 'import { a } from "../../assembly/ring/append.ts";'],
    ["assembly/ring/append.ts", 'import { a } from "../../host/lib/size.ts";'],
    ["tools/practice-library/drive.ts", 'import { a } from "../../assembly/spec/status.ts";'],
    ["tools/cartridge/reader.ts", 'import { a } from "../../host/lib/size.ts";'],
    ["tools/cartridge/reader.ts", 'import { a } from "smol-toml";'],
    ["host/unknown/a.ts", 'import { a } from "../lib/size.ts";'],
  ];
  for (const [path, source] of WRONG) {
    it(`stops ${path} saying ${JSON.stringify(source)}`, () => {
      assert.equal(rankBreaches(texts([path, source])).length, 1);
    });
  }
});

describe("core module", () => {
  /** (module (func (export "abi")) ...) by hand: type, function, memory, export, code sections. */
  function moduleBytes(exportNames: readonly string[], isImporting = false): Uint8Array {
    const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    const section = (id: number, body: readonly number[]): number[] => [id, body.length, ...body];
    const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
    const entries = exportNames.map((text) =>
      text === "memory" ? [...name(text), 2, 0] : [...name(text), 0, 0],
    );
    return Uint8Array.from([
      ...header,
      ...section(1, [1, 0x60, 0, 0]),
      ...(isImporting ? section(2, [1, ...name("env"), ...name("abort"), 0, 0]) : []),
      ...section(3, [1, 0]),
      ...section(5, [1, 0, 1]),
      ...section(7, [entries.length, ...entries.flat()]),
      ...section(10, [1, 2, 0, 0x0b]),
    ]);
  }
  const ABI = ["abi", "step", "memory"];

  it("is right with the ABI alone", () => {
    assert.deepEqual(coreBreaches(moduleBytes(ABI), "(module)"), []);
  });
  it("breaks with an import", () => {
    assert.match(coreBreaches(moduleBytes(ABI, true), "(module)").join(), /imports env\.abort/);
  });
  it("breaks with an export more or less", () => {
    assert.equal(coreBreaches(moduleBytes([...ABI, "__new"]), "").length, 1);
    assert.equal(coreBreaches(moduleBytes(["abi", "memory"]), "").length, 1);
  });
  it("breaks with a managed runtime", () => {
    assert.equal(coreBreaches(moduleBytes(ABI), "(func $~lib/rt/stub/__alloc)").length, 1);
  });
});

describe("readmes", () => {
  const FILE = ["host/lane/loop.ts", ""] as const;
  it("are there and short", () => {
    const readme = ["host/lane/README.md", "x\n".repeat(80)] as const;
    assert.deepEqual(readmeBreaches(texts(FILE, readme)), []);
  });
  it("are missed, or too long", () => {
    assert.deepEqual(readmeBreaches(texts(FILE)), ["host/lane has no README.md"]);
    const readme = ["host/lane/README.md", "x\n".repeat(81)] as const;
    assert.equal(readmeBreaches(texts(FILE, readme)).length, 1);
  });
  it("are not asked of files between the rooms", () => {
    assert.deepEqual(readmeBreaches(texts(["host/main.ts", ""], ["assembly/index.ts", ""])), []);
  });
});

describe("links", () => {
  const HEADINGS = "# Top\n\n## What `a.ts` says, and (why)\n\n## Again\n\n## Again\n";
  const TREE = texts(["docs/b.md", HEADINGS], ["host/lane/loop.ts", ""]);
  const breachesOf = (text: string): string[] => linkBreaches(new Map([...TREE, ["a.md", text]]));
  const RIGHT = [
    "[b](docs/b.md)",
    "[b](./docs/b.md#what-ats-says-and-why)",
    "[again](docs/b.md#again-1)",
    "[here](#here)\n# Here",
    "[loop](host/lane/loop.ts), [room](host/lane), [room](host/lane/)",
    "[b]\n\n[b]: docs/b.md",
    "[far](https://example.com/x.md#y)",
    "`[no](link.md)`",
    "```\n[no](link.md)\n# Here\n```",
  ];
  for (const text of RIGHT) {
    it(`lead somewhere in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(breachesOf(text), []);
    });
  }
  it("lead from a folder to what is beside it, or above", () => {
    const text = "[a](../a.md) [b](b.md#top) [c](../docs)";
    assert.deepEqual(linkBreaches(new Map([...TREE, ["a.md", ""], ["docs/c.md", text]])), []);
  });

  const WRONG = [
    "[b](docs/c.md)",
    "[b](b.md)",
    "[b](/docs/b.md)",
    "[b](../docs/b.md)",
    "[b](docs/b.md#nowhere)",
    "[again](docs/b.md#again-2)",
    "[here](#here)\n```\n# Here\n```",
    "[loop](host/lane/loop.ts#line)",
    "[b]\n\n[b]: docs/c.md",
    '[b](docs/c.md "the other")',
    "![picture](docs/b.png)",
  ];
  for (const text of WRONG) {
    it(`lead nowhere in ${JSON.stringify(text)}`, () => {
      assert.match(
        breachesOf(text).join("; "),
        /^a\.md:\d+: \S+: there is no such (?:file|heading)$/,
      );
    });
  }
});

describe("lock file", () => {
  it("may name packages and funding pages, not a registry", () => {
    assert.deepEqual(lockFileBreaches('"funding": "https://example.com", "version": "1.0.0"'), []);
    assert.equal(lockFileBreaches('"resolved": "https://example.com/a.tgz"').length, 1);
  });
});

describe("forbidden words", () => {
  const WRONG = [`see /${"home"}/me/x`, `cd /${"work"}/tree`, `// ${"TO"}DO: later`];
  for (const line of WRONG) {
    it(`finds ${line}`, () => {
      const breaches = wordBreaches(texts(["a.ts", `fine\n${line}\n`]));
      assert.match(breaches.join(), /^a\.ts:2: /);
    });
  }
  it("lets other words be", () => {
    const line = "frame/work/home, path.join(home, x), a todo list, https://example.com/homepage";
    assert.deepEqual(wordBreaches(texts(["a.md", line])), []);
  });
});

describe("recovery labels", () => {
  const LABELS = [
    "assembly/spec/recovery-label.ts",
    "export const LABEL_604: u32 = 604; // a\nexport const LABEL_606 = 606;\n",
  ] as const;
  const scenario = (text: string) => ["tests/recovery/a.test.ts", text] as const;

  it("are right when a title names each", () => {
    const text = 'it("[604] stops feeding", f);\nit(`[606] holds`, f);';
    assert.deepEqual(labelBreaches(texts(LABELS, scenario(text))), []);
  });
  it("miss a scenario", () => {
    const text = 'it("[604] stops feeding", f); const labels = [606];';
    assert.equal(labelBreaches(texts(LABELS, scenario(text))).length, 1);
    assert.equal(labelBreaches(texts(LABELS, ["tests/a.test.ts", 'it("[604][606]")'])).length, 2);
  });
  it("miss the labels themselves, or find one under a wrong name", () => {
    assert.equal(labelBreaches(texts()).length, 1);
    const wrong = ["assembly/spec/recovery-label.ts", "export const LABEL_604 = 605;"] as const;
    assert.equal(labelBreaches(texts(wrong, scenario('"[604]"'))).length, 1);
  });
});

describe("programs as checks", () => {
  const PROGRAM = "typescript/bin/tsc";
  it("pass with exit code 0, and say their words with another", async () => {
    assert.deepEqual(await commandCheck("x", PROGRAM, ["--version"]).find(ROOT), []);
    const breaches = await commandCheck("x", PROGRAM, ["--no-such-flag"]).find(ROOT);
    assert.match(breaches.join("\n"), /no-such-flag/);
  });
});

describe("the run", () => {
  it("counts, says a line each, and survives a check that breaks", async () => {
    const said: string[] = [];
    const checks = [
      { name: "kept", find: async () => [] },
      { name: "broken", find: async () => ["a.ts: wrong"] },
      { name: "bad", find: () => Promise.reject(new Error("oh")) },
    ];
    const count = await runChecks(checks, ROOT, (line) => said.push(line));
    assert.deepEqual(count, { passed: 1, failed: 2 });
    assert.match(said.join("\n"), /^ok {3}check kept.*\nFAIL check broken.*\n +a\.ts: wrong\nFAIL/);
  });
});

describe("commands document", () => {
  const ROW = 'row(OP_REWIND, DO_REWIND, NEEDS_MEDIUM, READS, LONG, "01");';
  const TABLE = `const LONG: u32 = 60;\n${ROW}\n`;
  const unit = (
    source: string,
    words: readonly (readonly [string, Words])[] = [],
    no = "",
  ): string =>
    commandsDocument([
      {
        title: "Lane",
        rows: rowsOf(source),
        words: new Map(words),
        refused: new Map(no === "" ? [] : [[no, ["NAME", "reason"]]]),
      },
    ]);
  const WORDS: [string, Words] = ["01", ["REWIND", "winds"]];

  it("has a row for each line of the table", () => {
    const text = unit(TABLE, [WORDS], "02");
    assert.match(text, /\| 01h +\| REWIND +\| winds +\| a cartridge \| .*access +\| 60 /);
    assert.match(text, /\| 02h +\| NAME +\| reason +\|/);
    assert.deepEqual(documentBreaches(text, text), []);
  });

  it("is stopped by another text", () => {
    assert.equal(documentBreaches("a", "b").length, 1);
  });

  it("is stopped by a row without words, words without a row, a refused row", () => {
    assert.throws(() => unit(TABLE), /nothing for 01/);
    assert.throws(() => unit("", [WORDS]), /has no row/);
    assert.throws(() => unit(TABLE, [WORDS], "01"), /is refused, but it has a row/);
  });

  it("is stopped by a row that cannot be read", () => {
    assert.throws(() => rowsOf(`${TABLE}row(OP_REWIND, 3);\n`), /1 of 2 rows/);
    assert.throws(() => rowsOf(TABLE.replace("OP_REWIND", "OP_NONE")), /OP_NONE is not known/);
  });
});
