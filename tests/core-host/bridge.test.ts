import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { BridgeConfig } from "../../host/config/bridge-config.ts";
import { askControl } from "../../host/console/control-client.ts";
import { wamrFault } from "../../host/core/load-wamr.ts";
import { controlSocketPath } from "../../host/lib/state-directory.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import { replayTrace } from "../../tools/trace-replay/replay.ts";
import { freshCore } from "../core/fresh-core.ts";
import { bridgeConfig, logIn, startLibrary, startWith } from "./practice-bridge.ts";

const folder = mkdtempSync(join(tmpdir(), "understudy-bridge-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const RECORD_COUNT = 40;
const RECORD_BYTES = 100_000;
const LOCK_UP_MS = 5000;
const DRIVE_1 = 0x100;

async function status(config: BridgeConfig): Promise<StatusDocument> {
  const path = controlSocketPath(config.stateDirectory);
  const asked = await askControl(path, "status", LOCK_UP_MS);
  assert.ok(asked.kind === "answered", JSON.stringify(asked));
  return asked.value as StatusDocument;
}

function record(index: number): Buffer {
  const data = Buffer.alloc(RECORD_BYTES, index);
  data.writeUInt32LE(index);
  return data;
}

const LENGTH = [RECORD_BYTES >> 16, (RECORD_BYTES >> 8) & 0xff, RECORD_BYTES & 0xff];

async function moveFirstCartridge(ready: string): Promise<void> {
  const changer = await logIn(ready, 0);
  await changer.tell([0xa5, 0, 0, 0, 0x10, 0x00, DRIVE_1 >> 8, DRIVE_1 & 0xff, 0, 0, 0, 0]);
  await changer.device.disconnect();
}

async function writeTape(ready: string): Promise<void> {
  const drive = await logIn(ready, 1);
  for (let index = 0; index < RECORD_COUNT; index += 1) {
    await drive.tell([0x0a, 0, ...LENGTH, 0], record(index));
  }
  await drive.tell([0x10, 0, 0, 0, 1, 0]);
  await drive.device.disconnect();
}

async function readTape(ready: string): Promise<void> {
  const drive = await logIn(ready, 1);
  await drive.tell([0x01, 0, 0, 0, 0, 0]);
  for (let index = 0; index < RECORD_COUNT; index += 1) {
    const data = await drive.ask([0x08, 0, ...LENGTH, 0], RECORD_BYTES);
    assert.ok(data.equals(record(index)), `record ${index}`);
  }
  await assert.rejects(drive.ask([0x08, 0, ...LENGTH, 0], RECORD_BYTES), /sense f00080/);
  await drive.device.disconnect();
}

async function serialOf(ready: string, lun: number): Promise<string> {
  const unit = await logIn(ready, lun);
  const page = await unit.ask([0x12, 1, 0x80, 0, 96, 0], 96);
  await unit.device.disconnect();
  return page.toString("latin1", 4).trim();
}

test("a bridge serves, shows itself, stops, carries on, and its traces replay", async (t) => {
  const library = await startLibrary(t, folder);
  const config = bridgeConfig(folder, library.ready);
  const first = await startWith(t, config);
  const pattern =
    /^ready iscsi:\/\/127\.0\.0\.1:\d+\/iqn\.2026-11\.com\.example:understudy lanes=2 spare-drives=1 spare-media=1 runtime=(\w+)$/;
  const runtime = wamrFault() === undefined ? "wamr" : "v8";
  assert.equal(pattern.exec(first.ready)?.[1], runtime, first.ready);
  await moveFirstCartridge(first.ready);
  await writeTape(first.ready);
  const shown = await status(config);
  assert.deepEqual([shown.runtime, shown.runtimeReason], [runtime, wamrFault() ?? ""]);
  assert.deepEqual(shown.lanes[0]?.drive, { serial: "PRACDRV001", element: DRIVE_1 });
  assert.deepEqual(shown.lanes[0]?.cartridge, { volumeTag: "UND001L9", realVolumeTag: "UND001L9" });
  assert.deepEqual(shown.lanes[0]?.position, { partition: 0, object: RECORD_COUNT + 1 });
  assert.equal(shown.lanes[0]?.ring.protected, true);
  assert.ok((shown.lanes[0]?.ring.usedBytes ?? 0) > RECORD_COUNT * RECORD_BYTES);
  assert.deepEqual([shown.lanes[1]?.cartridge, shown.lanes[1]?.position], [null, null]);
  assert.deepEqual(
    shown.spareDrives.map(({ serial }) => serial),
    ["PRACDRV003"],
  );
  assert.deepEqual(shown.spareMedia, [{ volumeTag: "UND008L9", element: 0x1007 }]);
  assert.deepEqual(shown.recoveries, []);
  const serials = [await serialOf(first.ready, 1), await serialOf(first.ready, 2)];
  assert.match(serials.join(), /^UST[0-9A-F]{8}01,UST[0-9A-F]{8}02$/);
  assert.equal(await first.stop(), 0);
  assert.ok(first.errors.some((line) => line.includes("everything is on the tape lane=1")));

  const second = await startWith(t, { ...config, traceDirectory: undefined, json: true });
  const url = String(JSON.parse(second.ready).url);
  assert.equal(JSON.parse(second.ready).lanes, 2);
  await readTape(`ready ${url}`);
  assert.deepEqual([await serialOf(`ready ${url}`, 1), await serialOf(`ready ${url}`, 2)], serials);
  assert.equal(await second.stop(), 0);
  assert.equal(await library.stop(), 0);

  for (const name of ["changer", "lane-1", "lane-2"]) {
    const replay = replayTrace(join(folder, "trace", `${name}.trace`), await freshCore());
    assert.equal(replay.kind, "identical", JSON.stringify(replay));
    assert.ok(replay.kind === "identical" && replay.stepCount > 5 && !replay.isCut);
  }
});

test("logical units that are not there answer as the standard wants it", async (t) => {
  const library = await startLibrary(t, folder);
  const bridge = await startWith(t, bridgeConfig(folder, library.ready));
  const nothing = await logIn(bridge.ready, 9);
  const luns = await nothing.ask([0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0], 256);
  assert.equal(luns.length, 8 + 3 * 8);
  const inquiry = await nothing.ask([0x12, 0, 0, 0, 96, 0], 96);
  assert.equal(inquiry[0], 0x7f);
  await assert.rejects(nothing.tell([0, 0, 0, 0, 0, 0]), /sense 700005.*2500/);
  await nothing.device.disconnect();
  await bridge.stop();
  await library.stop();
});

test("every fault at start says what, where and what to do, and exits 3 or 2", async (t) => {
  const library = await startLibrary(t, folder);
  const place = join(folder, "faults");
  mkdirSync(place);
  const config = bridgeConfig(place, library.ready);
  const fails = async (change: Partial<BridgeConfig>, code: number, words: RegExp) => {
    const bridge = await startWith(t, { ...config, ...change });
    assert.equal(bridge.ready, "");
    assert.equal(await bridge.stop(), code);
    assert.match(bridge.errors.at(-1) ?? "", words);
  };
  const nowhere = { host: "127.0.0.1", port: 1, targetName: "iqn.2026-11.com.example:nothing" };
  await fails({ library: nowhere }, 3, /library cannot be reached: iscsi:\/\/127\.0\.0\.1:1\//);
  const other = { ...config.library, targetName: "iqn.2026-11.com.example:nothing" };
  await fails({ library: other }, 3, /library cannot be reached/);
  await fails({ laneCount: 4 }, 2, /--lanes 4 .*has 3 drives/);
  const file = join(place, "file");
  writeFileSync(file, "");
  await fails({ ringPaths: [join(file, "ring")] }, 3, /not a directory: .*ring/);
  await fails({ ringBytes: 2 ** 50 }, 3, /no space left .*lane-1\.ring/);
  await fails({ traceDirectory: file }, 3, /not a directory|exists|EEXIST/);
  const listen = { host: "127.0.0.1", port: config.library.port };
  await fails({ listen }, 3, /port is in use: 127\.0\.0\.1:/);
  await fails({ stateDirectory: join(place, "x".repeat(120)) }, 3, /path is too long/);
  writeFileSync(join(config.stateDirectory, "identity.json"), "{}");
  await fails({}, 3, /identity\.json .*damaged/);
  await library.stop();
});

test("a second bridge on the same state directory is refused", async (t) => {
  const library = await startLibrary(t, folder);
  const config = bridgeConfig(folder, library.ready);
  const bridge = await startWith(t, config);
  const second = await startWith(t, config);
  assert.equal(await second.stop(), 3);
  assert.match(second.errors.join(), /already running/);
  assert.equal(await bridge.stop(), 0);
  await library.stop();
});
