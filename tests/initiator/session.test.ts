/** What a session does with targets that are slow, silent or wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeAsyncMessage } from "../../host/iscsi/async-message.ts";
import { encodeNopIn } from "../../host/iscsi/nop-in.ts";
import { decodeNopOut } from "../../host/iscsi/nop-out.ts";
import {
  FUNCTION_ABORT_TASK,
  FUNCTION_COMPLETE,
  FUNCTION_LOGICAL_UNIT_RESET,
  FUNCTION_NOT_SUPPORTED,
  FUNCTION_TASK_DOES_NOT_EXIST,
  OPCODE_NOP_OUT,
  OPCODE_SCSI_COMMAND,
  OPCODE_TASK_MANAGEMENT_REQUEST,
  REJECT_COMMAND_NOT_SUPPORTED,
  RESERVED_TAG,
} from "../../host/iscsi/opcode.ts";
import { newBhs, opcodeOf } from "../../host/iscsi/pdu.ts";
import { encodeReject } from "../../host/iscsi/reject.ts";
import { decodeTaskManagementRequest } from "../../host/iscsi/task-management-request.ts";
import { startScript, type TargetEnd } from "./scripted-target.ts";

const TEST_UNIT_READY = { cdb: new Uint8Array(6), timeoutMs: 5000 };
const SHORT = { cdb: new Uint8Array(6), timeoutMs: 20 };
const SENSE = Uint8Array.of(0x70, 0, 5, 0, 0, 0, 0, 0x0a, 0, 0, 0, 0, 0x24, 0, 0, 0, 0, 0);

function read(length: number, timeoutMs = 5000) {
  const dataIn = new Uint8Array(length);
  return { cdb: Uint8Array.of(8, 0, 0, 0, length, 0), dataIn, timeoutMs };
}

async function taskManagement(end: TargetEnd) {
  const { bhs } = await end.next();
  assert.equal(opcodeOf(bhs), OPCODE_TASK_MANAGEMENT_REQUEST);
  return decodeTaskManagementRequest(bhs);
}

test("status, sense data and residual come as the target gave them", async (t) => {
  const { device, session } = await startScript(t);
  const end = await session();
  const answer = device.execute({ cdb: new Uint8Array(6), dataOut: [SENSE], timeoutMs: 5000 });
  const command = await end.command();
  assert.equal(command.expectedDataTransferLength, SENSE.length);
  end.respond(command.itt, 2, SENSE, SENSE.length);
  assert.deepEqual(await answer, {
    kind: "answered",
    status: 2,
    sense: SENSE,
    dataInBytes: 0,
    residual: SENSE.length,
  });
});

test("Data-In is put together at its offsets, status in the last one counts", async (t) => {
  const { device, session } = await startScript(t);
  const end = await session();
  const request = read(10);
  const answer = device.execute(request);
  const { itt } = await end.command();
  end.dataIn(itt, 0, 0, Uint8Array.of(1, 2, 3));
  end.dataIn(itt, 1, 3, Uint8Array.of(4, 5, 6, 7), 0);
  const result = await answer;
  assert.equal(result.kind === "answered" && result.dataInBytes, 7);
  assert.deepEqual([...request.dataIn], [1, 2, 3, 4, 5, 6, 7, 0, 0, 0]);
});

test("a request that is not answered is aborted and silent; a late answer meets nobody", async (t) => {
  const { device, session, lost } = await startScript(t);
  const end = await session();
  const first = read(4, 20);
  const silent = device.execute(first);
  const { itt, cmdSN } = await end.command();
  const abort = await taskManagement(end);
  assert.equal(abort.function, FUNCTION_ABORT_TASK);
  assert.deepEqual([abort.referencedTaskTag, abort.refCmdSN], [itt, cmdSN]);
  end.taskManagementResponse(abort.itt, FUNCTION_COMPLETE);
  assert.deepEqual(await silent, { kind: "silent" });

  const next = read(4);
  const answer = device.execute(next);
  const second = await end.command();
  assert.notEqual(second.itt, itt);
  end.dataIn(itt, 0, 0, Uint8Array.of(9, 9, 9, 9));
  end.r2t(itt, 5, 0, 0, 4);
  end.respond(itt);
  end.dataIn(second.itt, 0, 0, Uint8Array.of(1, 2, 3, 4), 0);
  const result = await answer;
  assert.equal(result.kind === "answered" && result.dataInBytes, 4);
  assert.deepEqual([...next.dataIn], [1, 2, 3, 4]);
  assert.deepEqual([...first.dataIn], [0, 0, 0, 0]);
  assert.deepEqual(lost, []);
});

test("an answer that comes while the abort runs is the result", async (t) => {
  const { device, session } = await startScript(t);
  const end = await session();
  const answer = device.execute(SHORT);
  const { itt } = await end.command();
  const abort = await taskManagement(end);
  end.respond(itt, 0);
  end.taskManagementResponse(abort.itt, FUNCTION_TASK_DOES_NOT_EXIST);
  const result = await answer;
  assert.equal(result.kind === "answered" && result.status, 0);
});

test("no command goes out while an abort runs", async (t) => {
  const { device, session } = await startScript(t);
  const end = await session();
  const silent = device.execute(SHORT);
  await end.command();
  const abort = await taskManagement(end);
  const held = device.execute(TEST_UNIT_READY);
  end.send(encodeNopIn({ ...end.peek(), lun: 0, itt: RESERVED_TAG, ttt: 3, dataSegmentLength: 0 }));
  assert.equal(opcodeOf((await end.next()).bhs), OPCODE_NOP_OUT);
  end.taskManagementResponse(abort.itt, FUNCTION_COMPLETE);
  const command = await end.command();
  end.respond(command.itt);
  assert.equal((await silent).kind, "silent");
  assert.equal((await held).kind, "answered");
});

test("an abort that is refused is followed by a reset, which ends all requests", async (t) => {
  const { device, session, lost } = await startScript(t);
  const end = await session();
  const both = [device.execute(SHORT), device.execute(TEST_UNIT_READY)];
  await end.command();
  await end.command();
  const abort = await taskManagement(end);
  end.taskManagementResponse(abort.itt, FUNCTION_NOT_SUPPORTED);
  const reset = await taskManagement(end);
  assert.equal(reset.function, FUNCTION_LOGICAL_UNIT_RESET);
  end.taskManagementResponse(reset.itt, FUNCTION_COMPLETE);
  assert.deepEqual(await Promise.all(both), [{ kind: "silent" }, { kind: "silent" }]);
  assert.deepEqual(lost, []);
});

test("when neither abort nor reset is answered the connection is closed", async (t) => {
  const times = { abortTaskMs: 20, lunResetMs: 20 };
  const { device, session, lost } = await startScript(t, { times });
  const end = await session();
  const expired = device.execute(SHORT);
  const other = device.execute(TEST_UNIT_READY);
  await end.closed;
  assert.deepEqual(await expired, { kind: "silent" });
  assert.equal((await other).kind, "lost");
  assert.equal(lost.length, 1);
  assert.match(lost[0] ?? "", /LOGICAL UNIT RESET/);
});

test("a target's NOP-In is answered at once, also while a command is held", async (t) => {
  const { device, session } = await startScript(t);
  const end = await session();
  const answer = device.execute(TEST_UNIT_READY);
  const { itt } = await end.command();
  end.send(
    encodeNopIn({ ...end.peek(), lun: 0, itt: RESERVED_TAG, ttt: 77, dataSegmentLength: 0 }),
  );
  const nop = decodeNopOut((await end.next()).bhs);
  assert.deepEqual([nop.ttt, nop.itt, nop.immediate], [77, RESERVED_TAG, true]);
  end.respond(itt);
  assert.equal((await answer).kind, "answered");
});

test("a peer that says nothing more is lost, one that answers pings is not", async (t) => {
  const { device, session, lost } = await startScript(t, {
    times: { intervalMs: 20, answerMs: 500 },
  });
  const end = await session();
  const answer = device.execute(TEST_UNIT_READY);
  await end.command();
  const ping = decodeNopOut((await end.next()).bhs);
  end.send(
    encodeNopIn({
      ...end.numbers(),
      lun: 0,
      itt: ping.itt,
      ttt: RESERVED_TAG,
      dataSegmentLength: 0,
    }),
  );
  assert.equal(opcodeOf((await end.next()).bhs), OPCODE_NOP_OUT, "asked again after an answer");
  assert.deepEqual(lost, []);
  const result = await answer;
  assert.equal(result.kind, "lost");
  assert.match(lost[0] ?? "", /NOP-Out/);
});

test("a broken connection loses every request and is told once; connect opens a new session", async (t) => {
  const { device, session, lost } = await startScript(t);
  const first = await session();
  const both = [device.execute(TEST_UNIT_READY), device.execute(TEST_UNIT_READY)];
  await first.command();
  first.destroy();
  for (const result of await Promise.all(both)) {
    assert.equal(result.kind, "lost");
  }
  assert.equal(lost.length, 1);
  assert.equal((await device.execute(TEST_UNIT_READY)).kind, "lost");
  const second = await session();
  const answer = device.execute(TEST_UNIT_READY);
  second.respond((await second.command()).itt);
  assert.equal((await answer).kind, "answered");
});

test("commands wait for the window and go out in order", async (t) => {
  const { device, session } = await startScript(t, { window: 1 });
  const end = await session();
  const answers = [1, 2, 3].map((n) =>
    device.execute({ cdb: Uint8Array.of(n, 0, 0, 0, 0, 0), timeoutMs: 5000 }),
  );
  for (const n of [1, 2, 3]) {
    const command = await end.command();
    assert.equal(command.cdb[0], n);
    end.send(
      encodeNopIn({ ...noRoom(end), lun: 0, itt: RESERVED_TAG, ttt: n, dataSegmentLength: 0 }),
    );
    assert.equal(opcodeOf((await end.next()).bhs), OPCODE_NOP_OUT, "nothing while it is closed");
    end.respond(command.itt);
  }
  for (const result of await Promise.all(answers)) {
    assert.equal(result.kind, "answered");
  }
});

function noRoom(end: TargetEnd) {
  const numbers = end.peek();
  return { ...numbers, maxCmdSN: end.cmdSN };
}

test("a request that never left is silent without an abort", async (t) => {
  const { device, session, lost } = await startScript(t, { window: 0 });
  await session();
  assert.deepEqual(await device.execute(SHORT), { kind: "silent" });
  assert.deepEqual(lost, []);
});

test("more requests than the bound are refused, not queued", async (t) => {
  const { device, session } = await startScript(t, { window: 0 });
  await session();
  const accepted = Array.from({ length: 128 }, () => device.execute(TEST_UNIT_READY));
  assert.equal((await device.execute(TEST_UNIT_READY)).kind, "lost");
  await device.disconnect();
  assert.ok((await Promise.all(accepted)).every((result) => result.kind === "lost"));
});

test("disconnect logs out, loses what is outstanding and tells no listener", async (t) => {
  const { device, session, lost } = await startScript(t);
  const end = await session();
  const answer = device.execute(TEST_UNIT_READY);
  await end.command();
  await device.disconnect();
  assert.deepEqual(await answer, { kind: "lost", reason: "disconnected" });
  await end.closed;
  assert.deepEqual(lost, []);
});

test("a target that asks for a logout gets it after the outstanding command", async (t) => {
  const { device, session, lost } = await startScript(t);
  const end = await session();
  const answer = device.execute(TEST_UNIT_READY);
  const { itt } = await end.command();
  end.send(asyncMessage(end, 1));
  end.send(encodeNopIn({ ...end.peek(), lun: 0, itt: RESERVED_TAG, ttt: 1, dataSegmentLength: 0 }));
  await end.next();
  assert.equal((await device.execute(TEST_UNIT_READY)).kind, "lost");
  end.respond(itt);
  assert.equal((await answer).kind, "answered");
  await end.closed;
  assert.deepEqual(lost, ["the target asked for a logout"]);
});

for (const [asyncEvent, expected] of [
  [0, "answered"],
  [2, "the target drops the connection"],
  [3, "the target drops the session"],
  [4, "the target asked for a negotiation, a new login is one"],
  [248, "answered"],
] as const) {
  test(`asynchronous event ${asyncEvent}: ${expected}`, async (t) => {
    const { device, session, lost } = await startScript(t);
    const end = await session();
    end.send(asyncMessage(end, asyncEvent));
    if (expected !== "answered") {
      await end.closed;
      assert.deepEqual(lost, [expected]);
      assert.equal((await device.execute(TEST_UNIT_READY)).kind, "lost");
      return;
    }
    const answer = device.execute(TEST_UNIT_READY);
    end.respond((await end.command()).itt);
    assert.equal((await answer).kind, "answered");
    assert.deepEqual(lost, []);
  });
}

function asyncMessage(end: TargetEnd, asyncEvent: number): Uint8Array {
  const fields = { lun: 0, asyncVCode: 0, parameter1: 0, parameter2: 0, parameter3: 3 };
  return encodeAsyncMessage({ ...end.numbers(), ...fields, asyncEvent, dataSegmentLength: 0 });
}

function reject(end: TargetEnd, header: Uint8Array): void {
  const reason = REJECT_COMMAND_NOT_SUPPORTED;
  end.send(encodeReject({ ...end.numbers(), reason, dataSegmentLength: header.length }), header);
}

test("a rejected ping is survived, a rejected command ends the connection", async (t) => {
  const { device, session, lost } = await startScript(t, { times: { intervalMs: 20 } });
  const end = await session();
  const ping = await end.next();
  assert.equal(opcodeOf(ping.bhs), OPCODE_NOP_OUT);
  reject(end, ping.bhs);
  const answer = device.execute(TEST_UNIT_READY);
  let pdu = await end.next();
  while (opcodeOf(pdu.bhs) !== OPCODE_SCSI_COMMAND) {
    pdu = await end.next();
  }
  reject(end, pdu.bhs);
  assert.equal((await answer).kind, "lost");
  assert.match(lost[0] ?? "", /Reject/);
});

/** What a target does wrong; each must end the connection. */
const WRONG: readonly (readonly [string, (end: TargetEnd, itt: number) => void])[] = [
  ["Data-In with a wrong DataSN", (end, itt) => end.dataIn(itt, 1, 0, SENSE.subarray(0, 4))],
  ["Data-In with a gap", (end, itt) => end.dataIn(itt, 0, 2, SENSE.subarray(0, 2))],
  ["Data-In past the buffer", (end, itt) => end.dataIn(itt, 0, 0, SENSE)],
  ["Data-In for an unknown task", (end, itt) => end.dataIn(itt + 9, 0, 0, SENSE)],
  ["R2T for a read", (end, itt) => end.r2t(itt, 1, 0, 0, 4)],
  ["a response for an unknown task", (end, itt) => end.respond(itt + 9)],
  ["a task management response", (end, itt) => end.taskManagementResponse(itt, 0)],
  ["an unknown operation code", (end) => end.send(newBhs(0x3c, 0, 0))],
  ["a dropped connection", (end) => end.send(asyncMessage(end, 2))],
];

for (const [name, act] of WRONG) {
  test(`${name} ends the connection`, async (t) => {
    const { device, session, lost, log } = await startScript(t);
    const end = await session();
    const answer = device.execute(read(4));
    act(end, (await end.command()).itt);
    assert.equal((await answer).kind, "lost");
    await end.closed;
    assert.equal(lost.length, 1);
    assert.ok(log.some((line) => line.startsWith("warn") && line.includes("connection lost")));
  });
}
