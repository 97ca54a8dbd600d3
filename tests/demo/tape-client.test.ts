import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { RECORD_BYTES, readBackup } from "../../tools/demo/backup.ts";
import { ChangerClient } from "../../tools/demo/changer-client.ts";
import { openPracticeStage } from "../../tools/demo/practice-stage.ts";
import { ServerDevice, ServerFault } from "../../tools/demo/server-device.ts";
import { ServerWatch } from "../../tools/demo/server-watch.ts";
import { openUnit } from "../../tools/demo/stage.ts";
import { firstDifference, Tally } from "../../tools/demo/tally.ts";
import { TapeClient } from "../../tools/demo/tape-client.ts";

const CAPACITY_BYTES = 256 * 1024 * 1024;

test("the server's end against a library without a bridge: write, read, fail, prove", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "understudy-client-test-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const library = await openPracticeStage({ directory, capacityBytes: CAPACITY_BYTES });
  t.after(() => library.stop());
  const watch = new ServerWatch();
  const [changerUnit, driveUnit] = [0, 1].map(
    (lun) => new ServerDevice(openUnit(library.url, lun), watch),
  );
  assert.ok(changerUnit !== undefined && driveUnit !== undefined);
  t.after(() => Promise.all([changerUnit.close(), driveUnit.close()]));
  await changerUnit.open();
  await driveUnit.open();
  await changerUnit.waitReady();

  const changer = new ChangerClient(changerUnit);
  const slot = (await changer.storage()).find(({ isFull }) => isFull);
  const drive = (await changer.drives())[0];
  assert.ok(slot !== undefined && drive !== undefined);
  assert.equal(slot.volumeTag, "UND001L9");
  await changer.move(slot.address, drive.address);
  assert.equal((await changer.drives())[0]?.volumeTag, "UND001L9");
  await driveUnit.waitReady();

  const tape = new TapeClient(driveUnit, watch);
  const sent = new Tally();
  for (const fill of [1, 2, 3]) {
    const record = new Uint8Array(RECORD_BYTES).fill(fill);
    await tape.write(record);
    sent.addRecord(record);
    await tape.writeFilemark();
    sent.addFilemark();
  }
  assert.ok(watch.stall.ms > 0);
  const hooks = { onObject: () => undefined, signal: new AbortController().signal };
  assert.equal(firstDifference(sent, await readBackup(tape, sent, hooks)), undefined);
  assert.equal(watch.errorCount, 0);

  await library.breakNow("medium", { volumeTag: "UND001L9", object: sent.objects });
  const before = sent.objects;
  await assert.rejects(async () => {
    await tape.write(new Uint8Array(RECORD_BYTES));
    await tape.writeFilemark();
  }, ServerFault);
  assert.deepEqual(
    watch.errors.map(({ what }) => what.replace(" deferred", "")),
    ["3/0C/00"],
  );
  await tape.unload();
  await changer.move(drive.address, slot.address);
  await library.stop();
  const onCartridge = await library.witness("UND001L9");
  assert.equal(onCartridge.lengths.length, before);
});
