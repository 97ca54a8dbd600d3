/**
 * Set-up in small checkouts of their own: what counts as fresh, one installation for two processes,
 * the core's build. npm is a script that leaves what npm would leave: the registry is not the point.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
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
import {
  coreIsFresh,
  findNode,
  packagesAreFresh,
  ROOT,
  SetUpFault,
  setUp,
} from "../../tools/launch/set-up.mjs";

const SET_UP = pathToFileURL(join(ROOT, "tools", "launch", "set-up.mjs")).href;

interface Entry {
  readonly version?: string;
  readonly optional?: boolean;
}

function checkout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), "understudy-set-up-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

function packages(...entries: (readonly [string, Entry])[]): string {
  return JSON.stringify({ packages: Object.fromEntries(entries) });
}

const WANTED = packages(
  ["", {}],
  ["node_modules/a", { version: "1.0.0" }],
  ["node_modules/b", { version: "2.0.0", optional: true }],
);

describe("packages", () => {
  const RECORDS: readonly (readonly [string, string | undefined, boolean])[] = [
    ["none", undefined, false],
    ["the same", packages(["node_modules/a", { version: "1.0.0" }]), true],
    ["another version", packages(["node_modules/a", { version: "1.0.1" }]), false],
    ["one missing", packages(["node_modules/b", { version: "2.0.0" }]), false],
    [
      "another version of an optional one",
      packages(["node_modules/a", { version: "1.0.0" }], ["node_modules/b", { version: "1.0.0" }]),
      false,
    ],
  ];
  for (const [name, record, isFresh] of RECORDS) {
    it(`installed by hand, ${name}: ${isFresh ? "fresh" : "stale"}`, (t) => {
      const root = checkout(t);
      writeFileSync(join(root, "package-lock.json"), WANTED);
      mkdirSync(join(root, "node_modules"));
      if (record !== undefined) {
        writeFileSync(join(root, "node_modules", ".package-lock.json"), record);
      }
      assert.equal(packagesAreFresh(root), isFresh);
    });
  }

  it("of this checkout are fresh, and hold the Node that runs this", () => {
    assert.equal(packagesAreFresh(ROOT), true);
    assert.equal(findNode(ROOT), process.execPath);
  });
});

/** A script named npm that notes its words and does what `effect` says. */
function npmScript(root: string, effect: string): NodeJS.ProcessEnv {
  const folder = join(root, "bin");
  mkdirSync(folder);
  writeFileSync(join(folder, "npm"), `#!/bin/sh\necho "$@" >> calls\n${effect}\n`);
  chmodSync(join(folder, "npm"), 0o755);
  return { PATH: `${folder}:/usr/bin:/bin` };
}

async function setUpProcess(root: string, env: NodeJS.ProcessEnv): Promise<[number, string]> {
  const script = `import { setUp } from ${JSON.stringify(SET_UP)};
    await setUp({ core: false, root: ${JSON.stringify(root)} });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env,
    stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  return [code, said];
}

describe("installation", () => {
  it("happens once for two processes at the same time, and not again", async (t) => {
    const root = checkout(t);
    writeFileSync(join(root, "package-lock.json"), WANTED);
    const env = npmScript(root, "mkdir -p node_modules");
    const both = await Promise.all([setUpProcess(root, env), setUpProcess(root, env)]);
    assert.deepEqual(
      both.map(([code]) => code),
      [0, 0],
    );
    assert.match(both.map(([, said]) => said).join(""), /installing packages \(once/);
    assert.match(readFileSync(join(root, "calls"), "utf8"), /^ci [^\n]*\n$/);
    assert.deepEqual(await setUpProcess(root, env), [0, ""]);
    writeFileSync(join(root, "package-lock.json"), `${WANTED} `);
    assert.equal(packagesAreFresh(root), false);
  });

  it("that fails leaves the packages stale", async (t) => {
    const root = checkout(t);
    writeFileSync(join(root, "package-lock.json"), WANTED);
    const [code, said] = await setUpProcess(root, npmScript(root, "mkdir node_modules; exit 1"));
    assert.notEqual(code, 0);
    assert.match(said, /npm ci failed/);
    assert.equal(packagesAreFresh(root), false);
  });
});

describe("core", () => {
  it("is built when its sources changed, and kept when they do not compile", async (t) => {
    const root = checkout(t);
    const said: string[] = [];
    const build = () => setUp({ core: true, root, say: (line) => said.push(line) });
    const source = join(root, "assembly", "index.ts");
    mkdirSync(join(root, "tools", "launch"), { recursive: true });
    const transform = join("tools", "launch", "for-interpreter.mjs");
    for (const name of ["package-lock.json", "asconfig.json", transform]) {
      copyFileSync(join(ROOT, name), join(root, name));
    }
    symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
    mkdirSync(join(root, "assembly"));
    writeFileSync(source, "export function step(): u32 {\n  return 1;\n}\n");
    assert.equal(coreIsFresh(root), false);
    await build();
    assert.equal(coreIsFresh(root), true);
    const built = readFileSync(join(root, "build", "core.wasm"));
    await WebAssembly.instantiate(built);
    const saidCount = said.length;
    await build();
    assert.equal(said.length, saidCount);

    writeFileSync(source, "export function step(): u32 {\n  return nothing;\n}\n");
    assert.equal(coreIsFresh(root), false);
    await assert.rejects(build(), SetUpFault);
    assert.deepEqual(readFileSync(join(root, "build", "core.wasm")), built);
    assert.equal(coreIsFresh(root), false);
  });
});
