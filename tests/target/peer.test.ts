/**
 * Initiators that nobody here wrote: libiscsi's iscsi-ls and iscsi-inq, tools of Debian's
 * libiscsi-bin; see disk-peer.test.ts for QEMU. Skipped, and said so, only where they are not installed.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { type TestContext, test } from "node:test";
import type { TargetTask } from "../../host/lib/logical-unit.ts";
import type { ChapAccounts } from "../../host/target/authentication.ts";
import { TARGET_NAME } from "./raw-client.ts";
import { type ManualUnit, type Rig, startRig } from "./rig.ts";

const TOOL_MS = 60_000;
const LS = "/usr/bin/iscsi-ls";
const INQ = "/usr/bin/iscsi-inq";
const INQUIRY = 0x12;
const REPORT_LUNS = 0xa0;
const DEVICE_TYPE_TAPE = 1;
const NO_SUCH_UNIT = 0x7f;
const VPD_LENGTH = 4;

function skipWithout(tool: string): string | false {
  return existsSync(tool) ? false : `${tool} is not installed (package libiscsi-bin)`;
}

function standardInquiry(deviceType: number): Uint8Array {
  const data = new Uint8Array(36);
  data.set([deviceType, 0x80, 6, 2, 31]);
  data.set(Buffer.from("UNDSTUDYTest tape       0001"), 8);
  return data;
}

/** Just enough of a unit for the tools: INQUIRY, REPORT LUNS, GOOD. */
function answer(task: TargetTask, deviceType: number): void {
  switch (task.cdb[0]) {
    case INQUIRY: {
      const vital = ((task.cdb[1] ?? 0) & 1) !== 0;
      const page = Uint8Array.of(
        deviceType,
        task.cdb[2] ?? 0,
        0,
        VPD_LENGTH,
        0x30,
        0x31,
        0x32,
        0x33,
      );
      task.reply({ status: 0, dataIn: vital ? page : standardInquiry(deviceType) });
      return;
    }
    case REPORT_LUNS: {
      const list = new Uint8Array(8 + 16);
      list[3] = 16;
      list[8 + 8 + 1] = 1;
      task.reply({ status: 0, dataIn: list });
      return;
    }
    default:
      task.reply({ status: 0 });
  }
}

async function startPeerRig(context: TestContext, chap?: ChapAccounts): Promise<Rig> {
  const rig = await startRig(context, { chap });
  const types: [ManualUnit, number][] = [
    [rig.unit, DEVICE_TYPE_TAPE],
    [rig.otherUnit, DEVICE_TYPE_TAPE],
    [rig.wellKnown, NO_SUCH_UNIT],
  ];
  for (const [unit, deviceType] of types) {
    unit.onCommand = (task) => answer(task, deviceType);
  }
  return rig;
}

function run(tool: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(tool, parameters, { timeout: TOOL_MS }, (error, stdout, stderr) => {
      if (error === null) {
        resolve(stdout);
      } else {
        reject(new Error(`${error.message}: ${stderr}${stdout}`));
      }
    });
  });
}

test("iscsi-ls finds the target and its logical units", {
  skip: skipWithout(LS),
}, async (context) => {
  const rig = await startPeerRig(context);
  const portal = `127.0.0.1:${rig.target.address.port}`;
  const text = await run(LS, ["-s", `iscsi://${portal}`]);
  assert.match(text, new RegExp(`Target:${TARGET_NAME} Portal:${portal},1`));
  assert.match(text, /Lun:0 .*Type:.*(SEQUENTIAL|TAPE)/i);
  assert.match(text, /Lun:1 /);
});

test("iscsi-ls asks for the targets with a header digest", {
  skip: skipWithout(LS),
}, async (context) => {
  const rig = await startPeerRig(context);
  const portal = `127.0.0.1:${rig.target.address.port}`;
  const text = await run(LS, [`iscsi://${portal}/?header_digest=crc32c`]);
  assert.match(text, new RegExp(`Target:${TARGET_NAME} Portal:${portal},1`));
  assert.match(rig.log.join("\n"), /discovery session 1 begins, header digest CRC32C/);
});

test("iscsi-inq reads standard data and a page", { skip: skipWithout(INQ) }, async (context) => {
  const rig = await startPeerRig(context);
  const url = `iscsi://127.0.0.1:${rig.target.address.port}/${TARGET_NAME}/1`;
  const standard = await run(INQ, [url]);
  assert.match(standard, /Vendor:UNDSTUDY/);
  const page = await run(INQ, ["-e", "1", "-c", "128", url]);
  assert.match(page, /0123/);
});

const ACCOUNTS: ChapAccounts = {
  initiators: [{ name: "backup", secret: Buffer.from("secret-of-backup") }],
  target: { name: "bridge", secret: Buffer.from("secret-of-bridge") },
};

test("iscsi-ls and iscsi-inq by CHAP", { skip: skipWithout(INQ) }, async (context) => {
  const rig = await startPeerRig(context, ACCOUNTS);
  const portal = `127.0.0.1:${rig.target.address.port}`;
  const right = `iscsi://backup%secret-of-backup@${portal}`;
  assert.match(await run(LS, ["-s", right]), /Lun:1 .*Type:.*(SEQUENTIAL|TAPE)/i);
  assert.match(await run(INQ, [`${right}/${TARGET_NAME}/1`]), /Vendor:UNDSTUDY/);
  const mutual = `${right}/${TARGET_NAME}/1?target_user=bridge&target_password=`;
  assert.match(await run(INQ, [`${mutual}secret-of-bridge`]), /Vendor:UNDSTUDY/);
  await assert.rejects(run(INQ, [`${mutual}secret-of-nobody`]), /CHAP_R/);
  for (const wrong of [`iscsi://backup%secret-of-bridge@${portal}`, `iscsi://${portal}`]) {
    await assert.rejects(run(INQ, [`${wrong}/${TARGET_NAME}/1`]), /Authentication failure/i);
    await assert.rejects(run(LS, [wrong]), /Authentication failure/i);
  }
  assert.match(rig.log.join("\n"), /discovery session 1 begins, CHAP name "backup"/);
});
