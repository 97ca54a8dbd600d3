import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeAsyncMessage } from "../../host/iscsi/async-message.ts";
import { encodeLogoutRequest } from "../../host/iscsi/logout-request.ts";
import {
  ASYNC_LOGOUT_REQUEST,
  ASYNC_SESSION_DROPPED,
  FUNCTION_COMPLETE,
  FUNCTION_TARGET_COLD_RESET,
  LOGOUT_CLOSE_SESSION,
  OPCODE_ASYNC_MESSAGE,
  OPCODE_LOGOUT_RESPONSE,
} from "../../host/iscsi/opcode.ts";
import type { RawClient } from "./raw-client.ts";
import { manage } from "./requests.ts";
import { startRig } from "./rig.ts";

const FOREVER_MS = 60_000;
const PATIENT = {
  loginMs: FOREVER_MS,
  idleMs: FOREVER_MS,
  answerMs: FOREVER_MS,
  stallMs: FOREVER_MS,
};

async function event(client: RawClient): Promise<readonly number[]> {
  const message = decodeAsyncMessage((await client.expect(OPCODE_ASYNC_MESSAGE)).bhs);
  return [message.asyncEvent, message.parameter1, message.parameter2, message.parameter3];
}

async function logOut(client: RawClient): Promise<void> {
  const numbers = { immediate: true, itt: 5, cmdSN: client.cmdSN, expStatSN: 0 };
  client.send(encodeLogoutRequest({ ...numbers, reasonCode: LOGOUT_CLOSE_SESSION, cid: 0 }));
  await client.expect(OPCODE_LOGOUT_RESPONSE);
  await client.ended;
}

test("a target that closes asks for a logout, and serves until it comes", async (context) => {
  const rig = await startRig(context, { timings: { ...PATIENT, logoutMs: FOREVER_MS } });
  const client = await rig.session();
  const anonymous = await rig.connect();
  const held = client.command({});
  const task = await rig.unit.task();
  const closed = rig.target.close();
  await anonymous.ended;
  assert.deepEqual(await event(client), [ASYNC_LOGOUT_REQUEST, 0, 0, FOREVER_MS / 1000]);
  task.reply({ status: 0 });
  assert.equal((await client.outcome(held)).status, 0);
  rig.unit.onCommand = (late) => late.reply({ status: 0 });
  assert.equal((await client.outcome(client.command({}))).status, 0);
  await logOut(client);
  await closed;
  assert.deepEqual(rig.unit.aborted, []);
  await assert.rejects(rig.connect(), { code: "ECONNREFUSED" });
});

test("who does not log out in time is dropped, and is told", async (context) => {
  const rig = await startRig(context, { timings: { ...PATIENT, logoutMs: 30 } });
  const client = await rig.session();
  client.command({});
  const task = await rig.unit.task();
  const closed = rig.target.close();
  assert.deepEqual(await event(client), [ASYNC_LOGOUT_REQUEST, 0, 0, 1]);
  assert.deepEqual(await event(client), [ASYNC_SESSION_DROPPED, 0, 2, 0]);
  await client.ended;
  await closed;
  assert.deepEqual(rig.unit.aborted, [task]);
});

test("the sessions that a TARGET COLD RESET ends are told", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session([["DefaultTime2Wait", "7"]]);
  const other = await rig.session([], "800000000002");
  assert.equal(await manage(client, FUNCTION_TARGET_COLD_RESET), FUNCTION_COMPLETE);
  assert.deepEqual(await event(client), [ASYNC_SESSION_DROPPED, 0, 7, 0]);
  assert.deepEqual(await event(other), [ASYNC_SESSION_DROPPED, 0, 2, 0]);
  await Promise.all([client.ended, other.ended]);
});

test("a session that is reinstated is told, with and without open tasks", async (context) => {
  const rig = await startRig(context);
  const first = await rig.session();
  const second = await rig.session();
  assert.equal((await event(first))[0], ASYNC_SESSION_DROPPED);
  await first.ended;
  assert.deepEqual(rig.unit.aborted, []);
  second.command({});
  const held = await rig.unit.task();
  second.command({});
  await second.barrier();
  const third = await rig.session();
  assert.equal((await event(second))[0], ASYNC_SESSION_DROPPED);
  await second.ended;
  // The one that waited never came to the unit; of the new session nothing is missing.
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.equal(rig.unit.pendingCount, 0);
  const { sessions, tasks } = rig.target.load();
  assert.deepEqual([sessions, tasks], [1, 0]);
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await third.outcome(third.command({}))).status, 0);
});
