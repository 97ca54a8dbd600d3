/** Initiators that are many: bounded, said in the log, others served. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONNECTIONS_MAX,
  LOG_LINES_PER_MINUTE,
  LOGINS_MAX,
  SESSIONS_OF_INITIATOR_MAX,
} from "../../host/target/limits.ts";
import { limitLog } from "../../host/target/log-limit.ts";
import { type Keys, NAMES, type RawClient, TARGET_NAME } from "./raw-client.ts";
import { answerAll, isidOf, isServed, type Rig, startRig, TIMELESS } from "./rig.ts";

const FLOOD_WAVES = 10;
const FLOOD_AT_ONCE = 100;
function names(initiatorName: string): Keys {
  return [
    ["InitiatorName", initiatorName],
    ["TargetName", TARGET_NAME],
  ];
}

test("who connects and says nothing loses the place to one who logs in", async (context) => {
  const rig = await startRig(context, { timings: TIMELESS });
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
  const rig = await startRig(context, { timings: TIMELESS });
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
  const rig = await startRig(context, { timings: TIMELESS });
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

/** One of a flood: a login that stays, the same once more, one that is refused or breaks off, only a connection. */
async function floodOnce(rig: Rig, number: number): Promise<RawClient> {
  const client = await rig.connect();
  const kind = number % 8;
  const owner = kind === 5 ? number - 5 : number;
  const isHalf = kind === 2 || kind === 6;
  const keys: Keys = [
    ["InitiatorName", `iqn.2026-11.com.example:flood-${owner % 3}`],
    ["TargetName", kind === 1 ? "iqn.2026-11.com.example:no-such" : TARGET_NAME],
  ];
  if (kind === 3 || kind === 7) {
    return client;
  }
  const isid = isidOf(owner);
  const step = client.loginStep(isHalf ? { isid, transit: false, nsg: 0 } : { isid }, keys);
  // Whose place is wanted is ended in the middle of it.
  await Promise.race([step.catch(() => undefined), client.ended]);
  return client;
}

test("a flood of logins is bounded, its log too, and who has logged in does not notice", async (context) => {
  const rig = await startRig(context, { timings: TIMELESS });
  answerAll(rig);
  const standing = await rig.session();
  const beganMs = performance.now();
  const clients: RawClient[] = [];
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
    clients.push(...(await flood));
  }
  assert.ok(most > 2 * LOGINS_MAX, `a flood of ${most}`);
  const minutes = 1 + Math.floor((performance.now() - beganMs) / 60_000);
  assert.ok(rig.log.length <= minutes * (LOG_LINES_PER_MINUTE + 1));
  for (const words of [/its place is wanted/, /session reinstated/, /login refused/]) {
    assert.match(rig.log.join("\n"), words);
  }
  assert.ok(await isServed(standing));
  assert.ok(await isServed(await rig.session([], isidOf(2))));
  for (const client of clients) {
    client.close();
  }
  await rig.unit.until(() => rig.target.load().sessions === 2, "end of the flood");
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
