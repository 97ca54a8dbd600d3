/**
 * A server that loads a cleaning cartridge means it: no failure, no recovery, no spare drive used up.
 * Found by a server in the guest: the lane had taken "cleaning cartridge installed" for a dying drive.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { logIn } from "../core-host/practice-bridge.ts";
import { startGuestBridge } from "./bridge.ts";

const CLEANING_SLOT = [0x10, 0x0b] as const;
const DRIVE = [0x01, 0x00] as const;
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0] as const;
/** Long enough to be met by the first question after the move. */
const CLEANING_MS = "1000";

function moveMedium(from: readonly number[], to: readonly number[]): number[] {
  return [0xa5, 0, 0, 0, ...from, ...to, 0, 0, 0, 0];
}

test("a cleaning cartridge cleans the lane's drive and comes back", async (t) => {
  const bridge = await startGuestBridge(t, ["--load-ms", CLEANING_MS]);
  const changer = await logIn(`ready ${bridge.url}`, 0);
  const drive = await logIn(`ready ${bridge.url}`, 1);
  const before = await bridge.status();

  await changer.tell(moveMedium(CLEANING_SLOT, DRIVE));
  // NOT READY, MEDIUM NOT PRESENT: the drive has ejected it.
  await assert.rejects(drive.tell(TEST_UNIT_READY), /status 2 sense 700002000000000a000000003a00/);
  await changer.tell(moveMedium(DRIVE, CLEANING_SLOT));

  const after = await bridge.status();
  assert.deepEqual(after.recoveries, []);
  assert.deepEqual(after.spareDrives, before.spareDrives);
  assert.deepEqual(after.lanes[0]?.drive, before.lanes[0]?.drive);
  assert.equal(after.lanes[0]?.state, "idle");
  await drive.device.disconnect();
  await changer.device.disconnect();
});
