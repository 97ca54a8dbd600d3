import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeNopIn } from "../../host/iscsi/nop-in.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_NOP_IN, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { COMMAND_WINDOW } from "../../host/target/limits.ts";
import { type Asked, manage } from "./requests.ts";
import { pattern, startRig } from "./rig.ts";

test("NOP-Out is answered while a command is held, with its data", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const itt = client.command({});
  const task = await rig.unit.task();
  const numbers = { immediate: true, itt: 0x77, cmdSN: client.cmdSN, expStatSN: 0 };
  const data = pattern(33);
  client.send(encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 33 }), data);
  const pdu = await client.expect(0x20);
  const nopIn = decodeNopIn(pdu.bhs);
  assert.deepEqual([nopIn.itt, nopIn.ttt], [0x77, RESERVED_TAG]);
  assert.deepEqual(new Uint8Array(pdu.data), data);
  task.reply({ status: 0 });
  assert.equal((await client.outcome(itt)).status, 0);
});

test("ABORT TASK of a held command; its late answer is not sent", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const held = client.command({ cdb: Uint8Array.of(1) });
  const waiting = client.command({ cdb: Uint8Array.of(2) });
  const last = client.command({ cdb: Uint8Array.of(3) });
  const task = await rig.unit.task();
  assert.equal(await manage(client, 1, { referencedTaskTag: waiting }), 0);
  assert.deepEqual(rig.unit.aborted, []);
  assert.equal(await manage(client, 1, { referencedTaskTag: held }), 0);
  assert.deepEqual(rig.unit.aborted, [task]);
  await new Promise<void>((resolve) => {
    task.reply({ status: 0, sent: resolve });
  });
  const next = await rig.unit.task();
  assert.equal(next.cdb[0], 3);
  next.reply({ status: 0 });
  const outcome = await client.outcome(last);
  // All three numbers are free again.
  assert.equal((outcome.response?.maxCmdSN ?? 0) - (outcome.response?.expCmdSN ?? 0), 31);
});

test("after an abort nothing is written into the unit's buffer", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session([["InitialR2T", "No"]]);
  const fields = { write: true, final: false, expectedDataTransferLength: 1000 };
  const itt = client.command(fields, pattern(100));
  const task = await rig.unit.task();
  const into = new Uint8Array(1000);
  task.receive(into, () => assert.fail("done after an abort"));
  assert.equal(await manage(client, 1, { referencedTaskTag: itt }), 0);
  into.fill(0);
  client.dataOut(itt, pattern(900), { dataSN: 0, bufferOffset: 100, final: true });
  const after = client.command({});
  (await rig.unit.task()).reply({ status: 0 });
  await client.outcome(after);
  assert.deepEqual(into, new Uint8Array(1000));
});

test("ABORT TASK of a command that never came fills its gap", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.cmdSN += 1;
  client.command({ cdb: Uint8Array.of(9) });
  assert.equal(await manage(client, 1, { referencedTaskTag: 0x555, refCmdSN: 1 }), 0);
  assert.equal((await rig.unit.task()).cdb[0], 9);
  assert.equal(await manage(client, 1, { referencedTaskTag: 0x555, refCmdSN: 1 }), 1);
});

test("ABORT TASK SET ends the own tasks of one logical unit only", async (context) => {
  const rig = await startRig(context);
  const one = await rig.session();
  const two = await rig.session([], "800000000002");
  one.command({ cdb: Uint8Array.of(1) });
  const held = await rig.unit.task();
  two.command({ cdb: Uint8Array.of(2) });
  one.command({ lun: 1, cdb: Uint8Array.of(3) });
  const elsewhere = await rig.otherUnit.task();
  assert.equal(await manage(one, 2), 0);
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.deepEqual(rig.otherUnit.aborted, []);
  const next = await rig.unit.task();
  assert.equal(next.cdb[0], 2);
  elsewhere.reply({ status: 0 });
});

test("ABORT TASK SET ends also what waits for a command that is missing", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.cmdSN += 1;
  client.command({ cdb: Uint8Array.of(7) });
  client.command({ lun: 1, cdb: Uint8Array.of(8) });
  assert.equal(await manage(client, 2), 0);
  client.command({ cmdSN: 1, cdb: Uint8Array.of(9) });
  assert.equal((await rig.unit.task()).cdb[0], 9);
  assert.equal((await rig.otherUnit.task()).cdb[0], 8);
  assert.equal(rig.unit.pendingCount, 0);
});

test("CLEAR TASK SET ends the tasks of all sessions; who lost some is told", async (context) => {
  const rig = await startRig(context);
  const one = await rig.session();
  const two = await rig.session([], "800000000002");
  const three = await rig.session([], "800000000003");
  for (let count = 0; count < COMMAND_WINDOW; count += 1) {
    one.command({});
  }
  const held = await rig.unit.task();
  two.command({});
  await two.barrier();
  rig.unit.events.length = 0;
  assert.equal(await manage(two, 4), 0);
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.deepEqual(rig.unit.events, ["tasks-cleared"]);
  assert.equal(rig.unit.nexuses.at(-1), held.nexus);
  // Its window was closed; nobody else would tell it that all of it is open again.
  const told = decodeNopIn((await one.expect(OPCODE_NOP_IN)).bhs);
  assert.deepEqual([told.itt, told.ttt], [RESERVED_TAG, RESERVED_TAG]);
  assert.equal(told.maxCmdSN - told.expCmdSN, COMMAND_WINDOW - 1);
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  for (const client of [one, two, three]) {
    assert.equal((await client.outcome(client.command({}))).status, 0);
  }
});

test("LOGICAL UNIT RESET aborts and tells the unit who asked", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.command({});
  const held = await rig.unit.task();
  assert.equal(await manage(client, 5), 0);
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.deepEqual(rig.unit.events, ["established", "lu-reset"]);
  assert.equal(rig.unit.nexuses[0], rig.unit.nexuses[1]);
  assert.deepEqual(rig.otherUnit.events, ["established"]);
});

test("TARGET WARM RESET reaches all units; COLD RESET also ends the sessions", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const other = await rig.session([], "800000000002");
  assert.equal(await manage(client, 6), 0);
  assert.deepEqual(rig.otherUnit.events.slice(2), ["target-reset"]);
  assert.equal(await manage(client, 7), 0);
  await Promise.all([client.ended, other.ended]);
  assert.deepEqual(rig.unit.events.slice(2), ["target-reset", "target-reset", "lost", "lost"]);
});

const CODES: readonly [string, number, Asked, number][] = [
  ["ABORT TASK, no such task", 1, { referencedTaskTag: 0x123 }, 1],
  ["ABORT TASK SET, no such logical unit", 2, { lun: 9 }, 2],
  ["LOGICAL UNIT RESET, no such logical unit", 5, { lun: 9 }, 2],
  ["CLEAR ACA", 3, {}, 5],
  ["TASK REASSIGN", 8, {}, 4],
  ["a function that does not exist", 0x55, {}, 5],
];

for (const [name, code, asked, response] of CODES) {
  test(`response code: ${name}`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.session();
    assert.equal(await manage(client, code, asked), response);
  });
}
