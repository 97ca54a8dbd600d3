/** Against a target that nobody here wrote: Debian's tgtd as a tape library. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { discoverTargets } from "../../host/initiator/discovery.ts";
import type { DigestOffer } from "../../host/initiator/login.ts";
import { DEVICE_TYPE_CHANGER, DEVICE_TYPE_TAPE, probeTarget } from "../../host/initiator/probe.ts";
import { SESSION_TIMES } from "../../host/initiator/session.ts";
import type { ScsiDevice } from "../../host/lib/scsi-device.ts";
import { startTgt, type TgtLibrary, tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";

const INITIATOR_NAME = "iqn.2026-11.com.example:initiator";
const MS = 10_000;
const CHANGER_LUN = 4;
const FIRST_SLOT = 1000;
const FIRST_DRIVE = 256;
const RECORD_BYTES = [1, 511, 8192, 8193, 65_536, 262_144, 262_145, 1_048_576];
const TEST_UNIT_READY = new Uint8Array(6);
const REWIND = Uint8Array.of(1, 0, 0, 0, 0, 0);
const WRITE_FILEMARKS = Uint8Array.of(0x10, 0, 0, 0, 1, 0);

const NONE: DigestOffer = { headerDigest: "None", dataDigest: "None" };

const silentLog = (): void => undefined;

function deviceOf(tgt: TgtLibrary, lun: number, digests = NONE): ScsiDevice {
  const { host, port, targetName } = tgt;
  const times = { ...SESSION_TIMES, intervalMs: 200, answerMs: 1000 };
  return openIscsiDevice({
    host,
    port,
    targetName,
    lun,
    initiatorName: INITIATOR_NAME,
    isidQualifier: lun,
    digests,
    log: silentLog,
    times,
  });
}

async function good(device: ScsiDevice, cdb: Uint8Array, dataOut?: readonly Uint8Array[]) {
  const parts = dataOut === undefined ? {} : { dataOut };
  const result = await device.execute({ cdb, timeoutMs: MS, ...parts });
  assert.equal(result.kind === "answered" && result.status, 0, JSON.stringify(result));
}

/** READ(6) and WRITE(6) of one record of variable length. */
function transfer(operationCode: number, length: number): Uint8Array {
  return Uint8Array.of(operationCode, 0, length >> 16, length >> 8, length, 0);
}

/** Logs in; takes the unit attention that a new session begins with. */
async function ready(device: ScsiDevice): Promise<ScsiDevice> {
  assert.ok(await device.connect(MS));
  await device.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
  return device;
}

async function move(changer: ScsiDevice, from: number, to: number): Promise<void> {
  const addresses = [0, 0, from >> 8, from & 0xff, to >> 8, to & 0xff];
  await good(changer, Uint8Array.of(0xa5, 0, ...addresses, 0, 0, 0, 0));
}

function record(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
}

for (const [name, tune, digest] of [
  ["8 KiB data segments", false, "None"],
  ["large data segments", true, "None"],
  ["8 KiB data segments and digests", false, "CRC32C"],
  ["large data segments and digests", true, "CRC32C"],
] as const) {
  const digests = { headerDigest: digest, dataDigest: digest };
  describe(`tgtd with ${name}`, { skip: tgtMissing() }, () => {
    let tgt: TgtLibrary;
    let changer: ScsiDevice;
    before(async () => {
      tgt = await startTgt({ tune });
      for (const key of ["HeaderDigest", "DataDigest"]) {
        const update = ["--mode", "target", "--op", "update", "--tid", "1"];
        await tgt.admin([...update, "--name", key, "--value", digest]);
      }
      changer = await ready(deviceOf(tgt, CHANGER_LUN, digests));
    });
    after(async () => {
      await changer?.disconnect();
      await tgt?.stop();
    });

    test("its targets, drives and changer are found", async () => {
      const { host, port, targetName } = tgt;
      const isid = "805544530100";
      const asWhom = { host, port, initiatorName: INITIATOR_NAME, timeoutMs: MS };
      const targets = await discoverTargets({ ...asWhom, isid });
      assert.deepEqual(targets, [{ targetName, addresses: [`127.0.0.1:${port},1`] }]);
      const units = await probeTarget({ ...asWhom, targetName, isidQualifier: 99, log: silentLog });
      assert.ok(!("reason" in units));
      assert.deepEqual(
        units.map((unit) => [unit.lun, unit.peripheralDeviceType, unit.product, unit.serial]),
        [
          [1, DEVICE_TYPE_TAPE, "VTAPE", "TGTDRV0001"],
          [2, DEVICE_TYPE_TAPE, "VTAPE", "TGTDRV0002"],
          [3, DEVICE_TYPE_TAPE, "VTAPE", "TGTDRV0003"],
          [4, DEVICE_TYPE_CHANGER, "VLIB", "TGTCHG0001"],
        ],
      );
    });

    test("records of every length are on the cartridge as written, and come back", async () => {
      const drive = await ready(deviceOf(tgt, 1, digests));
      await move(changer, FIRST_SLOT, FIRST_DRIVE);
      await drive.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
      for (const length of RECORD_BYTES) {
        const data = record(length);
        const half = length >> 1;
        await good(drive, transfer(0x0a, length), [data.subarray(0, half), data.subarray(half)]);
      }
      await good(drive, WRITE_FILEMARKS);
      const lines = await tgt.list("TB0001L6");
      const expected = RECORD_BYTES.map((length) => {
        const hash = createHash("sha1").update(record(length)).digest("hex");
        return `R ${length} ${hash}`;
      });
      assert.deepEqual(lines.slice(0, RECORD_BYTES.length), expected);
      assert.equal(lines[RECORD_BYTES.length], "FM");
      await good(drive, REWIND);
      for (const length of RECORD_BYTES) {
        const dataIn = new Uint8Array(length);
        const result = await drive.execute({ cdb: transfer(8, length), dataIn, timeoutMs: MS });
        assert.equal(result.kind === "answered" && result.dataInBytes, length);
        assert.ok(Buffer.from(record(length)).equals(dataIn));
      }
      await drive.disconnect();
    });

    test("a check condition brings its sense data", async () => {
      const drive = await ready(deviceOf(tgt, 2, digests));
      const result = await drive.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
      assert.ok(result.kind === "answered");
      assert.equal(result.status, 2);
      assert.deepEqual([result.sense[2], result.sense[12]], [2, 0x3a]);
      await drive.disconnect();
    });
  });
}

describe("tgtd that fails", { skip: tgtMissing() }, () => {
  test("a frozen daemon is found and lost, a new session works after it goes on", async (t) => {
    const tgt = await startTgt();
    t.after(() => tgt.stop());
    const drive = await ready(deviceOf(tgt, 1));
    const lost = new Promise<string>((resolve) => drive.onLost(resolve));
    process.kill(tgt.pid, "SIGSTOP");
    const result = await drive.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
    process.kill(tgt.pid, "SIGCONT");
    assert.equal(result.kind, "lost");
    assert.match(await lost, /NOP-Out/);
    await ready(drive);
    await drive.disconnect();
  });

  test("a slow write is aborted in time; what comes late meets nobody", async (t) => {
    const tgt = await startTgt({ faults: true });
    t.after(() => tgt.stop());
    const changer = await ready(deviceOf(tgt, CHANGER_LUN));
    const drive = await ready(deviceOf(tgt, 1));
    await move(changer, FIRST_SLOT, FIRST_DRIVE);
    await drive.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
    await tgt.fault("d 1500");
    const request = { cdb: transfer(0x0a, 8192), dataOut: [record(8192)] };
    const slow = await drive.execute({ ...request, timeoutMs: 300 });
    await tgt.fault("");
    assert.notEqual(slow.kind, "lost");
    const next = await drive.execute({ ...request, timeoutMs: MS });
    assert.equal(next.kind, "answered", JSON.stringify({ slow, next }));
    await tgt.fault("w 5 0");
    const failed = await drive.execute({ ...request, timeoutMs: MS });
    assert.ok(failed.kind === "answered");
    assert.deepEqual([failed.status, failed.sense[2], failed.sense[12]], [2, 3, 0x0c]);
    await Promise.all([drive.disconnect(), changer.disconnect()]);
  });

  test("a killed daemon loses every device at once", async (t) => {
    const tgt = await startTgt();
    t.after(() => tgt.stop());
    const drives = await Promise.all([1, 2, 3].map((lun) => ready(deviceOf(tgt, lun))));
    const lost = drives.map((drive) => new Promise<string>((resolve) => drive.onLost(resolve)));
    process.kill(tgt.pid, "SIGKILL");
    assert.equal((await Promise.all(lost)).length, 3);
    assert.equal(await drives[0]?.connect(500), false);
  });

  test("the loss of one device's session leaves the others alone", async (t) => {
    const tgt = await startTgt();
    t.after(() => tgt.stop());
    const drive = await ready(deviceOf(tgt, 1));
    const other = await ready(deviceOf(tgt, 2));
    const lost = new Promise<string>((resolve) => drive.onLost(resolve));
    // The same name and ISID again: the target ends the older session.
    const usurper = await ready(deviceOf(tgt, 1));
    await lost;
    const result = await other.execute({ cdb: TEST_UNIT_READY, timeoutMs: MS });
    assert.equal(result.kind, "answered");
    await Promise.all([usurper.disconnect(), other.disconnect()]);
  });
});
