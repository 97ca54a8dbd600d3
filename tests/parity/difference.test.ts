/** The comparison can fail: a core with one changed constant, and memory with one changed bit, are found. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type TestContext, test } from "node:test";
import type { CoreRuntime, RuntimeName } from "../../host/core/runtime.ts";
import { WEATHERS } from "./faults.ts";
import { CORE_PATH, cannotCompare, instanceOf, moduleAt } from "./runtimes.ts";
import { runStream, StreamDifference } from "./stream.ts";
import { MEMORY_EVERY } from "./twin.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const COMPILE_TIMEOUT_MS = 120_000;
const LIMIT = { timeout: 180_000, skip: cannotCompare() };
const SEED = 7;
const EVENTS = 60_000;
const CALM = WEATHERS[0];
/** The last bytes of the memory: no table of the core reaches them. */
const UNUSED_AT = 96 * 65_536 - 8;

/** Builds the core from a copy in which `file` has `to` in place of `from`. */
function changedCore(t: TestContext, file: string, from: string, to: string): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-parity-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(ROOT, "assembly"), join(folder, "assembly"), { recursive: true });
  cpSync(join(ROOT, "asconfig.json"), join(folder, "asconfig.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, "assembly", file);
  const text = readFileSync(path, "utf8");
  assert.equal(text.split(from).length, 2, `${from} stands once in ${file}`);
  writeFileSync(path, text.replace(from, to));
  const compiler = join(ROOT, "node_modules", "assemblyscript", "bin", "asc.js");
  execFileSync(process.execPath, [compiler, "--config", "asconfig.json", "--target", "release"], {
    cwd: folder,
    stdio: "pipe",
    timeout: COMPILE_TIMEOUT_MS,
  });
  return join(folder, CORE_PATH);
}

async function differenceOf(
  open: () => Promise<readonly CoreRuntime[]>,
): Promise<StreamDifference> {
  assert.ok(CALM !== undefined);
  const plan = { seed: SEED, weather: CALM, eventCount: EVENTS, open };
  const thrown: unknown = await runStream(plan).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof StreamDifference, `found: ${thrown}`);
  assert.equal(thrown.seed, SEED);
  assert.match(thrown.message, /^seed 7 \(calm\), event \d+: /);
  return thrown;
}

test("a core with one changed constant is found, with seed, event and field", LIMIT, async (t) => {
  const [from, to] = [
    "DISABLE_BLOCK_DESCRIPTORS: u32 = 0x08",
    "DISABLE_BLOCK_DESCRIPTORS: u32 = 0x10",
  ];
  const changed = moduleAt(changedCore(t, "scsi/mode-page.ts", from, to));
  const wasm = moduleAt(CORE_PATH);
  const found = await differenceOf(() =>
    Promise.all([instanceOf("v8", wasm), instanceOf("wamr", changed)]),
  );
  assert.ok(found.step > 0 && found.step < EVENTS);
  assert.match(found.what, /^lane [12]: .* under v8, .* under wamr$/);
});

for (const name of ["v8", "wamr"] satisfies RuntimeName[]) {
  test(`one bit of memory that no action shows is found under ${name}`, LIMIT, async () => {
    const wasm = moduleAt(CORE_PATH);
    const found = await differenceOf(async () => {
      const runtimes = await Promise.all([instanceOf("v8", wasm), instanceOf("wamr", wasm)]);
      const spoilt = runtimes.find((runtime) => runtime.name === name);
      spoilt?.memory.fill(1, UNUSED_AT, UNUSED_AT + 1);
      return runtimes;
    });
    // Three cores take turns: the first that has made MEMORY_EVERY steps finds it.
    assert.ok(found.step >= MEMORY_EVERY && found.step <= 3 * MEMORY_EVERY);
    assert.match(found.what, /memory differs at 5ffff8h: \d under v8, \d under wamr$/);
  });
}
