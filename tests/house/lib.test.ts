/** The small helpers that every room uses: sizes, log lines, flags, operator errors, the lock. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { OperatorError, operatorErrorOf } from "../../host/lib/error.ts";
import { type FlagRule, readFlags } from "../../host/lib/flags.ts";
import { createLog } from "../../host/lib/log.ts";
import { takePidLock } from "../../host/lib/pid-lock.mjs";
import { formatSize, parseSize } from "../../host/lib/size.ts";

describe("sizes", () => {
  const SIZES: readonly (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["65536", 65_536],
    ["64K", 65_536],
    ["1.5G", 1_610_612_736],
    ["8g", 8_589_934_592],
    ["2GiB", 2_147_483_648],
    ["18T", 19_791_209_299_968],
    ["", undefined],
    ["G", undefined],
    ["-1G", undefined],
    ["1e3", undefined],
    ["8 G B", undefined],
    ["9999999T", undefined],
  ];
  for (const [text, bytes] of SIZES) {
    it(`${JSON.stringify(text)} is ${bytes} bytes`, () => assert.equal(parseSize(text), bytes));
  }
  it("are shown with one digit at most", () => {
    const shown = [0, 512, 1024, 1536, 8_589_934_592, 19_791_209_299_968].map(formatSize);
    assert.deepEqual(shown, ["0 B", "512 B", "1 KiB", "1.5 KiB", "8 GiB", "18 TiB"]);
  });
});

describe("log", () => {
  it("writes time, level, room, message and fields", () => {
    const lines: string[] = [];
    const log = createLog(
      "lane",
      (line) => lines.push(line),
      () => 1_000,
    );
    log("warn", "drive silent", {
      lun: 1,
      peer: "127.0.0.1:3260",
      cause: "no answer",
      none: undefined,
    });
    assert.deepEqual(lines, [
      '1970-01-01T00:00:01.000Z warn lane drive silent lun=1 peer=127.0.0.1:3260 cause="no answer"',
    ]);
  });
  it("one event is one line, whatever it holds", () => {
    return fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        (message, value) => {
          const lines: string[] = [];
          createLog("r", (line) => lines.push(line))("info", message, { value });
          assert.equal(lines.length, 1);
          assert.doesNotMatch(lines[0] ?? "", /\p{Cc}/u);
        },
      ),
      { examples: [["", "\x7f"]] },
    );
  });
});

describe("flags", () => {
  const rule = (name: string, value: string): FlagRule => ({
    ...{ name, value, help: "", fallback: "" },
    example: "x",
  });
  const RULES: readonly FlagRule[] = [
    rule("dir", "DIR"),
    rule("json", ""),
    { ...rule("fail", "CASE"), repeats: true },
  ];

  it("are read in every form", () => {
    const flags = readFlags(["--dir", "a", "--json", "--fail=x", "--fail", "y", "word"], RULES, 1);
    assert.deepEqual(Object.fromEntries(flags.values), {
      dir: ["a"],
      json: [""],
      fail: ["x", "y"],
    });
    assert.deepEqual(flags.positionals, ["word"]);
    assert.deepEqual(flags.problems, []);
  });
  it("a value may begin with one dash", () => {
    assert.deepEqual(readFlags(["--dir", "-1"], RULES).values.get("dir"), ["-1"]);
  });
  const WRONG: readonly (readonly [string, readonly string[], string])[] = [
    ["unknown", ["--bogus"], "--bogus"],
    ["short", ["-d", "a"], "-d"],
    ["no value at the end", ["--dir"], "--dir"],
    ["no value before a flag", ["--dir", "--json"], "--dir"],
    ["an empty value", ["--dir="], "--dir"],
    ["twice", ["--dir", "a", "--dir", "b"], "--dir"],
    ["a switch with a value", ["--json=1"], "--json"],
    ["a word too many", ["word"], "word"],
  ];
  for (const [name, argv, key] of WRONG) {
    it(`${name} is a mistake of ${key}`, () => {
      assert.ok(readFlags(argv, RULES).problems.some((problem) => problem.key === key));
    });
  }
  it("never throw", () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom("--dir", "--json", "--", "-", "--__proto__"),
    );
    return fc.assert(fc.property(fc.array(word), (argv) => void readFlags(argv, RULES, 2)));
  });
});

describe("operator errors", () => {
  it("say what, where, and what to do, with the exit code", () => {
    const inUse = Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE" });
    const error = operatorErrorOf(inUse, "127.0.0.1:3260");
    assert.equal(error.code, "portInUse");
    assert.equal(error.exitCode, 3);
    assert.match(error.message, /^the port is in use: 127\.0\.0\.1:3260; stop the program/);
  });
  it("keep an operator error as it is, and anything else's words", () => {
    const error = new OperatorError("notRunning", "x");
    assert.equal(operatorErrorOf(error, "y"), error);
    assert.match(operatorErrorOf("odd", "here").message, /here \(odd\)/);
  });
});

describe("the lock file", () => {
  function inFolder(work: (path: string) => void): void {
    const folder = mkdtempSync(join(tmpdir(), "understudy-lock-"));
    try {
      work(join(folder, "deep", "lock"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("is held once, names its holder, and is free after release", () => {
    inFolder((path) => {
      const first = takePidLock(path);
      assert.ok("release" in first);
      assert.deepEqual(takePidLock(path), { holderPid: process.pid });
      first.release();
      assert.ok("release" in takePidLock(path));
    });
  });
  it("is taken over from a process that is gone, also when its number was given again", () => {
    inFolder((path) => {
      const first = takePidLock(path);
      assert.ok("release" in first);
      for (const stale of ["", "garbage", "4194303 1\n", `${process.pid} 1\n`]) {
        writeFileSync(path, stale);
        const lock = takePidLock(path);
        assert.ok("release" in lock, JSON.stringify(stale));
      }
    });
  });
});
