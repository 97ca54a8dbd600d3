/** Initiators that are slow, dead, many or greedy: bounded, said in the log, others served. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import { decodeScsiResponse } from "../../host/iscsi/scsi-response.ts";
import {
  COMMAND_WINDOW,
  CONNECTIONS_MAX,
  EARLY_DATA_BYTES_MAX,
  EARLY_SHARE_BYTES,
  LOG_LINES_PER_MINUTE,
  LOGINS_MAX,
  SESSIONS_OF_INITIATOR_MAX,
  WAITING_PDU_BYTES_MAX,
} from "../../host/target/limits.ts";
import { limitLog } from "../../host/target/log-limit.ts";
import { StallWatch } from "../../host/target/stall-watch.ts";
import { type Keys, NAMES, type RawClient, TARGET_NAME } from "./raw-client.ts";
import { pattern, type Rig, startRig } from "./rig.ts";

const FOREVER_MS = 60_000;
const TIMINGS = {
  loginMs: FOREVER_MS,
  idleMs: FOREVER_MS,
  answerMs: FOREVER_MS,
  stallMs: FOREVER_MS,
  logoutMs: 10,
};
const STALL_MS = 40;
const SCSI_RESPONSE = 0x21;
const TASK_SET_FULL = 0x28;
const FLOOD_WAVES = 10;
const FLOOD_AT_ONCE = 100;
const MIB = 1024 * 1024;
const NOTHING = new Uint8Array(0);
const LONG_BURSTS: Keys = [
  ["MaxBurstLength", String(MIB)],
  ["FirstBurstLength", String(MIB)],
];

function isidOf(number: number): string {
  return number.toString(16).padStart(12, "0");
}

function answerAll(rig: Rig): void {
  for (const unit of [rig.unit, rig.otherUnit]) {
    unit.onCommand = (task) => task.reply({ status: 0 });
  }
}

async function isServed(client: RawClient, lun = 0): Promise<boolean> {
  return (await client.outcome(client.command({ lun }))).status === 0;
}

function names(initiatorName: string): Keys {
  return [
    ["InitiatorName", initiatorName],
    ["TargetName", TARGET_NAME],
  ];
}

test("who connects and says nothing loses the place to one who logs in", async (context) => {
  const rig = await startRig(context, { timings: TIMINGS });
  answerAll(rig);
  const standing = await rig.session();
  const silent: RawClient[] = [];
  for (let count = 0; count < LOGINS_MAX; count += 1) {
    silent.push(await rig.connect());
  }
  const server = await rig.session([], isidOf(2));
  await silent[0]?.ended;
  assert.ok(await isServed(server));
  assert.ok(await isServed(standing));
  assert.equal(rig.target.load().connections, LOGINS_MAX + 1);
  assert.equal(rig.log.filter((line) => line.includes("its place is wanted")).length, 1);
});

test(`${CONNECTIONS_MAX} connections are served, one more is closed`, async (context) => {
  const rig = await startRig(context, { timings: TIMINGS });
  answerAll(rig);
  const clients: RawClient[] = [];
  for (let count = 0; count < CONNECTIONS_MAX; count += 1) {
    const client = await rig.connect();
    const initiator = `iqn.2026-11.com.example:${count % 2}`;
    await client.loginStep({ isid: isidOf(count) }, names(initiator));
    clients.push(client);
  }
  const refused = await rig.connect();
  await refused.ended;
  assert.deepEqual(rig.target.load(), {
    connections: CONNECTIONS_MAX,
    sessions: CONNECTIONS_MAX,
    tasks: 0,
    earlyBytes: 0,
  });
  const served = await Promise.all(clients.map((client, index) => isServed(client, index % 2)));
  assert.equal(served.filter(Boolean).length, CONNECTIONS_MAX);
  assert.match(rig.log.join("\n"), /connection refused: 256 are open/);
});

test("one initiator does not take all places: out of resources", async (context) => {
  const rig = await startRig(context, { timings: TIMINGS });
  answerAll(rig);
  for (let count = 0; count < SESSIONS_OF_INITIATOR_MAX; count += 1) {
    await rig.session([], isidOf(count));
  }
  const greedy = await rig.connect();
  const { status } = await greedy.loginStep({ isid: isidOf(999) }, NAMES);
  assert.equal(status, 0x0302);
  await greedy.ended;
  // A session that it has is reinstated as ever.
  assert.ok(await isServed(await rig.session([], isidOf(0))));
  const other = await rig.connect();
  await other.loginStep({}, names("iqn.2026-11.com.example:other"));
  assert.ok(await isServed(other));
});

test("data for commands that wait for a missing one is bounded, small writes go on", async (context) => {
  const rig = await startRig(context, { timings: TIMINGS });
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
  const rig = await startRig(context, { timings: TIMINGS });
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
  const rig = await startRig(context, { timings: TIMINGS });
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

/** One of a flood: a login that stays, the same once more, one that is refused or breaks off, only a connection. */
async function floodOnce(rig: Rig, number: number): Promise<void> {
  const client = await rig.connect();
  const kind = number % 8;
  const owner = kind === 5 ? number - 5 : number;
  const isHalf = kind === 2 || kind === 6;
  const keys: Keys = [
    ["InitiatorName", `iqn.2026-11.com.example:flood-${owner % 3}`],
    ["TargetName", kind === 1 ? "iqn.2026-11.com.example:no-such" : TARGET_NAME],
  ];
  if (kind === 3 || kind === 7) {
    return;
  }
  const isid = isidOf(owner);
  const step = client.loginStep(isHalf ? { isid, transit: false, nsg: 0 } : { isid }, keys);
  // Whose place is wanted is ended in the middle of it.
  await Promise.race([step.catch(() => undefined), client.ended]);
}

test("a flood of logins is bounded, its log too, and who has logged in does not notice", async (context) => {
  const rig = await startRig(context, { timings: TIMINGS });
  answerAll(rig);
  const standing = await rig.session();
  const beganMs = performance.now();
  let most = 0;
  for (let wave = 0; wave < FLOOD_WAVES; wave += 1) {
    const numbers = Array.from(
      { length: FLOOD_AT_ONCE },
      (_, index) => wave * FLOOD_AT_ONCE + index,
    );
    let isOver = false;
    const flood = Promise.all(numbers.map((number) => floodOnce(rig, number))).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      assert.ok(await isServed(standing));
      const { connections, sessions, tasks } = rig.target.load();
      assert.ok(connections <= CONNECTIONS_MAX && sessions <= connections && tasks === 0);
      most = Math.max(most, connections);
    }
    await flood;
  }
  assert.ok(most > 2 * LOGINS_MAX, `a flood of ${most}`);
  const minutes = 1 + Math.floor((performance.now() - beganMs) / 60_000);
  assert.ok(rig.log.length <= minutes * (LOG_LINES_PER_MINUTE + 1));
  for (const words of [/its place is wanted/, /session reinstated/, /login refused/]) {
    assert.match(rig.log.join("\n"), words);
  }
  assert.ok(await isServed(standing));
  assert.ok(await isServed(await rig.session([], isidOf(2))));
});

/** It lives: its own pings keep coming. */
function keepAlive({ socket }: RawClient): NodeJS.Timeout {
  const numbers = { immediate: true, itt: RESERVED_TAG, cmdSN: 2, expStatSN: 0 };
  const ping = encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 });
  return setInterval(() => socket.write(ping), STALL_MS / 8);
}

/** A session with `stallMs` short, and another one on the same logical unit. */
async function startStall(context: Parameters<typeof startRig>[0], keys: Keys = []) {
  const rig = await startRig(context, { timings: { ...TIMINGS, stallMs: STALL_MS } });
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
  const pings = keepAlive(stalled);
  await sent;
  clearInterval(pings);
  assert.match(rig.log.join("\n"), /initiator does not read/);
  const itt = other.command({});
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal((await other.outcome(itt)).status, 0);
});

test("a header that never ends harms nobody, and ends with its silence", async (context) => {
  const timings = { ...TIMINGS, idleMs: STALL_MS, answerMs: STALL_MS };
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
  const timings = { ...TIMINGS, idleMs: STALL_MS, answerMs: 5 * STALL_MS };
  const rig = await startRig(context, { timings });
  const gone = await rig.session([], isidOf(2));
  const other = await rig.session();
  const pings = keepAlive(other);
  gone.command({});
  const held = await rig.unit.task();
  const itt = other.command({});
  await gone.ended;
  (await rig.unit.task()).reply({ status: 0 });
  assert.equal((await other.outcome(itt)).status, 0);
  clearInterval(pings);
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.match(rig.log.join("\n"), /initiator does not answer/);
  assert.equal(rig.target.load().sessions, 1);
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

test("a flood of lines is counted, not written", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const log = limitLog(
    (_level, message) => lines.push(message),
    () => nowMs,
  );
  for (let count = 0; count < LOG_LINES_PER_MINUTE + 7; count += 1) {
    log("info", "again");
  }
  assert.equal(lines.length, LOG_LINES_PER_MINUTE);
  nowMs = 60_000;
  log("info", "next");
  assert.deepEqual(lines.slice(-2), ["7 more lines of the target were not written", "next"]);
});
