/**
 * Set-up of the WAMR addon in small checkouts of their own: built once, and what is said where it
 * cannot be built. cargo and cmake are scripts that leave what they would leave: that the real ones
 * build the real addon, every run of the tests shows before its first test.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { filesBelow, hashOf } from "../../tools/launch/content-hash.mjs";
import { ROOT } from "../../tools/launch/set-up.mjs";

const SET_UP = pathToFileURL(join(ROOT, "tools", "launch", "set-up.mjs")).href;
const SOURCE_TEXT = "int a;";
/** `cargo vendor ... FOLDER` in the folder of the manifest. */
const CARGO = `/bin/mkdir -p vendor/wamrx-sys/wasm-micro-runtime
printf '${SOURCE_TEXT}' > vendor/wamrx-sys/wasm-micro-runtime/a.c`;
/** `cmake -S FOLDER -B FOLDER ...`, then `cmake --build FOLDER ...`. */
const CMAKE = `case "$1" in --build) echo addon > "$2/wamr.node";; *) /bin/mkdir -p "$4";; esac`;
const FAILS = "exit 1";

interface Checkout {
  readonly root: string;
  /** Makes a program that notes its call and does what `effect` says. */
  program(name: string, effect: string): void;
  /** The addon's folder. */
  readonly place: string;
  /** The programs called since the last asking. */
  calls(): string[];
  /** Sets up in a process of its own; what it said. */
  setUp(): Promise<string>;
}

/** A checkout with every program, unless the test takes one away. */
function checkout(t: TestContext): Checkout {
  const root = mkdtempSync(join(tmpdir(), "understudy-addon-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const bin = join(root, "bin");
  const board = join(root, "board", "wamr-addon");
  const calls = join(root, "calls");
  const pinned = join(root, "pinned");
  for (const folder of [bin, board, pinned]) {
    mkdirSync(folder, { recursive: true });
  }
  copyFileSync(join(ROOT, "package-lock.json"), join(root, "package-lock.json"));
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  writeFileSync(join(board, "Cargo.toml"), "");
  writeFileSync(join(board, "addon.c"), "");
  writeFileSync(join(pinned, "a.c"), SOURCE_TEXT);
  writeFileSync(join(board, "sources.sha256"), `${hashOf(pinned, filesBelow(pinned))}\n`);
  const program = (name: string, effect: string): void => {
    const path = join(bin, name);
    writeFileSync(path, `#!/bin/sh\necho ${name} >> ${calls}\n${effect}\n`);
    chmodSync(path, 0o755);
  };
  program("gcc", "");
  program("make", "");
  program("cargo", CARGO);
  program("cmake", CMAKE);
  return {
    root,
    program,
    place: join(root, "build", "wamr-addon", `${process.platform}-${process.arch}`),
    calls: () => {
      const called = existsSync(calls) ? readFileSync(calls, "utf8").trim().split("\n") : [];
      rmSync(calls, { force: true });
      return called;
    },
    setUp: () => setUpProcess(root, bin),
  };
}

async function setUpProcess(root: string, path: string): Promise<string> {
  const script = `import { setUp } from ${JSON.stringify(SET_UP)};
    await setUp({ core: false, addon: true, root: ${JSON.stringify(root)} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { PATH: path },
    stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0, said);
  return said;
}

/** Nothing is built, the reason is one line and kept, and the next set-up tries nothing. */
async function assertGivenUp(one: Checkout, words: RegExp): Promise<void> {
  const lines = (await one.setUp()).trim().split("\n");
  const last = lines.at(-1) ?? "";
  assert.match(last, /^WAMR cannot be had, V8 runs the core: /);
  assert.match(last, words);
  assert.ok(last.endsWith(readFileSync(join(one.place, "not-built.txt"), "utf8").trim()));
  assert.equal(existsSync(join(one.place, "wamr.node")), false);
  one.calls();
  assert.equal(await one.setUp(), "");
  assert.deepEqual(one.calls(), []);
}

describe("the addon", () => {
  it("is built once, and again when its inputs change or it is gone", async (t) => {
    const one = checkout(t);
    assert.match(await one.setUp(), /building the WAMR addon[\s\S]*built in/);
    assert.deepEqual(one.calls(), ["cargo", "cmake", "cmake"]);
    assert.equal(readFileSync(join(one.place, "wamr.node"), "utf8"), "addon\n");
    assert.equal(await one.setUp(), "");
    assert.deepEqual(one.calls(), []);

    writeFileSync(join(one.root, "board", "wamr-addon", "README.md"), "words");
    assert.equal(await one.setUp(), "");
    writeFileSync(join(one.root, "board", "wamr-addon", "addon.c"), "int changed;");
    assert.match(await one.setUp(), /built in/);
    // The sources are kept: no network the second time.
    assert.deepEqual(one.calls(), ["cmake", "cmake"]);
    rmSync(join(one.place, "wamr.node"));
    assert.match(await one.setUp(), /built in/);
  });

  it("waits for a program that is missing, and is built when it appears", async (t) => {
    const one = checkout(t);
    rmSync(join(one.root, "bin", "cargo"));
    await assertGivenUp(one, /missing: cargo; run: sudo apt-get .*cargo-web/);
    one.program("cargo", CARGO);
    assert.match(await one.setUp(), /built in/);
    assert.equal(existsSync(join(one.place, "not-built.txt")), false);
  });

  it("is not built from other sources than the pinned ones", async (t) => {
    const one = checkout(t);
    one.program("cargo", CARGO.replace(SOURCE_TEXT, "int b;"));
    await assertGivenUp(one, /not the pinned ones: SHA-256 [0-9a-f]{64}, .*sources\.sha256 has/);
  });

  it("is left alone where the sources cannot be fetched", async (t) => {
    const one = checkout(t);
    one.program("cargo", FAILS);
    await assertGivenUp(one, /cargo could not fetch the sources .*build\.log/);
  });

  it("is left alone where it does not compile, and tried again with another input", async (t) => {
    const one = checkout(t);
    one.program("cmake", FAILS);
    await assertGivenUp(one, /does not compile: see .*build\.log/);
    one.program("cmake", CMAKE);
    writeFileSync(join(one.root, "board", "wamr-addon", "addon.c"), "int changed;");
    assert.match(await one.setUp(), /built in/);
  });

  it("that was built before is gone when its new inputs do not compile", async (t) => {
    const one = checkout(t);
    assert.match(await one.setUp(), /built in/);
    one.program("cmake", FAILS);
    writeFileSync(join(one.root, "board", "wamr-addon", "addon.c"), "int changed;");
    await assertGivenUp(one, /does not compile/);
  });

  it("is no fault of a checkout that cannot be written to", async (t) => {
    const one = checkout(t);
    writeFileSync(join(one.root, "build"), "a file where the folder should be");
    assert.match(await one.setUp(), /V8 runs the core: the set-up cannot write/);
  });
});
