/**
 * A spare medium that an earlier run has put in for the volume turns out to be somebody else's. Where the volume's
 * image is empty the server sees nothing before the next spare is known to be blank.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_MEDIUM,
  WORD_MOUNT,
  WORD_MOUNTED,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_RECOVERED,
} from "../../assembly/spec/word.ts";
import { type Answer, LaneHost } from "./lane-host.ts";

const NOTHING = new Uint8Array();
const RECORD = Buffer.alloc(4096, 1);
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const UNLOAD = [0x1b, 0, 0, 0, 0, 0];
const READ = [0x08, 0, 0, 0x10, 0, 0];
/** Flags of WORD_MOUNT. */
const FOUND_AT_START = 1;
const STANDS_IN = 2;

function wordOf({ status, sense }: Answer): string {
  const key = (sense[2] ?? 0) & 0x0f;
  return `${status} ${key}/${Buffer.from(sense).toString("hex", 12, 14)}`;
}
function tagged(...tags: string[]): Buffer {
  return Buffer.from(tags.map((tag) => tag.padEnd(32)).join(""));
}

test("an empty tape is shown in place of a strange spare when the next spare holds it", async () => {
  const host = await LaneHost.start({ spareDrives: 1, spareMedia: 1 });
  host.mount();
  host.command(TEST_UNIT_READY, NOTHING, 0);
  assert.equal(host.command(UNLOAD, NOTHING, 0).status, 0);
  host.gone();
  host.words.length = 0;
  host.drive.objects.push(RECORD);
  host.drive.insert();
  const params = tagged("UND001L9", "SPARE1L9");
  host.word(WORD_MOUNT, { d: FOUND_AT_START | STANDS_IN, params });
  // Nobody loses patience meanwhile.
  host.timeStands = true;
  assert.deepEqual(host.begin(TEST_UNIT_READY, NOTHING, 0), []);
  host.word(WORD_MEDIUM, { c: 1, params: tagged("SPARE2L9") });
  host.word(WORD_MOVED, { c: 0 });
  assert.deepEqual(host.takeAnswers(), []);
  host.drive.objects.length = 0;
  host.drive.insert();
  host.word(WORD_MOVED, { c: 0 });
  assert.deepEqual(host.takeAnswers().map(wordOf), ["0 0/"]);
  assert.equal(wordOf(host.command(READ, NOTHING, RECORD.length)), "2 8/0005");
  assert.deepEqual(
    host.words.map(([kind]) => kind),
    [
      ...[WORD_BAD_MEDIUM, WORD_MOUNTED, WORD_ASK_MEDIUM],
      ...[WORD_MOVE_OUT, WORD_MOVE_IN, WORD_RECOVERED],
    ],
  );
});
