/** A whole bridge in front of a library that wants CHAP and proves itself: Debian's tgtd. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXIT_MACHINE, EXIT_USAGE } from "../../host/lib/exit-code.ts";
import { startTgt, tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";
import { bridgeConfig, logIn, startWith } from "./practice-bridge.ts";

const folder = mkdtempSync(join(tmpdir(), "understudy-library-chap-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const path = join(folder, "library-chap.toml");
const libraryChapFile = { kind: "file", path } as const;

/** The algorithms that tgtd does right. */
function accounts(own: string, library: string): string {
  return `[initiator]
name = "bridge"
secret = "hidden-of-${own}"
algorithms = [5]
[target]
name = "library"
secret = "hidden-of-${library}"
`;
}

test("a library that wants CHAP lets the bridge in", { skip: tgtMissing() }, async (t) => {
  const tgt = await startTgt();
  t.after(() => tgt.stop());
  for (const [user, direction] of [
    ["bridge", []],
    ["library", ["--outgoing"]],
  ] as const) {
    const account = ["--mode", "account", "--user", user, "--op"];
    await tgt.admin([...account, "new", "--password", `hidden-of-${user}`]);
    await tgt.admin([...account, "bind", "--tid", "1", ...direction]);
  }
  const open = bridgeConfig(folder, `ready iscsi://${tgt.host}:${tgt.port}/${tgt.targetName}`);
  const config = { ...open, spareMedia: [], libraryChapFile };
  const said: string[] = [];
  for (const [text, exitCode, reason] of [
    [undefined, EXIT_MACHINE, /login refused with status 0201h/],
    ["[initiator]\n", EXIT_USAGE, /CHAP accounts for the library cannot be used.*initiator name/],
    [accounts("nobody", "library"), EXIT_MACHINE, /login refused with status 0201h/],
    [accounts("bridge", "nobody"), EXIT_MACHINE, /the target is not the one that it should be/],
  ] as const) {
    writeFileSync(path, text ?? "", { mode: 0o600 });
    const bridge = await startWith(t, text === undefined ? { ...open, spareMedia: [] } : config);
    assert.equal(await bridge.stop(), exitCode);
    assert.match(bridge.errors.join("\n"), reason);
    said.push(...bridge.errors);
  }
  writeFileSync(path, accounts("bridge", "library"), { mode: 0o600 });
  const bridge = await startWith(t, config);
  const drive = await logIn(bridge.ready, 1);
  assert.equal((await drive.ask([0x12, 0, 0, 0, 36, 0], 36)).length, 36);
  await drive.device.disconnect();
  assert.equal(await bridge.stop(), 0);
  said.push(...bridge.errors);
  assert.match(said.join("\n"), /the bridge logs in to the library by CHAP isMutual=true/);
  assert.doesNotMatch(said.join("\n"), /hidden/);
});
