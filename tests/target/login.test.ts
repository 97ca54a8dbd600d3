import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeLoginResponse } from "../../host/iscsi/login-response.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_LOGIN_RESPONSE, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { formatTextKeys } from "../../host/iscsi/text-key.ts";
import { type Keys, NAMES, type RawClient, TARGET_NAME } from "./raw-client.ts";
import { sendTargets } from "./requests.ts";
import { startRig } from "./rig.ts";

test("discovery: SendTargets gives name and advertised address", async (context) => {
  const rig = await startRig(context, { advertise: { host: "10.0.2.2", port: 3260 } });
  const client = await rig.connect();
  const keys: Keys = [
    ["InitiatorName", "iqn.x:i"],
    ["SessionType", "Discovery"],
  ];
  const response = await client.loginStep({}, keys);
  assert.equal(response.status, 0);
  assert.notEqual(response.tsih, 0);
  assert.equal(response.keys.has("TargetPortalGroupTag"), false);
  const expected = [
    ["TargetName", TARGET_NAME],
    ["TargetAddress", "10.0.2.2:3260,1"],
  ];
  assert.deepEqual(await sendTargets(client, "All"), expected);
  assert.deepEqual(await sendTargets(client, TARGET_NAME), expected);
  assert.deepEqual(await sendTargets(client, "iqn.other"), []);
  // A discovery session has no commands.
  client.command({});
  await client.expect(0x3f);
  assert.deepEqual(rig.unit.events, []);
});

test("SendTargets in a normal session, empty value, own address", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  assert.deepEqual(await sendTargets(client, ""), [
    ["TargetName", TARGET_NAME],
    ["TargetAddress", `127.0.0.1:${rig.target.address.port},1`],
  ]);
});

test("security, then operational stage, then a session", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  const security = await client.loginStep({ csg: 0, nsg: 1 }, [
    ...NAMES,
    ["AuthMethod", "CHAP,None"],
  ]);
  assert.equal(security.status, 0);
  assert.deepEqual([security.transit, security.csg, security.nsg], [true, 0, 1]);
  assert.equal(security.tsih, 0);
  assert.deepEqual(
    [...security.keys],
    [
      ["AuthMethod", "None"],
      ["TargetPortalGroupTag", "1"],
    ],
  );
  const operational = await client.loginStep({ csg: 1, nsg: 3 }, [
    ["HeaderDigest", "CRC32C,None"],
    ["DataDigest", "None,CRC32C"],
    ["ErrorRecoveryLevel", "2"],
    ["InitialR2T", "No"],
    ["ImmediateData", "Yes"],
    ["MaxRecvDataSegmentLength", "262144"],
    ["MaxBurstLength", "16776192"],
    ["FirstBurstLength", "262144"],
    ["MaxConnections", "8"],
    ["MaxOutstandingR2T", "4"],
    ["IFMarker", "No"],
    ["X-com.example.Key", "1"],
    ["DefaultTime2Wait", "abc"],
  ]);
  assert.equal(operational.status, 0);
  assert.equal(operational.transit, true);
  assert.notEqual(operational.tsih, 0);
  assert.deepEqual(
    [...operational.keys],
    [
      ["HeaderDigest", "CRC32C"],
      ["DataDigest", "None"],
      ["ErrorRecoveryLevel", "0"],
      ["InitialR2T", "No"],
      ["ImmediateData", "Yes"],
      ["MaxBurstLength", "16776192"],
      ["FirstBurstLength", "262144"],
      ["MaxConnections", "1"],
      ["MaxOutstandingR2T", "4"],
      ["IFMarker", "No"],
      ["X-com.example.Key", "NotUnderstood"],
      ["DefaultTime2Wait", "Reject"],
      ["MaxRecvDataSegmentLength", "1048576"],
    ],
  );
  assert.deepEqual(rig.unit.events, ["established"]);
});

test("text over several requests with the C bit, cut inside of a key", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  const text = formatTextKeys([...NAMES, ["InitialR2T", "No"]]);
  const first = await client.loginStep(
    { transit: false, nsg: 0, continue: true },
    text.subarray(0, 20),
  );
  assert.deepEqual([first.status, first.transit, first.dataSegmentLength], [0, false, 0]);
  const second = await client.loginStep({}, text.subarray(20));
  assert.deepEqual([second.status, second.transit], [0, true]);
  assert.equal(second.keys.get("InitialR2T"), "No");
});

const REFUSED: readonly [string, Parameters<RawClient["loginStep"]>, number][] = [
  [
    "wrong target",
    [
      {},
      [
        ["InitiatorName", "i"],
        ["TargetName", "iqn.wrong"],
      ],
    ],
    0x0203,
  ],
  ["no initiator name", [{}, [["TargetName", TARGET_NAME]]], 0x0207],
  ["no target name", [{}, [["InitiatorName", "i"]]], 0x0207],
  [
    "unknown session type",
    [
      {},
      [
        ["InitiatorName", "i"],
        ["SessionType", "Odd"],
      ],
    ],
    0x0209,
  ],
  ["version too new", [{ versionMin: 1, versionMax: 1 }, NAMES], 0x0205],
  ["unknown session", [{ tsih: 99 }, NAMES], 0x020a],
  ["CHAP only", [{ csg: 0, nsg: 1 }, [...NAMES, ["AuthMethod", "CHAP"]]], 0x0201],
  ["stage 2", [{ csg: 2, nsg: 3 }, NAMES], 0x0200],
  ["transit backwards", [{ csg: 1, nsg: 0 }, NAMES], 0x0200],
  ["C and T together", [{ continue: true }, NAMES], 0x0200],
  ["key twice", [{}, [...NAMES, ["InitiatorName", "j"]]], 0x0200],
  ["a key of targets only", [{}, [...NAMES, ["TargetPortalGroupTag", "1"]]], 0x0200],
  ["a name too long", [{}, [["InitiatorName", "i".repeat(256)]]], 0x0200],
  ["text without zero byte", [{}, Buffer.from("InitiatorName=i")], 0x0200],
  ["text without =", [{}, Buffer.from("Initiator\0")], 0x0200],
];

for (const [name, [fields, keys], status] of REFUSED) {
  test(`refused login: ${name}`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.connect();
    const response = await client.loginStep(fields, keys);
    assert.equal(response.status.toString(16), status.toString(16));
    await client.ended;
    assert.deepEqual(rig.unit.events, []);
    assert.equal(rig.log.filter((line) => line.startsWith("warn")).length, 1);
  });
}

test("anything but a login at first ends the connection", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  const numbers = { immediate: true, itt: 1, cmdSN: 1, expStatSN: 0 };
  client.send(encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 }));
  await client.ended;
  assert.match(rig.log.join("\n"), /before the login/);
});

test("anything else in the middle of a login: status 020Bh", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  await client.loginStep({ transit: false, nsg: 0 }, NAMES);
  const numbers = { immediate: true, itt: 1, cmdSN: 1, expStatSN: 0 };
  client.send(encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 }));
  const response = decodeLoginResponse((await client.expect(OPCODE_LOGIN_RESPONSE)).bhs);
  assert.equal(response.status, 0x020b);
  await client.ended;
});

for (const change of [{ isid: "800000000009" }, { cid: 9 }]) {
  test(`${Object.keys(change)} does not change during a login`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.connect();
    await client.loginStep({ transit: false, nsg: 0 }, NAMES);
    assert.equal((await client.loginStep(change, [])).status, 0x0200);
    assert.deepEqual(rig.unit.events, []);
  });
}

test("a login that takes too long ends the connection", async (context) => {
  const timings = {
    loginMs: 20,
    idleMs: 10_000,
    answerMs: 10_000,
    stallMs: 60_000,
    logoutMs: 1000,
  };
  const rig = await startRig(context, { timings });
  const client = await rig.connect();
  await client.ended;
  assert.match(rig.log.join("\n"), /no login in time/);
});

test("too many login requests and too long a text are refused", async (context) => {
  const rig = await startRig(context);
  const many = await rig.connect();
  let status = 0;
  let count = 0;
  while (status === 0 && count < 100) {
    count += 1;
    ({ status } = await many.loginStep({ transit: false, nsg: 0 }, NAMES));
  }
  assert.deepEqual([status, count], [0x0200, 65]);
  const long = await rig.connect();
  const part = new Uint8Array(8192).fill(65);
  status = 0;
  count = 0;
  while (status === 0 && count < 100) {
    count += 1;
    ({ status } = await long.loginStep({ transit: false, nsg: 0, continue: true }, part));
  }
  assert.deepEqual([status, count], [0x0200, 9]);
});

for (const [key, value] of [
  ["InitiatorName", "iqn.2026-11.com.example:somebody-else"],
  ["SessionType", "Discovery"],
  ["TargetName", "iqn.2026-11.com.example:elsewhere"],
] as const) {
  test(`${key} does not change during a login`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.connect();
    const stay = { csg: 0, nsg: 1, transit: false };
    assert.equal((await client.loginStep(stay, NAMES)).status, 0);
    assert.equal((await client.loginStep(stay, NAMES)).status, 0);
    assert.equal((await client.loginStep(stay, [[key, value]])).status, 0x0200);
    await client.ended;
  });
}

test("a segment length that is none is rejected; the target's own comes later", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  const keys: Keys = [...NAMES, ["MaxRecvDataSegmentLength", "511"]];
  const first = await client.loginStep({ transit: false, nsg: 0 }, keys);
  assert.equal(first.keys.get("MaxRecvDataSegmentLength"), "Reject");
  const second = await client.loginStep({}, []);
  assert.equal(second.keys.get("MaxRecvDataSegmentLength"), "1048576");
});
