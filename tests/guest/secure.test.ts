/**
 * A real Linux server (open-iscsi, kernel iscsi_tcp) that proves itself by CHAP, lets the bridge prove
 * itself, and has header and data digests on everything: what its kernel takes for wrong ends the session.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { guestImage, runGuest } from "../../tools/rigs/guest/guest.ts";
import { startGuestBridge } from "./bridge.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 110_000;
const USER = { name: "backup", secret: "hidden-of-backup" };
const TARGET = { name: "bridge", secret: "hidden-of-bridge" };
const CHAP_FILE = `[[initiator]]
name = "${USER.name}"
secret = "${USER.secret}"
[target]
name = "${TARGET.name}"
secret = "${TARGET.secret}"
`;

test("a Linux server logs in by CHAP and writes and reads with digests", async (t) => {
  const image = await guestImage(BUILD_TIMEOUT_MS);
  if (image.kind === "missing") {
    t.skip(image.reason);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "secure-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "chap.toml");
  writeFileSync(path, CHAP_FILE, { mode: 0o600 });
  const bridge = await startGuestBridge(t, [], ["--chap-file", path]);
  const end = await runGuest({
    image: image.path,
    job: join(import.meta.dirname, "jobs/secure"),
    target: bridge.target,
    variables: {
      ["JOB_USER"]: USER.name,
      ["JOB_SECRET"]: USER.secret,
      ["JOB_TARGET_USER"]: TARGET.name,
      ["JOB_TARGET_SECRET"]: TARGET.secret,
    },
    timeoutMs: JOB_TIMEOUT_MS,
    setFault: () => bridge.restart(),
  });
  const log = bridge.log().join("\n");
  assert.equal(end.exitCode, 0, `${end.console.join("\n")}\n${log}`);
  assert.match(log, /CHAP name "backup", header digest CRC32C, data digest CRC32C/);
  // The bridge stopped and started in the middle: the server logged out when asked to, and came back.
  assert.match(
    log,
    /1 sessions are asked to log out.*: logout.*stopped: everything is on the tape.*session 1 begins/s,
  );
  assert.match(log, /discovery session \d+ begins, CHAP name "backup"/);
  assert.doesNotMatch(log, /hidden|digest error/);
});
