/** The flags of the practice library: defaults, every mistake at once, any words. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  parseFaultOptions,
  parseLibraryOptions,
  parseOperatorOptions,
} from "../../tools/practice-library/options.ts";

const HOME = new Map([["XDG_STATE_HOME", "/state"]]);
const ENVIRONMENT = Object.fromEntries(HOME);

test("the defaults are those of the contract", () => {
  assert.deepEqual(parseLibraryOptions([], ENVIRONMENT), {
    host: "127.0.0.1",
    port: 3270,
    targetName: "iqn.2026-11.com.example:practice",
    dir: "/state/understudy/practice-library",
    drives: 3,
    slots: 12,
    importExport: 2,
    cartridges: 8,
    capacityBytes: 4 * 1024 ** 3,
    generation: {
      name: "LTO-9",
      product: "PRACTICE-LTO9",
      densityCode: 0x60,
      barcodeSuffix: "L9",
    },
    rate: 400 * 1024 ** 2,
    control: "/state/understudy/practice-library/control.sock",
    moveMs: 50,
    loadMs: 50,
    json: false,
  });
});

test("flags are taken in both spellings", () => {
  const argv = [
    "--listen=[::1]:0",
    "--rate",
    "none",
    "--dir",
    "/d",
    "--generation=LTO-8",
    "--json",
  ];
  const options = parseLibraryOptions(argv, ENVIRONMENT);
  assert.ok("host" in options);
  const { host, port, rate, control, generation, json } = options;
  assert.deepEqual([host, port, rate, control], ["::1", 0, undefined, "/d/control.sock"]);
  assert.deepEqual([generation.barcodeSuffix, json], ["L8", true]);
});

test("every mistake is listed with key, reason and example", () => {
  const argv = [
    "--listen=nowhere",
    "--target=tape",
    "--drives=0",
    "--slots=3",
    "--cartridges=4",
    "--capacity=1K",
    "--generation=LTO-1",
    "--rate=fast",
    "--move-ms=-1",
    "--colour=red",
    `--control=/${"x".repeat(120)}`,
  ];
  const parsed = parseLibraryOptions(argv, ENVIRONMENT);
  assert.ok("problems" in parsed);
  const keys = parsed.problems.map(({ key }) => key);
  const flags = argv.map((word) => word.split("=")[0] ?? "").filter((key) => key !== "--slots");
  assert.deepEqual(keys.sort(), flags.sort());
  for (const { key, reason, example } of parsed.problems) {
    assert.ok(reason.length > 5);
    assert.ok(key === "--colour" || example.startsWith(key), `${key} has an example`);
  }
});

test("a fault may be one argument or several, and must be a rule", () => {
  const expected = { rule: "drive 1 hang after 3", control: "/c.sock" };
  const spellings = [["drive 1 hang after 3"], ["drive", "1", "hang", "after", "3"]];
  for (const words of spellings) {
    assert.deepEqual(parseFaultOptions([...words, "--control", "/c.sock"], ENVIRONMENT), expected);
  }
  assert.deepEqual(parseFaultOptions(["list", "--dir=/d"], ENVIRONMENT), {
    rule: "list",
    control: "/d/control.sock",
  });
  const parsed = parseFaultOptions(["drive", "1", "explode"], ENVIRONMENT);
  assert.ok("problems" in parsed);
  assert.match(parsed.problems[0]?.reason ?? "", /word 3: expected write or read or hang/);
});

test("a deed may be one argument or several, and must be one", () => {
  const expected = { deed: "take 10h", control: "/d/control.sock" };
  for (const words of [["take 10h"], ["take", "10h"]]) {
    assert.deepEqual(parseOperatorOptions([...words, "--dir=/d"], ENVIRONMENT), expected);
  }
  const parsed = parseOperatorOptions(["take", "it"], ENVIRONMENT);
  assert.ok("problems" in parsed);
  assert.match(parsed.problems[0]?.reason ?? "", /expected put BARCODE into ADDRESS/);
});

test("any words give options or problems", () => {
  const flags = ["--listen", "--drives", "--rate", "--dir", "--", "--help", "--json", "-x"];
  const words = fc.array(fc.oneof(fc.constantFrom(...flags), fc.string()), { maxLength: 6 });
  fc.assert(
    fc.property(words, (argv) => {
      for (const parsed of [parseLibraryOptions(argv, ENVIRONMENT), parseFaultOptions(argv)]) {
        assert.ok(!("problems" in parsed) || parsed.problems.length > 0);
      }
    }),
  );
});
