/** The access list: who may log in, what is found, and what each initiator sees of the units. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { noSuchUnit } from "../../host/bridge/no-such-unit.ts";
import { chapResponse, chooseAlgorithm, formatBinary, parseBinary } from "../../host/iscsi/chap.ts";
import type { AccessList, VisibleLuns } from "../../host/target/unit-view.ts";
import { type Keys, NAMES, type RawClient, TARGET_NAME } from "./raw-client.ts";
import { manage, sendTargets } from "./requests.ts";
import { type Rig, startRig } from "./rig.ts";

const ALL = "iqn.2026-11.com.example:all";
const PART = "iqn.2026-11.com.example:part";
const OTHER = "iqn.2026-11.com.example:other";
const REPORT_LUNS = Uint8Array.of(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64);
const INQUIRY = Uint8Array.of(0x12, 0, 0, 0, 36);
const SECRET = Buffer.from("secret-of-backup");

const LIST: AccessList = new Map<string, VisibleLuns>([
  [ALL, "all"],
  [PART, [1]],
]);

function startListed(context: TestContext, list = LIST): Promise<Rig> {
  return startRig(context, { access: { list, unitBeside: noSuchUnit } });
}

function namesOf(initiatorName: string): Keys {
  return [
    ["InitiatorName", initiatorName],
    ["TargetName", TARGET_NAME],
  ];
}

async function enter(rig: Rig, initiatorName: string): Promise<RawClient> {
  const client = await rig.connect();
  assert.equal((await client.loginStep({}, namesOf(initiatorName))).status, 0);
  return client;
}

function proofOf(keys: ReadonlyMap<string, string>): Keys {
  const algorithm = chooseAlgorithm(keys.get("CHAP_A") ?? "");
  const challenge = parseBinary(keys.get("CHAP_C") ?? "");
  assert.ok(algorithm && challenge);
  const response = chapResponse(algorithm, Number(keys.get("CHAP_I")), SECRET, challenge);
  return [
    ["CHAP_N", "backup"],
    ["CHAP_R", formatBinary(response)],
  ];
}

async function read(client: RawClient, lun: number, cdb: Uint8Array) {
  return client.outcome(client.command({ lun, read: true, expectedDataTransferLength: 64, cdb }));
}

test("who is not in the list may not log in, and finds nothing", async (context) => {
  const rig = await startListed(context);
  const client = await rig.connect();
  assert.equal((await client.loginStep({}, namesOf(OTHER))).status, 0x0202);
  await client.ended;
  assert.match(rig.log.join("\n"), /other is not in the access list/);
  assert.deepEqual(rig.unit.events, []);
  const finder = await rig.connect();
  const discovery: Keys = [
    ["InitiatorName", OTHER],
    ["SessionType", "Discovery"],
  ];
  assert.equal((await finder.loginStep({}, discovery)).status, 0);
  assert.deepEqual(await sendTargets(finder, "All"), []);
  assert.deepEqual(await sendTargets(finder, TARGET_NAME), []);
});

test("who is in the list finds the target", async (context) => {
  const rig = await startListed(context);
  const finder = await rig.connect();
  await finder.loginStep({}, [
    ["InitiatorName", PART],
    ["SessionType", "Discovery"],
  ]);
  assert.equal((await sendTargets(finder, "All")).length, 2);
});

test("a name is compared byte for byte", async (context) => {
  const rig = await startListed(context);
  const client = await rig.connect();
  assert.equal((await client.loginStep({}, namesOf(PART.toUpperCase()))).status, 0x0202);
});

test("a unit that is not seen is as good as not there", async (context) => {
  const rig = await startListed(context);
  const client = await enter(rig, PART);
  const hidden = await read(client, 0, INQUIRY);
  assert.deepEqual([hidden.status, hidden.data[0]], [0, 0x7f]);
  const refused = await client.outcome(client.command({ lun: 0, cdb: Uint8Array.of(0) }));
  assert.deepEqual([refused.status, refused.sense[12]], [2, 0x25]);
  for (const lun of [0, 1, 5]) {
    const { data } = await read(client, lun, REPORT_LUNS);
    assert.equal(Buffer.from(data).toString("hex"), `0000000800000000${"0001000000000000"}`);
  }
  rig.otherUnit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await client.outcome(client.command({ lun: 1 }))).status, 0);
  assert.deepEqual(rig.unit.events, []);
  assert.equal(rig.unit.pendingCount, 0);
});

test("who sees all units gets their own list", async (context) => {
  const rig = await startListed(context);
  const client = await enter(rig, ALL);
  rig.unit.onCommand = (task) => task.reply({ status: 0, dataIn: Uint8Array.of(1, 2, 3) });
  assert.equal((await read(client, 0, REPORT_LUNS)).data.length, 3);
  assert.deepEqual(rig.unit.events, ["established"]);
});

test("management functions reach only what is seen", async (context) => {
  const rig = await startListed(context);
  const [all, part] = [await enter(rig, ALL), await enter(rig, PART)];
  all.command({ lun: 0 });
  const held = await rig.unit.task();
  for (const code of [2, 4, 5]) {
    assert.equal(await manage(part, code, { lun: 0 }), 2);
  }
  assert.equal(await manage(part, 1, { referencedTaskTag: 1, refCmdSN: 1 }), 1);
  assert.equal(await manage(part, 6, { lun: 0 }), 0);
  assert.equal(await manage(part, 7, { lun: 0 }), 6);
  assert.deepEqual(rig.unit.aborted, []);
  assert.deepEqual(rig.unit.events, ["established"]);
  assert.deepEqual(rig.otherUnit.events, ["established", "established", "target-reset"]);
  held.reply({ status: 0 });
  assert.equal((await all.outcome(1)).status, 0);
});

test("with CHAP, the list is asked only when the account is proven", async (context) => {
  const rig = await startRig(context, {
    chap: { initiators: [{ name: "backup", secret: SECRET }] },
    access: { list: LIST, unitBeside: noSuchUnit },
  });
  const client = await rig.connect();
  const stay = { csg: 0, nsg: 1, transit: false };
  const names: Keys = [...NAMES, ["AuthMethod", "CHAP"]];
  assert.equal((await client.loginStep(stay, names)).status, 0);
  const wrong = await rig.connect();
  assert.equal((await wrong.loginStep(stay, names)).status, 0);
  assert.equal((await wrong.loginStep(stay, [["CHAP_A", "5"]])).status, 0);
  const lie: Keys = [
    ["CHAP_N", "backup"],
    ["CHAP_R", `0x${"00".repeat(16)}`],
  ];
  assert.equal((await wrong.loginStep(stay, lie)).status, 0x0201);
  const challenge = await client.loginStep(stay, [["CHAP_A", "5"]]);
  assert.equal((await client.loginStep(stay, proofOf(challenge.keys))).status, 0x0202);
});
