/** A connection that its initiator opens anew within the session: RFC 3720, 5.3.1, 5.3.4 and 10.14. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Keys, NAMES, type RawClient, TARGET_NAME } from "./raw-client.ts";
import { type Rig, startRig } from "./rig.ts";

const NO_SUCH_SESSION = 0x020a;
const TOO_MANY_CONNECTIONS = 0x0206;

interface Stand {
  readonly rig: Rig;
  readonly old: RawClient;
  readonly tsih: number;
}

/** A session, and the handle that a login needs to go on with it. */
async function stand(context: TestContext, keys: Keys = []): Promise<Stand> {
  const rig = await startRig(context);
  const old = await rig.connect();
  const { tsih } = await old.loginStep({}, [...NAMES, ...keys]);
  return { rig, old, tsih };
}

test("the session goes on over the new connection, without the tasks of the old one", async (context) => {
  const { rig, old, tsih } = await stand(context);
  old.command({ cdb: Uint8Array.of(1) });
  const held = await rig.unit.task();
  old.command({ cdb: Uint8Array.of(2) });
  await old.barrier();
  const fresh = await rig.connect();
  fresh.cmdSN = old.cmdSN;
  const response = await fresh.loginStep({ tsih }, NAMES);
  assert.deepEqual([response.status, response.tsih, response.expCmdSN], [0, tsih, 3]);
  await old.ended;
  assert.deepEqual(rig.unit.aborted, [held]);
  assert.deepEqual(rig.unit.events, ["established", "tasks-ended"]);
  assert.equal(rig.unit.nexuses[1], rig.unit.nexuses[0]);
  assert.deepEqual(rig.otherUnit.events, ["established"]);
  fresh.command({ cdb: Uint8Array.of(3) });
  const task = await rig.unit.task();
  assert.deepEqual([task.cdb[0], task.nexus], [3, held.nexus]);
  const { sessions, tasks } = rig.target.load();
  assert.deepEqual([sessions, tasks], [1, 1]);
  fresh.close();
  await rig.unit.until(() => rig.unit.events.includes("lost"), "lost nexus");
});

test("a command that waited for one before it is forgotten; the gap is the initiator's to fill", async (context) => {
  const { rig, old, tsih } = await stand(context);
  old.command({ cmdSN: 2, cdb: Uint8Array.of(2) });
  await old.barrier();
  const fresh = await rig.connect();
  const { expCmdSN } = await fresh.loginStep({ tsih, cmdSN: 3 }, NAMES);
  assert.equal(expCmdSN, 1);
  assert.deepEqual(rig.unit.events, ["established"], "no unit had heard of it");
  for (const operation of [1, 2, 3]) {
    const itt = fresh.command({ cmdSN: operation, cdb: Uint8Array.of(operation) });
    const task = await rig.unit.task();
    assert.equal(task.cdb[0], operation);
    task.reply({ status: 0 });
    assert.equal((await fresh.outcome(itt)).status, 0);
  }
});

test("what was agreed for the session stays; digests and segments are the connection's", async (context) => {
  const { rig, tsih } = await stand(context, [
    ["ImmediateData", "No"],
    ["MaxBurstLength", "8192"],
    ["HeaderDigest", "CRC32C"],
  ]);
  const fresh = await rig.connect();
  const { keys } = await fresh.loginStep({ tsih }, [
    ...NAMES,
    ["ImmediateData", "Yes"],
    ["MaxBurstLength", "65536"],
    ["DataDigest", "CRC32C"],
  ]);
  assert.equal(keys.get("ImmediateData"), "No");
  assert.equal(keys.get("MaxBurstLength"), "8192");
  assert.equal(keys.get("DataDigest"), "CRC32C");
  fresh.useDigests({ header: false, data: true });
  await fresh.barrier();
});

const OTHER_NAME: Keys = [
  ["InitiatorName", "iqn.2026-11.com.example:another"],
  ["TargetName", TARGET_NAME],
];
for (const [name, fields, keys, status] of [
  ["another initiator", {}, OTHER_NAME, NO_SUCH_SESSION],
  ["another initiator port", { isid: "800000000009" }, NAMES, NO_SUCH_SESSION],
  ["another connection", { cid: 1 }, NAMES, TOO_MANY_CONNECTIONS],
] as const) {
  test(`${name} with the session's handle is refused, and the session undisturbed`, async (context) => {
    const { rig, old, tsih } = await stand(context);
    const client = await rig.connect();
    const response = await client.loginStep({ tsih, ...fields }, keys);
    assert.equal(response.status.toString(16), status.toString(16));
    await client.ended;
    rig.unit.onCommand = (task) => task.reply({ status: 0 });
    assert.equal((await old.outcome(old.command({}))).status, 0);
    assert.deepEqual(rig.unit.events, ["established"]);
  });
}
