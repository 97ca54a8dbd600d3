/** A whole bridge with digests on the way to its library. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bridgeConfig, logIn, startLibrary, startWith } from "./practice-bridge.ts";

const RECORD_BYTES = 300_001;
const LENGTH = [RECORD_BYTES >> 16, (RECORD_BYTES >> 8) & 0xff, RECORD_BYTES & 0xff];
const MOVE_TO_DRIVE = [0xa5, 0, 0, 0, 0x10, 0x00, 0x01, 0x00, 0, 0, 0, 0];
const REWIND = [0x01, 0, 0, 0, 0, 0];
const WRITE_FILEMARKS = [0x10, 0, 0, 0, 1, 0];

const folder = mkdtempSync(join(tmpdir(), "understudy-digests-"));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const libraryDigests of ["prefer", "require"] as const) {
  test(`a record goes through with --library-digests ${libraryDigests}`, async (t) => {
    const place = join(folder, libraryDigests);
    const library = await startLibrary(t, place);
    const bridge = await startWith(t, { ...bridgeConfig(place, library.ready), libraryDigests });
    const changer = await logIn(bridge.ready, 0);
    await changer.tell(MOVE_TO_DRIVE);
    const drive = await logIn(bridge.ready, 1);
    const record = Buffer.alloc(RECORD_BYTES, libraryDigests);
    await drive.tell([0x0a, 0, ...LENGTH, 0], record);
    await drive.tell(WRITE_FILEMARKS);
    await drive.tell(REWIND);
    const back = await drive.ask([0x08, 0, ...LENGTH, 0], RECORD_BYTES);
    assert.ok(back.equals(record));
    await Promise.all([drive.device.disconnect(), changer.device.disconnect()]);
    const log = bridge.errors.join("\n");
    assert.match(log, /header digest CRC32C, data digest CRC32C/);
    assert.doesNotMatch(log, /digest None/);
    assert.equal(await bridge.stop(), 0);
  });
}
