/**
 * A checkout without the addon: the same files at another place, by symbolic links, with no addon
 * below its build folder. What the bridge says and does there.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { startLibrary } from "../core-host/practice-bridge.ts";

const LINKED = ["assembly", "host", "node_modules", "package.json", "tools"];
const REASON = "missing: cmake; run: sudo apt-get satisfy cmake";
const folder = mkdtempSync(join(tmpdir(), "understudy-no-addon-"));
const root = join(folder, "checkout");

before(() => {
  const place = join(root, "build", "wamr-addon", `${process.platform}-${process.arch}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "not-built.txt"), `${REASON}\n`);
  symlinkSync(resolve("build/core.wasm"), join(root, "build", "core.wasm"));
  for (const name of LINKED) {
    symlinkSync(resolve(name), join(root, name));
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** `understudy ARGS` in that checkout. */
function understudy(...args: string[]) {
  const links = ["--preserve-symlinks", "--preserve-symlinks-main"];
  const child = spawn(process.execPath, [...links, join(root, "host", "main.ts"), ...args], {
    env: {},
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  const ended = once(child, "close").then(([code]) => ({ code, out, err }));
  return { child, ended };
}

function startArgs(libraryUrl: string, runtime: string): string[] {
  return [
    ...["start", "--library", libraryUrl, "--listen", "127.0.0.1:0", "--runtime", runtime],
    ...["--state", join(folder, "state"), "--ring-size", "64M"],
  ];
}

describe("without the addon", () => {
  it("--runtime wamr exits 3 and says why and what to do", async () => {
    const url = "iscsi://127.0.0.1:1/iqn.2026-11.com.example:nothing";
    const { code, out, err } = await understudy(...startArgs(url, "wamr")).ended;
    assert.deepEqual([code, out], [3, ""]);
    const words = `the runtime for the core is not here: wamr (${REASON}); use --runtime auto`;
    assert.ok(err.includes(words), err);
  });

  for (const [runtime, hasReason] of [
    ["auto", true],
    ["v8", false],
  ] as const) {
    it(`--runtime ${runtime} runs under V8, and ${hasReason ? "says why" : "has nothing to say"}`, async (t) => {
      const library = await startLibrary(t, folder);
      const [, url = ""] = library.ready.split(" ");
      const bridge = understudy(...startArgs(url, runtime));
      const [ready] = await once(createInterface(bridge.child.stdout), "line");
      assert.match(String(ready), /^ready .* runtime=v8$/);
      const table = await understudy("status", "--state", join(folder, "state")).ended;
      assert.match(table.out, /core run by v8/);
      assert.equal(table.out.includes(`V8 stands in for WAMR: ${REASON}`), hasReason, table.out);
      bridge.child.kill("SIGTERM");
      const { code, err } = await bridge.ended;
      assert.equal(code, 0, err);
      assert.equal(
        / warn bridge WAMR is not here, V8 runs the core why=.*cmake/.test(err),
        hasReason,
      );
      await library.stop();
    });
  }
});
