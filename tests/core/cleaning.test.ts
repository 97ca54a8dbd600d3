/** A cleaning cartridge that the drive has ejected before the lane asks for the first time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { WORD_ASK_DRIVE, WORD_MOUNTED, WORD_RELEASED } from "../../assembly/spec/word.ts";
import { type Answer, LaneHost } from "./lane-host.ts";

const NOTHING = new Uint8Array();
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const LOAD = [0x1b, 0, 0, 0, 1, 0];
const UNLOAD = [0x1b, 0, 0, 0, 0, 0];
const NOT_PRESENT = "2 2/3a00";
/** Most drives; one that could not eject by itself; two ways to say that the cartridge is used up. */
const FAILURES = [
  [0x02, 0x3a00],
  [0x04, 0x5300],
  [0x03, 0x3007],
  [0x02, 0x3007],
] as const;

function answerOf(host: LaneHost, cdb: readonly number[]): string {
  return wordOf(host.command(cdb, NOTHING, 0));
}
function wordOf({ status, sense }: Answer): string {
  const key = (sense[2] ?? 0) & 0x0f;
  return `${status} ${key}/${Buffer.from(sense).toString("hex", 12, 14)}`;
}

async function inserted(volumeTag: string, failure: readonly [number, number]): Promise<LaneHost> {
  const host = await LaneHost.start({ spareDrives: 1 });
  host.drive.readyFailure = failure;
  host.mount(volumeTag);
  return host;
}

for (const failure of FAILURES) {
  const [key, code] = failure;
  const name = `${key}/${code.toString(16)}`;

  test(`${name}: the cleaning has ended, and the cartridge goes back`, async () => {
    const host = await inserted("CLNU01L1", failure);
    assert.deepEqual(host.words, [[WORD_MOUNTED, 0, 0]]);
    assert.equal(answerOf(host, TEST_UNIT_READY), NOT_PRESENT);
    assert.equal(answerOf(host, LOAD), NOT_PRESENT);
    assert.equal(answerOf(host, UNLOAD), "0 0/");
    host.wantOut();
    host.gone();
    assert.deepEqual(host.words.at(-1), [WORD_RELEASED, 0, 0]);
    assert.equal(host.words.length, 2);

    host.drive.readyFailure = undefined;
    host.mount();
    assert.equal(answerOf(host, TEST_UNIT_READY), "2 6/2800");
    assert.equal(answerOf(host, TEST_UNIT_READY), "0 0/");
  });

  test(`${name}: with a data cartridge the drive has failed, and another one is asked for`, async () => {
    const host = await inserted("UND001L9", failure);
    assert.deepEqual(
      host.words.map(([kind]) => kind),
      [WORD_ASK_DRIVE],
    );
  });
}
