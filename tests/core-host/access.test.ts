/** A whole bridge with an access list, and with CHAP too; libiscsi's iscsi-ls as servers. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { EXIT_USAGE } from "../../host/lib/exit-code.ts";
import { bridgeConfig, startLibrary, startWith } from "./practice-bridge.ts";

const run = promisify(execFile);
const LS = "/usr/bin/iscsi-ls";
const TOOL_MS = 30_000;
const skip = existsSync(LS) ? false : `${LS} is not installed (package libiscsi-bin)`;
const ALL = "iqn.2026-11.com.example:all";
const ONE = "iqn.2026-11.com.example:one";
const OTHER = "iqn.2026-11.com.example:other";
const folder = mkdtempSync(join(tmpdir(), "understudy-access-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The logical units that a server finds, as words of iscsi-ls. */
async function seenBy(name: string, portal: string): Promise<string[]> {
  const { stdout } = await run(LS, ["-s", "-i", name, portal], { timeout: TOOL_MS });
  return [...stdout.matchAll(/^Lun:(\d+) +Type:(\S+)/gm)].map(([, lun, type]) => `${lun} ${type}`);
}

test("servers see what the access list lets them see", { skip }, async (t) => {
  const library = await startLibrary(t, folder);
  const accessFile = join(folder, "access");
  const config = { ...bridgeConfig(folder, library.ready), accessFile };
  writeFileSync(accessFile, "everybody\n");
  const refused = await startWith(t, config);
  assert.equal(await refused.stop(), EXIT_USAGE);
  assert.match(refused.errors.join("\n"), /access list cannot be used: .*"everybody" is no iSCSI/);
  writeFileSync(accessFile, `${ALL}\n${ONE} 0,2\n`);
  const bridge = await startWith(t, config);
  const portal = /iscsi:\/\/[^/]+/.exec(bridge.ready)?.[0] ?? "";
  assert.deepEqual(await seenBy(ALL, portal), [
    "0 MEDIA_CHANGER",
    "1 SEQUENTIAL_ACCESS",
    "2 SEQUENTIAL_ACCESS",
  ]);
  assert.deepEqual(await seenBy(ONE, portal), ["0 MEDIA_CHANGER", "2 SEQUENTIAL_ACCESS"]);
  assert.deepEqual(await seenBy(OTHER, portal), []);
  const url = `${portal}/iqn.2026-11.com.example:understudy/1`;
  await assert.rejects(
    run("/usr/bin/iscsi-inq", ["-i", OTHER, url], { timeout: TOOL_MS }),
    /Authorization failure/i,
  );
  assert.match(bridge.errors.join("\n"), /only servers in the access list log in initiators=2/);
  assert.equal(await bridge.stop(), 0);
  const chapPath = join(folder, "chap.toml");
  const account = '[[initiator]]\nname = "backup"\nsecret = "hidden-of-backup"\n';
  writeFileSync(chapPath, account, { mode: 0o600 });
  const chapFile = { kind: "file", path: chapPath } as const;
  const both = await startWith(t, { ...config, chapFile });
  const bothPortal = /iscsi:\/\/[^/]+/.exec(both.ready)?.[0] ?? "";
  await assert.rejects(seenBy(ONE, bothPortal), /Authentication failure/i);
  const proven = bothPortal.replace("//", "//backup%hidden-of-backup@");
  assert.deepEqual(await seenBy(ONE, proven), ["0 MEDIA_CHANGER", "2 SEQUENTIAL_ACCESS"]);
  assert.deepEqual(await seenBy(OTHER, proven), []);
  assert.equal(await both.stop(), 0);
});
