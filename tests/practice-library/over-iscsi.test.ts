/**
 * The whole program on real sockets: `understudy library` as a process would run it, initiator
 * sessions, the control socket, the cartridge file read by the independent reader.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import type { Io } from "../../host/lib/io.ts";
import type { ScsiDevice, ScsiResult } from "../../host/lib/scsi-device.ts";
import { summarize } from "../../tools/cartridge/read-cartridge.ts";
import { parseLibraryOptions } from "../../tools/practice-library/options.ts";
import { runLibrary, runLibraryFault } from "../../tools/practice-library/run.ts";
import { atEnd, DRIVE, SLOT, temporaryFolder, u24 } from "./harness.ts";

const TIMEOUT = { timeout: 30_000 };
const COMMAND_MS = 5_000;
const CONNECT_MS = 5_000;

interface Running {
  readonly folder: string;
  readonly ready: { readonly url: string; readonly cartridges: number };
  /** Ends it; gives the exit code. */
  stop(): Promise<number>;
}

interface Listener extends Io {
  readonly lines: string[];
  readonly complaints: string[];
}

function listener(signal: AbortSignal, onLine: (line: string) => void = () => undefined): Listener {
  const lines: string[] = [];
  const complaints: string[] = [];
  return {
    lines,
    complaints,
    signal,
    out: (line) => {
      lines.push(line);
      onLine(line);
    },
    err: (line) => complaints.push(line),
  };
}

/** Starts a library with these flags on a free port; fails when it ends instead. */
async function start(t: TestContext, ...flags: string[]): Promise<Running> {
  const folder = temporaryFolder(t);
  const stop = new AbortController();
  const argv = ["--listen=127.0.0.1:0", `--dir=${folder}`, "--capacity=64M", "--json", ...flags];
  const options = parseLibraryOptions(argv, {});
  assert.ok("host" in options);
  let done: Promise<number> = Promise.resolve(-1);
  const line = await new Promise<string>((resolve, reject) => {
    const io = listener(stop.signal, resolve);
    done = runLibrary(options, io);
    done.then((code) => reject(new Error(`ended with ${code}: ${io.complaints}`)), reject);
  });
  const end = () => {
    stop.abort();
    return done;
  };
  atEnd(t, () => end().then(() => undefined));
  return { folder, ready: JSON.parse(line), stop: end };
}

let lastQualifier = 0;

async function connected(t: TestContext, url: string, lun: number): Promise<ScsiDevice> {
  const address = parseIscsiUrl(url);
  assert.ok("host" in address);
  lastQualifier += 1;
  const { host, port, targetName } = address;
  const device = openIscsiDevice({
    host,
    port,
    targetName,
    lun,
    initiatorName: "iqn.2026-11.com.example:tester",
    isidQualifier: lastQualifier,
    log: () => undefined,
  });
  atEnd(t, () => device.disconnect());
  assert.equal(await device.connect(CONNECT_MS), true);
  return device;
}

/** The result in one word: "GOOD", "2/3A/00", "silent", "lost". */
function word(result: ScsiResult): string {
  if (result.kind !== "answered" || result.status === 0) {
    return result.kind === "answered" ? "GOOD" : result.kind;
  }
  const hex = (at: number) => (result.sense[at] ?? 0).toString(16).toUpperCase().padStart(2, "0");
  return `${((result.sense[2] ?? 0) & 0x0f).toString(16).toUpperCase()}/${hex(12)}/${hex(13)}`;
}

function send(
  device: ScsiDevice,
  cdb: number[],
  data: { readonly dataOut?: Uint8Array[]; readonly dataIn?: Uint8Array } = {},
  timeoutMs = COMMAND_MS,
): Promise<ScsiResult> {
  const padding = Array(16 - cdb.length).fill(0);
  return device.execute({ cdb: Buffer.from([...cdb, ...padding]), timeoutMs, ...data });
}

/** Moves the first cartridge into the first drive and waits until it is loaded. */
async function mount(changer: ScsiDevice, drive: ScsiDevice): Promise<void> {
  await send(changer, [0x00]);
  const move = [0xa5, 0, 0, 0, SLOT >> 8, SLOT & 0xff, DRIVE >> 8, DRIVE & 0xff];
  assert.equal(word(await send(changer, move)), "GOOD");
  await send(drive, [0x00]);
  // The news of the cartridge comes before or after the first LOAD, as the load is quick or slow.
  const load = [0x1b, 0, 0, 0, 1];
  const answers = [word(await send(drive, load)), word(await send(drive, load))];
  assert.deepEqual(answers.sort(), ["6/28/00", "GOOD"]);
}

async function fault(running: Running, rule: string): Promise<string[]> {
  const io = listener(new AbortController().signal);
  const code = await runLibraryFault(rule, join(running.folder, "control.sock"), io);
  assert.equal(code, 0, io.complaints.join("\n"));
  return io.lines;
}

test("a backup over iSCSI is in the cartridge's file", TIMEOUT, async (t) => {
  const running = await start(t);
  assert.equal(running.ready.cartridges, 8);
  const changer = await connected(t, running.ready.url, 0);
  const drive = await connected(t, running.ready.url, 1);
  await mount(changer, drive);
  const hash = createHash("sha256");
  for (let index = 0; index < 20; index += 1) {
    const data = Buffer.alloc(200_001, index);
    hash.update(data);
    const cdb = [0x0a, 0, ...u24(data.length)];
    assert.equal(word(await send(drive, cdb, { dataOut: [data] })), "GOOD");
  }
  assert.equal(word(await send(drive, [0x10, 0, 0, 0, 1])), "GOOD");
  assert.equal(word(await send(drive, [0x01])), "GOOD");
  const dataIn = Buffer.alloc(262_144);
  const short = await send(drive, [0x08, 0, ...u24(dataIn.length)], { dataIn });
  assert.ok(short.kind === "answered");
  assert.equal(word(short), "0/00/00");
  assert.deepEqual([short.dataInBytes, short.residual], [200_001, 62_143]);
  assert.deepEqual(dataIn.subarray(0, 200_001), Buffer.alloc(200_001, 0));
  assert.equal(await running.stop(), 0);
  assert.deepEqual(await summarize(join(running.folder, "UND001L9.tap")), {
    records: 20,
    filemarks: 1,
    bytes: 20 * 200_001,
    sha256: hash.digest("hex"),
  });
});

test(
  "a hung drive answers nothing but stays connected; clear brings it back",
  TIMEOUT,
  async (t) => {
    const running = await start(t, "--load-ms=0", "--move-ms=0");
    const changer = await connected(t, running.ready.url, 0);
    const drive = await connected(t, running.ready.url, 1);
    await send(changer, [0x00]);
    await send(drive, [0x00]);
    assert.deepEqual(await fault(running, "drive 1 hang"), ["struck 0  active  drive 1 hang"]);
    assert.equal(word(await send(drive, [0x00], {}, 100)), "silent");
    assert.equal(word(await send(changer, [0x00])), "GOOD");
    assert.deepEqual(await fault(running, "list"), ["struck 1  active  drive 1 hang"]);
    assert.deepEqual(await fault(running, "clear"), ["no fault rules"]);
    assert.equal(await drive.connect(CONNECT_MS), true);
    assert.match(word(await send(drive, [0x00])), /^6\/29\//);
  },
);

test("a dropped drive cuts its connection each time; others do not notice", TIMEOUT, async (t) => {
  const running = await start(t);
  const changer = await connected(t, running.ready.url, 0);
  const drive = await connected(t, running.ready.url, 1);
  await send(changer, [0x00]);
  await fault(running, "drive 1 drop");
  assert.equal(word(await send(drive, [0x00])), "lost");
  assert.equal(await drive.connect(CONNECT_MS), true);
  assert.equal(word(await send(drive, [0x00])), "lost");
  assert.equal(word(await send(changer, [0x00])), "GOOD");
  await fault(running, "clear");
  assert.equal(await drive.connect(CONNECT_MS), true);
  assert.match(word(await send(drive, [0x00])), /^6\/29\//);
});

test("what the machine lacks or holds is 3, with what and where", TIMEOUT, async (t) => {
  const running = await start(t);
  const other = temporaryFolder(t);
  writeFileSync(join(other, "file"), "");
  const port = new URL(running.ready.url.replace("iscsi:", "http:")).port;
  const rows: [flags: string[], words: RegExp][] = [
    [[`--dir=${running.folder}`, "--listen=127.0.0.1:0"], /already runs a practice library/],
    [[`--dir=${join(other, "file")}`, "--listen=127.0.0.1:0"], /file/],
    [[`--dir=${join(other, "a")}`, `--listen=127.0.0.1:${port}`], /port is in use.*127\.0\.0\.1/],
  ];
  for (const [flags, words] of rows) {
    const options = parseLibraryOptions(flags, {});
    assert.ok("host" in options);
    const io = listener(new AbortController().signal);
    assert.equal(await runLibrary(options, io), 3);
    assert.match(io.complaints.join("\n"), words);
    assert.deepEqual(io.lines, []);
  }
});

test("a fault needs somebody to hear it, and a rule that fits", TIMEOUT, async (t) => {
  const running = await start(t, "--drives=1");
  const nobody = listener(new AbortController().signal);
  assert.equal(await runLibraryFault("list", "/nowhere/control.sock", nobody), 3);
  assert.match(nobody.complaints.join("\n"), /no practice library listens at \/nowhere/);
  const io = listener(new AbortController().signal);
  const control = join(running.folder, "control.sock");
  assert.equal(await runLibraryFault("drive 2 hang", control, io), 2);
  assert.match(io.complaints.join("\n"), /there is no drive 2/);
});

test("without --json the ready line is the one of the contract", TIMEOUT, async (t) => {
  const folder = temporaryFolder(t);
  const argv = ["--listen=127.0.0.1:0", `--dir=${folder}`, "--slots=3", "--cartridges=3"];
  const options = parseLibraryOptions(argv, {});
  assert.ok("host" in options);
  const stop = new AbortController();
  const io = listener(stop.signal, () => stop.abort());
  assert.equal(await runLibrary(options, io), 0);
  assert.equal(io.lines.length, 1);
  const form = /^ready iscsi:\/\/127\.0\.0\.1:\d+\/iqn\.\S+ drives=3 slots=3 cartridges=3$/;
  assert.match(io.lines[0] ?? "", form);
});

test("a port that somebody else holds is told before anything is ready", TIMEOUT, async (t) => {
  const holder = createServer();
  atEnd(t, () => new Promise<void>((resolve) => holder.close(() => resolve())));
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const address = holder.address();
  assert.ok(typeof address === "object" && address !== null);
  const argv = [`--listen=127.0.0.1:${address.port}`, `--dir=${temporaryFolder(t)}`];
  const options = parseLibraryOptions(argv, {});
  assert.ok("host" in options);
  const io = listener(new AbortController().signal);
  assert.equal(await runLibrary(options, io), 3);
});
