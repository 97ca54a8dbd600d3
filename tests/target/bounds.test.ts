/** Initiators that are slow, dead or greedy: bounded, said in the log, others served. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { decodeNopIn } from "../../host/iscsi/nop-in.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_NOP_IN, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { opcodeOf } from "../../host/iscsi/pdu.ts";
import { encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import { decodeScsiResponse } from "../../host/iscsi/scsi-response.ts";
import {
  COMMAND_WINDOW,
  EARLY_DATA_BYTES_MAX,
  EARLY_SHARE_BYTES,
  WAITING_PDU_BYTES_MAX,
} from "../../host/target/limits.ts";
import { StallWatch } from "../../host/target/stall-watch.ts";
import type { Keys, RawClient } from "./raw-client.ts";
import { answerAll, isidOf, isServed, pattern, startRig, TIMELESS } from "./rig.ts";

const STALL_MS = 40;
const SCSI_RESPONSE = 0x21;
const TASK_SET_FULL = 0x28;
const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);
const LONG_BURSTS: Keys = [
  ["MaxBurstLength", String(MIB)],
  ["FirstBurstLength", String(MIB)],
];

test("data for commands that wait for a missing one is bounded, small writes go on", async (context) => {
  const rig = await startRig(context, { timings: TIMELESS });
  answerAll(rig);
  const greedy: RawClient[] = [];
  for (let count = 0; count < 2 + EARLY_DATA_BYTES_MAX / MIB / COMMAND_WINDOW; count += 1) {
    const client = await rig.session(LONG_BURSTS, isidOf(count));
    // CmdSN 1 never comes.
    for (let cmdSN = 2; cmdSN <= COMMAND_WINDOW; cmdSN += 1) {
      const fields = { write: true, cmdSN, expectedDataTransferLength: MIB };
      client.command(fields, new Uint8Array(MIB));
    }
    await client.barrier();
    greedy.push(client);
    const { earlyBytes } = rig.target.load();
    assert.ok(earlyBytes <= EARLY_DATA_BYTES_MAX + greedy.length * (EARLY_SHARE_BYTES + MIB));
  }
  rig.unit.onCommand = undefined;
  const server = await rig.session([], isidOf(99));
  const data = pattern(EARLY_SHARE_BYTES / 8);
  const itt = server.command({ write: true, expectedDataTransferLength: data.length }, data);
  const task = await rig.unit.task();
  const into = new Uint8Array(data.length);
  await new Promise<void>((resolve) => {
    task.receive(into, resolve);
  });
  assert.deepEqual(into, data);
  task.reply({ status: 0 });
  assert.equal((await server.outcome(itt)).status, 0);
  // With the missing command the others get their turn: those whose data was not kept are refused.
  answerAll(rig);
  const last = greedy.at(-1);
  last?.command({ cmdSN: 1 });
  const statuses = new Map<number, number>();
  for (let count = 0; count < COMMAND_WINDOW; count += 1) {
    const pdu = await last?.expect(SCSI_RESPONSE);
    const status = decodeScsiResponse(pdu?.bhs ?? NOTHING).status;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  assert.equal(statuses.get(0), 1);
  assert.equal(statuses.get(TASK_SET_FULL), COMMAND_WINDOW - 1);
  for (const client of greedy) {
    client.close();
  }
  await rig.unit.until(
    () => rig.unit.events.filter((event) => event === "lost").length === greedy.length,
    "lost nexus",
  );
  assert.equal(rig.target.load().earlyBytes, 0);
});

test("a write that a unit has and whose data is not kept is taken back", async (context) => {
  const rig = await startRig(context, { timings: TIMELESS });
  const holders: RawClient[] = [];
  for (let held = 0; held < EARLY_DATA_BYTES_MAX; held += (COMMAND_WINDOW - 1) * MIB) {
    const client = await rig.session(LONG_BURSTS, isidOf(holders.length));
    for (let cmdSN = 2; cmdSN <= COMMAND_WINDOW; cmdSN += 1) {
      client.command({ write: true, cmdSN, expectedDataTransferLength: MIB }, new Uint8Array(MIB));
    }
    await client.barrier();
    holders.push(client);
  }
  const server = await rig.session(LONG_BURSTS, isidOf(99));
  const fields = { write: true, expectedDataTransferLength: MIB };
  const itt = server.command(fields, new Uint8Array(MIB));
  const next = server.command({ cdb: Uint8Array.of(7) });
  const task = await rig.unit.task();
  assert.equal((await server.outcome(itt)).status, TASK_SET_FULL);
  assert.deepEqual(rig.unit.aborted, [task]);
  task.receive(new Uint8Array(MIB), () => assert.fail("its data was thrown away"));
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal((await server.outcome(next)).status, 0);
});

test("pings and texts that wait for a missing command are bounded", async (context) => {
  const rig = await startRig(context, { timings: TIMELESS });
  answerAll(rig);
  const other = await rig.session();
  const client = await rig.session([], isidOf(2));
  const data = new Uint8Array(WAITING_PDU_BYTES_MAX / 4);
  for (let cmdSN = 2; cmdSN <= 6; cmdSN += 1) {
    const numbers = { immediate: false, itt: cmdSN, cmdSN, expStatSN: 0 };
    const lengths = { lun: 0, ttt: RESERVED_TAG, dataSegmentLength: data.length };
    client.send(encodeNopOut({ ...numbers, ...lengths }), data);
  }
  await client.ended;
  assert.match(rig.log.join("\n"), /bytes wait for a command that is missing/);
  assert.ok(await isServed(other));
});

/** It lives: its own pings keep coming. */
function keepAlive(context: TestContext, { socket }: RawClient): void {
  const numbers = { immediate: true, itt: RESERVED_TAG, cmdSN: 2, expStatSN: 0 };
  const ping = encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 });
  const pings = setInterval(() => socket.write(ping), STALL_MS / 8);
  context.after(() => clearInterval(pings));
}

/** The next status, whatever pings come before it. */
async function statusOf(client: RawClient): Promise<number> {
  let pdu = await client.next();
  while (opcodeOf(pdu.bhs) === OPCODE_NOP_IN) {
    pdu = await client.next();
  }
  return decodeScsiResponse(pdu.bhs).status;
}

/** A session with `stallMs` short, and another one on the same logical unit. */
async function startStall(context: TestContext, keys: Keys = []) {
  const rig = await startRig(context, { timings: { ...TIMELESS, stallMs: STALL_MS } });
  const stalled = await rig.session(keys);
  const other = await rig.session([], isidOf(2));
  return { rig, stalled, other };
}

test("an R2T that is not answered ends the connection, the unit goes on", async (context) => {
  const { rig, stalled, other } = await startStall(context, [["ImmediateData", "No"]]);
  stalled.command({ write: true, expectedDataTransferLength: 1000 });
  const task = await rig.unit.task();
  task.receive(new Uint8Array(1000), () => assert.fail("no data came"));
  other.command({});
  await stalled.ended;
  assert.match(rig.log.join("\n"), /data of a write does not come/);
  assert.deepEqual(rig.unit.aborted, [task]);
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal(decodeScsiResponse((await other.expect(SCSI_RESPONSE)).bhs).status, 0);
});

test("a command whose data comes byte by byte does not hold the unit for ever", async (context) => {
  const { rig, stalled, other } = await startStall(context);
  const fields = { immediate: false, final: true, read: false, write: true, attribute: 1 };
  const numbers = { lun: 0, itt: 1, cmdSN: 1, expStatSN: 0 };
  const lengths = { expectedDataTransferLength: 4096, dataSegmentLength: 4096 };
  const bhs = encodeScsiCommand({ ...fields, ...numbers, ...lengths, cdb: NOTHING });
  stalled.socket.write(bhs);
  const dribble = setInterval(() => stalled.socket.write(Uint8Array.of(1)), STALL_MS / 8);
  const task = await rig.unit.task();
  task.receive(new Uint8Array(4096), () => assert.fail("it is not whole"));
  await stalled.ended;
  clearInterval(dribble);
  assert.match(rig.log.join("\n"), /data of a write does not come/);
  const itt = other.command({});
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal((await other.outcome(itt)).status, 0);
});

test("who does not read is ended, and what it held is given back", async (context) => {
  const { rig, stalled, other } = await startStall(context);
  stalled.socket.pause();
  const dataIn = new Uint8Array(16 * MIB);
  stalled.command({ read: true, expectedDataTransferLength: dataIn.length });
  const task = await rig.unit.task();
  const sent = new Promise<void>((resolve) => {
    task.reply({ status: 0, dataIn, sent: resolve });
  });
  keepAlive(context, stalled);
  await sent;
  assert.match(rig.log.join("\n"), /initiator does not read/);
  const itt = other.command({});
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal((await other.outcome(itt)).status, 0);
});

test("a header that never ends harms nobody, and ends with its silence", async (context) => {
  const timings = { ...TIMELESS, idleMs: STALL_MS, answerMs: STALL_MS };
  const rig = await startRig(context, { timings });
  answerAll(rig);
  const client = await rig.session([], isidOf(2));
  client.socket.write(new Uint8Array(47));
  client.socket.resume();
  await once(client.socket, "close");
  assert.match(rig.log.join("\n"), /initiator does not answer/);
  assert.ok(await isServed(await rig.session()));
});

test("who is gone without a word is ended, and the unit goes on with the next one", async (context) => {
  const timings = { ...TIMELESS, idleMs: STALL_MS, answerMs: 5 * STALL_MS };
  const rig = await startRig(context, { timings });
  const gone = await rig.session([], isidOf(2));
  const other = await rig.session();
  keepAlive(context, other);
  gone.command({});
  const held = await rig.unit.task();
  other.command({});
  await gone.ended;
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal(await statusOf(other), 0);
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.match(rig.log.join("\n"), /initiator does not answer/);
  assert.equal(rig.target.load().sessions, 1);
});

test("a target that was stopped itself takes nobody for dead: what came meanwhile is read first", async (context) => {
  const timings = { ...TIMELESS, idleMs: STALL_MS, answerMs: 5 * STALL_MS };
  const rig = await startRig(context, { timings });
  answerAll(rig);
  const client = await rig.session();
  const { ttt } = decodeNopIn((await client.expect(OPCODE_NOP_IN)).bhs);
  const numbers = { immediate: true, itt: RESERVED_TAG, cmdSN: client.cmdSN, expStatSN: 0 };
  client.send(encodeNopOut({ ...numbers, lun: 0, ttt, dataSegmentLength: 0 }));
  // Nothing runs in this process, for longer than any of its limits.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10 * STALL_MS);
  client.command({});
  assert.equal(await statusOf(client), 0);
});

test("stalled is what is the same at two looks, and waits", () => {
  const idle = { pendingBytes: 0, takenBytes: 5, dueSequence: undefined };
  const due = { ...idle, dueSequence: "1/0" };
  const full = { ...due, pendingBytes: 7 };
  const looks = (...all: (typeof idle | typeof due)[]) => {
    const watch = new StallWatch();
    return all.map((look) => watch.look(look)).at(-1);
  };
  assert.equal(looks(idle, idle, idle), undefined);
  assert.equal(looks(due), undefined);
  assert.equal(looks(due, { ...due, dueSequence: "1/1" }), undefined);
  assert.equal(looks(due, idle, due), undefined);
  assert.equal(looks(due, due), "data of a write does not come");
  assert.equal(looks(full, { ...full, takenBytes: 6 }), undefined, "it reads, if slowly");
  assert.equal(looks(full, full), "initiator does not read");
  assert.equal(looks(full, due), "data of a write does not come");
});
