/** Task management at a whole bridge: what becomes of a lane, and what two servers are told. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  FUNCTION_ABORT_TASK,
  FUNCTION_CLEAR_TASK_SET,
  FUNCTION_COMPLETE,
  FUNCTION_LOGICAL_UNIT_RESET,
  FUNCTION_TARGET_COLD_RESET,
  FUNCTION_TARGET_WARM_RESET,
  OPCODE_ASYNC_MESSAGE,
  OPCODE_NOP_IN,
  OPCODE_R2T,
} from "../../host/iscsi/opcode.ts";
import { RawClient, TARGET_NAME } from "../target/raw-client.ts";
import { manage } from "../target/requests.ts";
import { bridgeConfig, logIn, startLibrary, startWith } from "./practice-bridge.ts";

const LANE = 1;
const CHANGER = 0;
const SLOT = 0x1000;
const DRIVE = 0x0100;
const RECORD = Buffer.alloc(3000, "a record, ");
const WRITE = [0x0a, 0, 0, RECORD.length >> 8, RECORD.length & 255];
const READY = [0];
const RESERVE = [0x16];
const RESET = "6/29/3";
const TASKS_CLEARED = "6/2f/0";
const CONFLICT = "status 24";

const folder = mkdtempSync(join(tmpdir(), "understudy-management-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** "good", "key/asc/ascq" or another status. */
async function ask(client: RawClient, cdb: readonly number[], lun = LANE): Promise<string> {
  const { status, sense } = await client.outcome(client.command({ lun, cdb: Buffer.from(cdb) }));
  if (status !== 2) {
    return status === 0 ? "good" : `status ${status}`;
  }
  return [(sense[2] ?? 0) & 15, sense[12] ?? 0, sense[13] ?? 0]
    .map((b) => b.toString(16))
    .join("/");
}

/** Objects before the position. */
async function position(client: RawClient): Promise<number> {
  const fields = { lun: LANE, read: true, expectedDataTransferLength: 20 };
  const itt = client.command({ ...fields, cdb: Uint8Array.of(0x34) });
  return Buffer.from((await client.outcome(itt)).data).readUInt32BE(4);
}

async function write(client: RawClient): Promise<void> {
  const fields = { lun: LANE, write: true, expectedDataTransferLength: RECORD.length };
  const itt = client.command({ ...fields, cdb: Buffer.from(WRITE) }, RECORD);
  assert.equal((await client.outcome(itt)).status, 0);
}

/** A WRITE whose data does not come; its tag. */
async function hangingWrite(client: RawClient): Promise<number> {
  const fields = { lun: LANE, write: true, expectedDataTransferLength: RECORD.length };
  const itt = client.command({ ...fields, cdb: Buffer.from(WRITE) });
  await client.expect(OPCODE_R2T);
  return itt;
}

test("aborts and resets at a lane that has a cartridge", async (t) => {
  const library = await startLibrary(t, folder);
  const config = { ...bridgeConfig(folder, library.ready), targetName: TARGET_NAME };
  const bridge = await startWith(t, config);
  const changer = await logIn(bridge.ready, CHANGER);
  await changer.tell([0xa5, 0, 0, 0, SLOT >> 8, SLOT & 255, DRIVE >> 8, DRIVE & 255, 0, 0, 0, 0]);
  const port = Number(/:(\d+)\//.exec(bridge.ready)?.[1]);
  const session = async (isid: string): Promise<RawClient> => {
    const client = await RawClient.open(port);
    t.after(() => client.close());
    await client.login([], { isid });
    return client;
  };
  const one = await session("800000000001");
  const two = await session("800000000002");
  for (const client of [one, two]) {
    while ((await ask(client, READY)) !== "good") {
      // What came with the cartridge.
    }
  }
  await write(one);

  // ABORT TASK: of the record nothing is there, the next one takes its place.
  const hanging = await hangingWrite(one);
  const aborted = await manage(one, FUNCTION_ABORT_TASK, { lun: LANE, referencedTaskTag: hanging });
  assert.equal(aborted, FUNCTION_COMPLETE);
  assert.equal(await position(one), 1);
  await write(one);
  assert.equal(await position(two), 2);

  // CLEAR TASK SET by another: only who lost a command is told.
  await hangingWrite(one);
  assert.equal(await manage(two, FUNCTION_CLEAR_TASK_SET, { lun: LANE }), FUNCTION_COMPLETE);
  await one.expect(OPCODE_NOP_IN);
  assert.equal(await ask(two, READY), "good");
  assert.equal(await ask(one, READY), TASKS_CLEARED);
  assert.equal(await ask(one, READY), "good");
  assert.equal(await position(one), 2);

  // LOGICAL UNIT RESET: everybody is told, reservations go, position and cartridge stay.
  assert.equal(await ask(one, RESERVE), "good");
  assert.equal(await ask(two, READY), CONFLICT);
  assert.equal(await manage(two, FUNCTION_LOGICAL_UNIT_RESET, { lun: LANE }), FUNCTION_COMPLETE);
  for (const client of [one, two]) {
    assert.deepEqual([await ask(client, READY), await ask(client, READY)], [RESET, "good"]);
    assert.equal(await ask(client, READY, CHANGER), "good", "of another unit");
  }
  assert.equal(await position(two), 2);
  await write(two);

  // TARGET WARM RESET: all units.
  assert.equal(await manage(one, FUNCTION_TARGET_WARM_RESET), FUNCTION_COMPLETE);
  for (const lun of [CHANGER, LANE, LANE + 1]) {
    assert.deepEqual([await ask(two, READY, lun), await ask(one, READY, lun)], [RESET, RESET]);
  }
  assert.equal(await position(one), 3);

  // TARGET COLD RESET: the sessions end, too; who comes back is told.
  assert.equal(await manage(one, FUNCTION_TARGET_COLD_RESET), FUNCTION_COMPLETE);
  await one.expect(OPCODE_ASYNC_MESSAGE);
  await two.ended;
  const again = await session("800000000001");
  assert.deepEqual([await ask(again, READY), await ask(again, READY)], [RESET, "good"]);
  assert.equal(await position(again), 3);
  await write(again);
  again.close();
  assert.equal(await bridge.stop(), 0);
});
