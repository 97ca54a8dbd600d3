/** One drive of a library hangs: what its session does about it, and what no other session notices. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import { SESSION_TIMES } from "../../host/initiator/session.ts";
import { deferred } from "../../host/lane/deferred.ts";
import type { Io } from "../../host/lib/io.ts";
import type { ScsiDevice, ScsiResult } from "../../host/lib/scsi-device.ts";
import { parseLibraryOptions } from "../../tools/practice-library/options.ts";
import { runLibrary, runLibraryFault } from "../../tools/practice-library/run.ts";
import { atEnd, temporaryFolder } from "../practice-library/harness.ts";

const LIMIT = { timeout: 60_000 };
const COMMAND_MS = 10_000;
/** Of the command that hangs. */
const WATCHDOG_MS = 50;
const TEST_UNIT_READY = new Uint8Array(6);
const DRIVES = [1, 2, 3];

interface Lane {
  readonly device: ScsiDevice;
  readonly log: string[];
}

function io(signal: AbortSignal, out: (line: string) => void = () => undefined): Io {
  return { signal, out, err: () => undefined };
}

async function startLibrary(t: TestContext) {
  const folder = temporaryFolder(t);
  const stop = new AbortController();
  const argv = ["--listen=127.0.0.1:0", `--dir=${folder}`, "--json", `--drives=${DRIVES.length}`];
  const options = parseLibraryOptions(argv, {});
  assert.ok("host" in options);
  const { promise, resolve } = deferred<string>();
  const done = runLibrary(options, io(stop.signal, resolve));
  atEnd(t, async () => {
    stop.abort();
    await done;
  });
  const { url } = JSON.parse(await promise) as { url: string };
  const control = join(folder, "control.sock");
  const fault = async (rule: string) =>
    assert.equal(await runLibraryFault(rule, control, io(new AbortController().signal)), 0);
  return { url, fault };
}

async function lane(t: TestContext, url: string, lun: number): Promise<Lane> {
  const address = parseIscsiUrl(url);
  assert.ok("host" in address);
  const log: string[] = [];
  const device = openIscsiDevice({
    ...address,
    lun,
    initiatorName: "iqn.2026-11.com.example:bridge",
    isidQualifier: lun,
    log: (_level, message) => log.push(message),
    times: SESSION_TIMES,
  });
  atEnd(t, () => device.disconnect());
  assert.ok(await device.connect(COMMAND_MS));
  // The first command of a nexus is told of the power-on.
  await ready(device);
  return { device, log };
}

function ready(device: ScsiDevice, timeoutMs = COMMAND_MS): Promise<ScsiResult> {
  return device.execute({ cdb: TEST_UNIT_READY, timeoutMs });
}

/** Sense key and additional sense code of NOT READY: there is no cartridge in any drive. */
function sense(result: ScsiResult): string {
  assert.ok(result.kind === "answered", JSON.stringify(result));
  const { sense: bytes } = result;
  return [(bytes[2] ?? 0) & 15, bytes[12], bytes[13]].map((byte) => byte?.toString(16)).join("/");
}

test("a hung drive is aborted by its own session; the others work on", LIMIT, async (t) => {
  const { url, fault } = await startLibrary(t);
  const [hung, ...others] = await Promise.all(DRIVES.map((lun) => lane(t, url, lun)));
  assert.ok(hung);
  await fault("drive 1 hang");
  let isOver = false;
  let rounds = 0;
  // They ask as fast as they can, all the time that it takes.
  const working = others.map(async ({ device }) => {
    while (!isOver) {
      assert.equal(sense(await ready(device)), "2/3a/0");
      rounds += 1;
    }
  });
  assert.deepEqual(await ready(hung.device, WATCHDOG_MS), { kind: "silent" });
  const behind = ready(hung.device, WATCHDOG_MS);
  assert.deepEqual(await behind, { kind: "silent" });
  isOver = true;
  await Promise.all(working);
  assert.ok(rounds > 0);
  assert.match(hung.log.join("\n"), /no answer in 50 ms, aborting the task/);
  for (const { log } of others) {
    assert.deepEqual(log.slice(1), [], "nothing but its login is in its log");
  }
  // Its session stood all the time; when the drive is back it is used at once.
  await fault("clear");
  await ready(hung.device);
  assert.equal(sense(await ready(hung.device)), "2/3a/0");
  assert.doesNotMatch(hung.log.join("\n"), /connection lost/);
});
