/**
 * QEMU as an initiator (qemu-io of Debian's qemu-utils, its block driver of qemu-block-extra): real
 * data with a header digest, on a disk just good enough for it. Skipped only where that is missing.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import type { TargetTask } from "../../host/lib/logical-unit.ts";
import { TARGET_NAME } from "./raw-client.ts";
import { startRig } from "./rig.ts";

const run = promisify(execFile);
const TOOL_MS = 60_000;
const QEMU_IO = "/usr/bin/qemu-io";
const DRIVERS = ["x86_64", "aarch64"].map(
  (name) => `/usr/lib/${name}-linux-gnu/qemu/block-iscsi.so`,
);
const BLOCK_BYTES = 512;
const BLOCKS = 4096;
const skip =
  existsSync(QEMU_IO) && DRIVERS.some((path) => existsSync(path))
    ? false
    : "qemu-io with iSCSI is not installed (packages qemu-utils, qemu-block-extra)";

/** READ, WRITE, READ CAPACITY (10 and 16), INQUIRY, MODE SENSE(6); GOOD for what has no data. */
class Disk {
  readonly bytes = Buffer.alloc(BLOCK_BYTES * BLOCKS);

  answer(task: TargetTask): void {
    const cdb = Buffer.from(task.cdb);
    switch (cdb[0]) {
      case 0x12:
        this.#inquiry(task, cdb);
        break;
      case 0x1a:
        task.reply({ status: 0, dataIn: Uint8Array.of(3, 0, 0, 0) });
        break;
      case 0x25:
      case 0x9e: {
        const long = cdb[0] === 0x9e;
        const dataIn = Buffer.alloc(long ? 32 : 8);
        dataIn.writeUInt32BE(BLOCKS - 1, long ? 4 : 0);
        dataIn.writeUInt32BE(BLOCK_BYTES, long ? 8 : 4);
        task.reply({ status: 0, dataIn });
        break;
      }
      case 0x28:
      case 0x88: {
        const at = addressOf(cdb);
        task.reply({ status: 0, dataIn: this.bytes.subarray(at, at + task.dataInBytes) });
        break;
      }
      case 0x2a:
      case 0x8a: {
        const at = addressOf(cdb);
        const into = this.bytes.subarray(at, at + task.dataOutBytes);
        task.receive(into, () => task.reply({ status: 0 }));
        break;
      }
      default:
        task.reply({ status: 0 });
    }
  }

  #inquiry(task: TargetTask, cdb: Buffer): void {
    if (((cdb[1] ?? 0) & 1) !== 0) {
      const page = Buffer.alloc(64);
      page.set([0, cdb[2] ?? 0, 0, page.length - 4]);
      task.reply({ status: 0, dataIn: page });
      return;
    }
    const dataIn = Buffer.alloc(36, " ");
    dataIn.set([0, 0, 6, 2, 31, 0, 0, 2]);
    task.reply({ status: 0, dataIn });
  }
}

/** Byte address of READ and WRITE, of 10 or 16 bytes. */
function addressOf(cdb: Buffer): number {
  return cdb.readUInt32BE((cdb[0] ?? 0) >= 0x80 ? 6 : 2) * BLOCK_BYTES;
}

for (const digest of ["crc32c", "none-crc32c"]) {
  test(`qemu-io writes and reads with header-digest=${digest}`, { skip }, async (context) => {
    const rig = await startRig(context);
    const disk = new Disk();
    rig.unit.onCommand = (task) => disk.answer(task);
    rig.wellKnown.onCommand = (task) => disk.answer(task);
    const options = [
      "driver=iscsi,transport=tcp",
      `portal=127.0.0.1:${rig.target.address.port}`,
      `target=${TARGET_NAME},lun=0,header-digest=${digest}`,
    ];
    const commands = ["write -P 0x5a 4096 300000", "read -P 0x5a 4096 300000", "read -P 0 0 4096"];
    const { stdout } = await run(
      QEMU_IO,
      ["--image-opts", options.join(","), ...commands.flatMap((command) => ["-c", command])],
      { timeout: TOOL_MS },
    );
    assert.doesNotMatch(stdout, /fail/i);
    assert.equal(stdout.match(/^(?:wrote|read) /gm)?.length, 3);
    assert.deepEqual(disk.bytes.subarray(4096, 4096 + 300_000), Buffer.alloc(300_000, 0x5a));
    const agreed = /begins, header digest CRC32C, data digest None/.test(rig.log.join("\n"));
    assert.equal(agreed, digest === "crc32c", rig.log.join("\n"));
  });
}
