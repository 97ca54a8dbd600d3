/** The program as a process: exit codes, where words go, help of every command, signals. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { ROOT } from "../../tools/launch/set-up.mjs";

/** Generous: the machine may be busy with the other tests. */
const PROCESS_TIMEOUT_MS = 60_000;
const MAIN = join(ROOT, "host", "main.ts");
const LAUNCHER = join(ROOT, "tools", "launch", "understudy.mjs");
const COMMANDS = ["demo", "start", "library", "cartridge", "status", "bench"];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(t: TestContext, script: string, args: readonly string[]) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: PROCESS_TIMEOUT_MS,
  });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function understudy(
  t: TestContext,
  args: readonly string[],
  script: string = MAIN,
): Promise<Ended> {
  const child = start(t, script, args);
  const parts = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    parts.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    parts.err += chunk;
  });
  const [code] = await once(child, "close");
  return { code, ...parts };
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-cli-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe("words and exit codes", () => {
  it("--version says the version of package.json", async (t) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    assert.deepEqual(await understudy(t, ["--version"]), {
      code: 0,
      out: `${version}\n`,
      err: "",
    });
  });

  it("--help lists every command on standard output", async (t) => {
    const { code, out, err } = await understudy(t, ["--help"]);
    assert.deepEqual([code, err], [0, ""]);
    for (const command of COMMANDS) {
      assert.match(out, new RegExp(`^ {2}${command} `, "m"));
    }
  });

  for (const command of COMMANDS) {
    it(`${command} --help teaches: usage, flags, example, exit codes`, async (t) => {
      const { code, out } = await understudy(t, [command, "--help"]);
      assert.equal(code, 0);
      for (const part of [/^usage: understudy /, /^flags:$/m, /^examples?:$/m, /^exit codes:$/m]) {
        assert.match(out, part);
      }
    });

    it(`${command} --no-such-flag is wrong usage`, async (t) => {
      const { code, out, err } = await understudy(t, [command, "--no-such-flag"]);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /--no-such-flag/);
    });
  }

  for (const args of [[], ["nonsense"], ["start"], ["library", "fault"], ["cartridge"]]) {
    it(`\`understudy ${args.join(" ")}\` explains on standard error, exit code 2`, async (t) => {
      const { code, out, err } = await understudy(t, args);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /understudy/);
    });
  }

  it("status without a bridge: what, where, what to do, exit code 3", async (t) => {
    const folder = temporaryFolder(t);
    const { code, out, err } = await understudy(t, ["status", "--state", folder]);
    assert.deepEqual([code, out], [3, ""]);
    assert.match(err, new RegExp(`^understudy: no bridge is running.*${folder}.*understudy start`));
  });
});

describe("through the launcher", () => {
  it("words and exit code pass unchanged", async (t) => {
    const { code, out, err } = await understudy(t, ["nonsense"], LAUNCHER);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /there is no command nonsense/);
  });

  it("SIGTERM ends a foreground command cleanly", async (t) => {
    const folder = temporaryFolder(t);
    const args = ["library", "--listen", "127.0.0.1:0", "--dir", folder, "--cartridges", "1"];
    const child = start(t, LAUNCHER, args);
    const closed = once(child, "close");
    const [ready] = await once(createInterface(child.stdout), "line");
    assert.match(ready, /^ready iscsi:\/\/127\.0\.0\.1:\d+\/iqn\./);
    child.kill("SIGTERM");
    assert.deepEqual(await closed, [0, null]);
  });

  it("kill -9 of the launcher is kill -9 of the program", {
    timeout: PROCESS_TIMEOUT_MS,
  }, async (t) => {
    const folder = temporaryFolder(t);
    const args = ["library", "--listen", "127.0.0.1:0", "--dir", folder, "--cartridges", "1"];
    const child = start(t, LAUNCHER, args);
    const lines = createInterface(child.stdout);
    await once(lines, "line");
    child.kill("SIGKILL");
    // The output closes when the last process that holds it has gone.
    await once(lines, "close");
    assert.equal(child.signalCode, "SIGKILL");
  });

  it("a port in use: what, where, what to do, exit code 3", async (t) => {
    const holder = createServer().listen(0, "127.0.0.1");
    t.after(() => holder.close());
    await once(holder, "listening");
    const address = holder.address();
    assert.ok(typeof address === "object" && address !== null);
    const listen = `127.0.0.1:${address.port}`;
    const args = ["library", "--listen", listen, "--dir", temporaryFolder(t), "--cartridges", "1"];
    const { code, out, err } = await understudy(t, args);
    assert.deepEqual([code, out], [3, ""]);
    assert.match(err, new RegExp(`the port is in use: ${listen}; .*--listen`));
  });
});
