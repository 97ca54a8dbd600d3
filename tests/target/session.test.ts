import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeLogoutRequest } from "../../host/iscsi/logout-request.ts";
import { decodeLogoutResponse } from "../../host/iscsi/logout-response.ts";
import { decodeNopIn } from "../../host/iscsi/nop-in.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { newBhs } from "../../host/iscsi/pdu.ts";
import { decodeReject } from "../../host/iscsi/reject.ts";
import { encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import { IMMEDIATE_COMMANDS_MAX } from "../../host/target/limits.ts";
import type { RawClient } from "./raw-client.ts";
import { startRig } from "./rig.ts";

const NOP_IN = 0x20;
const LOGOUT_RESPONSE = 0x26;
const REJECT = 0x3f;
const SCSI_RESPONSE = 0x21;

async function logout(client: RawClient, reasonCode: number, cid: number): Promise<number> {
  const numbers = { immediate: true, itt: 5, cmdSN: client.cmdSN, expStatSN: 0 };
  client.send(encodeLogoutRequest({ ...numbers, reasonCode, cid }));
  return decodeLogoutResponse((await client.expect(LOGOUT_RESPONSE)).bhs).response;
}

async function rejectReason(client: RawClient): Promise<number> {
  const pdu = await client.expect(REJECT);
  assert.equal(pdu.data.length, 48);
  return decodeReject(pdu.bhs).reason;
}

test("the same initiator and ISID again: the old session ends with its tasks", async (context) => {
  const rig = await startRig(context);
  const old = await rig.session();
  old.command({});
  const held = await rig.unit.task();
  const fresh = await rig.session();
  await old.ended;
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.deepEqual(rig.unit.events, ["established", "lost", "established"]);
  assert.equal(rig.unit.nexuses[1], rig.unit.nexuses[0]);
  assert.notEqual(rig.unit.nexuses[2]?.id, rig.unit.nexuses[0]?.id);
  assert.equal(rig.unit.nexuses[2]?.isid, "800000000001");
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await fresh.outcome(fresh.command({}))).status, 0);
});

test("another ISID is another session", async (context) => {
  const rig = await startRig(context);
  const one = await rig.session();
  await rig.session([], "800000000002");
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await one.outcome(one.command({}))).status, 0);
  assert.deepEqual(rig.unit.events, ["established", "established"]);
});

test("logout: wrong connection, recovery, then the session", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  assert.equal(await logout(client, 1, 99), 1);
  assert.equal(await logout(client, 2, 0), 2);
  assert.equal(await logout(client, 0, 0), 0);
  await client.ended;
  assert.deepEqual(rig.unit.events, ["established", "lost"]);
});

test("logout with a reason that does not exist is rejected", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const numbers = { immediate: true, itt: 5, cmdSN: client.cmdSN, expStatSN: 0 };
  client.send(encodeLogoutRequest({ ...numbers, reasonCode: 7, cid: 0 }));
  assert.equal(await rejectReason(client), 4);
});

test("a rejected request leaves a gap, which the initiator fills", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.command({ itt: 0x44, cmdSN: 1 });
  const held = await rig.unit.task();
  client.command({ itt: 0x44, cmdSN: 2 });
  assert.equal(await rejectReason(client), 7);
  const waiting = client.command({ cmdSN: 3, cdb: Uint8Array.of(3) });
  const numbers = { immediate: false, itt: 5, cmdSN: 4, expStatSN: 0 };
  client.send(encodeLogoutRequest({ ...numbers, reasonCode: 7, cid: 0 }));
  await client.barrier();
  held.reply({ status: 0 });
  assert.equal((await client.outcome(0x44)).response?.expCmdSN, 2);
  const filling = client.command({ cmdSN: 2, cdb: Uint8Array.of(2) });
  // With that it is the turn of the logout too, whose reason does not exist: its number stays open.
  assert.equal(await rejectReason(client), 4);
  for (const [itt, operation] of [
    [filling, 2],
    [waiting, 3],
  ] as const) {
    const task = await rig.unit.task();
    assert.equal(task.cdb[0], operation);
    task.reply({ status: 0 });
    assert.equal((await client.outcome(itt)).response?.expCmdSN, 4);
  }
});

test("a connection that breaks aborts its tasks", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.command({});
  const held = await rig.unit.task();
  client.close();
  await rig.unit.until(() => rig.unit.events.includes("lost"), "lost nexus");
  assert.deepEqual(rig.unit.aborted, [held]);
});

test("a silent initiator is pinged, and lives on when it answers", async (context) => {
  const rig = await startRig(context, {
    timings: { loginMs: 5000, idleMs: 30, answerMs: 5000, stallMs: 60_000, logoutMs: 1000 },
  });
  const client = await rig.session();
  for (let count = 0; count < 2; count += 1) {
    const nopIn = decodeNopIn((await client.expect(NOP_IN)).bhs);
    assert.equal(nopIn.itt, RESERVED_TAG);
    assert.notEqual(nopIn.ttt, RESERVED_TAG);
    const numbers = { immediate: true, itt: RESERVED_TAG, cmdSN: client.cmdSN, expStatSN: 0 };
    client.send(encodeNopOut({ ...numbers, lun: 0, ttt: nopIn.ttt, dataSegmentLength: 0 }));
  }
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await client.outcome(client.command({}))).status, 0);
});

test("a dead initiator loses its connection", async (context) => {
  const rig = await startRig(context, {
    timings: { loginMs: 5000, idleMs: 20, answerMs: 20, stallMs: 60_000, logoutMs: 1000 },
  });
  const client = await rig.session();
  await client.ended;
  assert.match(rig.log.join("\n"), /does not answer/);
  assert.deepEqual(rig.unit.events, ["established", "lost"]);
});

test("no such logical unit: the well-known unit gets the command", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const itt = client.command({ lun: 5, cdb: Uint8Array.of(0x12) });
  const task = await rig.wellKnown.task();
  assert.equal(task.cdb[0], 0x12);
  task.reply({ status: 0 });
  assert.equal((await client.outcome(itt)).status, 0);
});

test("bidirectional commands and additional headers: target failure", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.command({ read: true, write: true, expectedDataTransferLength: 8 });
  assert.equal((await client.expect(SCSI_RESPONSE)).bhs[2], 1);
  const numbers = { immediate: false, itt: 9, cmdSN: client.cmdSN, expStatSN: 0 };
  const transfer = { expectedDataTransferLength: 0, dataSegmentLength: 0, lun: 0, attribute: 1 };
  const bhs = encodeScsiCommand({
    ...numbers,
    ...transfer,
    final: true,
    read: false,
    write: false,
    cdb: Uint8Array.of(0x7f),
  });
  bhs[4] = 2;
  client.send(bhs, Uint8Array.of(0, 5, 1, 0, 0, 0, 0, 0));
  assert.equal((await client.expect(SCSI_RESPONSE)).bhs[2], 1);
  client.cmdSN += 1;
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await client.outcome(client.command({}))).status, 0);
});

test("Reject: unknown operation code, SNACK, target's own PDUs, tag in use", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  for (const opcode of [0x10, 0x1c, 0x21, 0x3f, 0x03]) {
    client.send(newBhs(opcode, 0x80, 0));
    assert.equal(await rejectReason(client), 5);
  }
  const withHeader = newBhs(0, 0x80, 0);
  withHeader[4] = 1;
  client.send(withHeader, new Uint8Array(4));
  assert.equal(await rejectReason(client), 9);
  client.command({ itt: RESERVED_TAG, cmdSN: 1 });
  assert.equal(await rejectReason(client), 9);
  client.command({ read: true, final: false, expectedDataTransferLength: 8, cmdSN: 1 });
  assert.equal(await rejectReason(client), 9);
  client.command({ itt: 0x44 });
  await rig.unit.task();
  client.command({ itt: 0x44 });
  assert.equal(await rejectReason(client), 7);
  assert.equal(rig.log.filter((line) => line.startsWith("warn")).length, 1);
});

test("too many immediate commands are rejected", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  for (let count = 0; count <= IMMEDIATE_COMMANDS_MAX; count += 1) {
    client.command({ immediate: true });
  }
  assert.equal(await rejectReason(client), 6);
});

test("destroyConnectionsOf cuts the sessions that used the unit, no others", async (context) => {
  const rig = await startRig(context);
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  rig.otherUnit.onCommand = (task) => task.reply({ status: 0 });
  const one = await rig.session();
  const two = await rig.session([], "800000000002");
  await one.outcome(one.command({ lun: 1 }));
  await two.outcome(two.command({ lun: 0 }));
  rig.target.destroyConnectionsOf(1);
  await one.ended;
  assert.equal((await two.outcome(two.command({ lun: 0 }))).status, 0);
});

test("close ends the sessions; a port in use is told by its code", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  client.command({});
  await rig.unit.task();
  const { port } = rig.target.address;
  await assert.rejects(startRig(context, { port }), { code: "EADDRINUSE" });
  await rig.target.close();
  await client.ended;
  assert.deepEqual(rig.unit.events, ["established", "lost"]);
  assert.equal(rig.unit.aborted.length, 1);
});
