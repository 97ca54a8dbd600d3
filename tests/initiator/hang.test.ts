/** One drive of a library hangs: what its session does about it, and what no other session notices. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import { SESSION_TIMES } from "../../host/initiator/session.ts";
import { FUNCTION_ABORT_TASK, FUNCTION_LOGICAL_UNIT_RESET } from "../../host/iscsi/opcode.ts";
import { deferred } from "../../host/lane/deferred.ts";
import type { Io } from "../../host/lib/io.ts";
import type { ScsiDevice, ScsiResult } from "../../host/lib/scsi-device.ts";
import { readCartridge } from "../../tools/cartridge/read-cartridge.ts";
import { parseLibraryOptions } from "../../tools/practice-library/options.ts";
import { runLibrary, runLibraryFault } from "../../tools/practice-library/run.ts";
import { atEnd, temporaryFolder } from "../practice-library/harness.ts";
import { openDeafRelay } from "./deaf-relay.ts";

const LIMIT = { timeout: 60_000 };
const COMMAND_MS = 10_000;
/** Of the command that hangs. */
const WATCHDOG_MS = 50;
const TEST_UNIT_READY = new Uint8Array(6);
const BECOMING_READY = "2/4/1";
/** Of a drive that is loading, too, which takes a millisecond. */
const ASKED_COUNT_MAX = 10_000;
const DRIVES = [1, 2, 3];
const RECORD = Buffer.alloc(0x1_0000, 1);
const WRITE = Uint8Array.of(0x0a, 0, 1, 0, 0, 0);

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
  const argv = [
    "--listen=127.0.0.1:0",
    `--dir=${folder}`,
    "--json",
    "--load-ms=1",
    `--drives=${DRIVES.length}`,
  ];
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
  /** What is on that cartridge: so many records. */
  const recordsOn = async (barcode: string): Promise<number> => {
    let count = 0;
    for await (const object of readCartridge(join(folder, `${barcode}.tap`))) {
      count += object.kind === "record" ? 1 : 0;
    }
    return count;
  };
  return { url, fault, recordsOn };
}

async function lane(
  t: TestContext,
  url: string,
  lun: number,
  times = SESSION_TIMES,
): Promise<Lane> {
  const address = parseIscsiUrl(url);
  assert.ok("host" in address);
  const log: string[] = [];
  const device = openIscsiDevice({
    ...address,
    lun,
    initiatorName: "iqn.2026-11.com.example:bridge",
    isidQualifier: lun,
    log: (_level, message) => log.push(message),
    times,
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

/** Sense key and additional sense code, as "2/3a/0" where there is no cartridge; "" with GOOD. */
function sense(result: ScsiResult): string {
  assert.ok(result.kind === "answered", JSON.stringify(result));
  if (result.status === 0) {
    return "";
  }
  const { sense: bytes } = result;
  return [(bytes[2] ?? 0) & 15, bytes[12], bytes[13]].map((byte) => byte?.toString(16)).join("/");
}

/** What it says when no unit attention waits any more and nothing is being loaded. */
async function settled(device: ScsiDevice): Promise<string> {
  for (let count = 0; count < ASKED_COUNT_MAX; count += 1) {
    const said = sense(await ready(device));
    if (!said.startsWith("6/") && said !== BECOMING_READY) {
      return said;
    }
  }
  assert.fail("it does not settle");
}

/** Cartridges for all drives but the first. */
async function mountOthers(t: TestContext, url: string): Promise<void> {
  const { device } = await lane(t, url, 0);
  for (const number of DRIVES.slice(1)) {
    const cdb = Uint8Array.of(0xa5, 0, 0, 0, 0x10, number - 2, 0x01, number - 1, 0, 0, 0, 0);
    const moved = await device.execute({ cdb, timeoutMs: COMMAND_MS });
    assert.equal(moved.kind === "answered" && moved.status, 0);
  }
}

/** Writes records one after the other until `isOver` says so; how many were answered GOOD, and all were. */
async function stream({ device }: Lane, isOver: () => boolean): Promise<number> {
  let written = 0;
  while (!isOver()) {
    const result = await device.execute({ cdb: WRITE, dataOut: [RECORD], timeoutMs: COMMAND_MS });
    assert.equal(result.kind === "answered" && result.status, 0, JSON.stringify(result));
    written += 1;
  }
  return written;
}

const ABORTING = `no answer in ${WATCHDOG_MS} ms, aborting the task`;
const RESETTING = "the task could not be aborted, resetting the logical unit";
const CLOSING = `connection lost: ABORT TASK was not answered in ${WATCHDOG_MS} ms, LOGICAL UNIT RESET not at all`;

/** What a drive is deaf to, and what is done about it. */
const DEAF = [
  {
    to: "ABORT TASK: its logical unit is reset",
    functions: [FUNCTION_ABORT_TASK],
    times: { ...SESSION_TIMES, abortTaskMs: WATCHDOG_MS },
    steps: [ABORTING, RESETTING],
  },
  {
    to: "LOGICAL UNIT RESET, too: its session begins anew",
    functions: [FUNCTION_ABORT_TASK, FUNCTION_LOGICAL_UNIT_RESET],
    times: { ...SESSION_TIMES, abortTaskMs: WATCHDOG_MS, lunResetMs: WATCHDOG_MS },
    steps: [ABORTING, RESETTING, CLOSING],
  },
];
for (const { to, functions, times, steps } of DEAF) {
  test(`a hung drive is deaf to ${to}; the others stream on`, LIMIT, async (t) => {
    const { url, fault, recordsOn } = await startLibrary(t);
    const relay = await openDeafRelay(url, 1, functions);
    atEnd(t, () => relay.close());
    await mountOthers(t, url);
    const [hung, ...others] = await Promise.all(
      DRIVES.map((lun) => lane(t, relay.url, lun, times)),
    );
    assert.ok(hung);
    for (const { device } of others) {
      assert.equal(await settled(device), "");
    }
    await fault("drive 1 hang");
    let isOver = false;
    const streams = others.map((other) => stream(other, () => isOver));
    for (const _ of ["it hangs", "it still hangs, on a new session where the old one had to end"]) {
      const before: number = hung.log.length;
      assert.deepEqual(await ready(hung.device, WATCHDOG_MS), { kind: "silent" });
      const said: string[] = hung.log
        .slice(before)
        .map((line) => line.slice(hung.device.name.length + 2));
      assert.deepEqual(said, steps);
      assert.deepEqual(relay.lost.splice(0), functions);
      assert.ok(await hung.device.connect(COMMAND_MS));
    }
    await fault("clear");
    assert.equal(await settled(hung.device), "2/3a/0");
    isOver = true;
    const written = await Promise.all(streams);
    for (const [index, barcode] of ["UND001L9", "UND002L9"].entries()) {
      assert.ok((written[index] ?? 0) > 0);
      assert.equal(await recordsOn(barcode), written[index]);
    }
    for (const { log } of others) {
      assert.deepEqual(log.slice(1), [], "nothing but its login is in its log");
    }
  });
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
