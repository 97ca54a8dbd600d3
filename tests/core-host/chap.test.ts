/**
 * A whole bridge whose servers log in by CHAP, with libiscsi's iscsi-inq (package libiscsi-bin) as a server.
 * Nothing that the bridge says holds a secret.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { askControl } from "../../host/console/control-client.ts";
import { EXIT_USAGE } from "../../host/lib/exit-code.ts";
import { controlSocketPath } from "../../host/lib/state-directory.ts";
import { bridgeConfig, startLibrary, startWith } from "./practice-bridge.ts";

const run = promisify(execFile);
const INQ = "/usr/bin/iscsi-inq";
const TOOL_MS = 30_000;
const ASK_MS = 5000;
const skip = existsSync(INQ) ? false : `${INQ} is not installed (package libiscsi-bin)`;
const folder = mkdtempSync(join(tmpdir(), "understudy-chap-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a server with an account gets in, one without does not", { skip }, async (t) => {
  const library = await startLibrary(t, folder);
  const path = join(folder, "chap.toml");
  const text = `[[initiator]]
name = "backup"
secret = "hidden-of-backup"
[target]
name = "bridge"
secret = "hidden-of-bridge"
`;
  const config = {
    ...bridgeConfig(folder, library.ready),
    chapFile: { kind: "file", path } as const,
  };
  writeFileSync(path, text, { mode: 0o644 });
  const open = await startWith(t, config);
  assert.equal(await open.stop(), EXIT_USAGE);
  assert.match(open.errors.join("\n"), /chmod 600 it/);
  rmSync(path);
  writeFileSync(path, text, { mode: 0o600 });
  const bridge = await startWith(t, config);
  const [, url = ""] = bridge.ready.split(" ");
  const withAccount = url.replace("//", "//backup%hidden-of-backup@");
  const mutual = "?target_user=bridge&target_password=hidden-of-bridge";
  for (const unit of [`${withAccount}/1`, `${withAccount}/0${mutual}`]) {
    const { stdout } = await run(INQ, [unit], { timeout: TOOL_MS });
    assert.match(stdout, /Peripheral Qualifier:CONNECTED/);
  }
  const wrong = url.replace("//", "//backup%hidden-of-bridge@");
  for (const unit of [`${url}/1`, `${wrong}/1`]) {
    await assert.rejects(run(INQ, [unit], { timeout: TOOL_MS }), /Authentication failure/i);
  }
  const status = await askControl(controlSocketPath(config.stateDirectory), "status", ASK_MS);
  const said = JSON.stringify(status) + bridge.ready + bridge.errors.join("\n");
  assert.match(said, /CHAP: wrong response for/);
  assert.match(said, /servers log in by CHAP/);
  assert.doesNotMatch(said, /hidden/);
  assert.equal(await bridge.stop(), 0);
});
