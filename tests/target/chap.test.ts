/** Logins by CHAP, key by key: right ones, and every way of not being who one says. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { chapResponse, chooseAlgorithm, formatBinary, parseBinary } from "../../host/iscsi/chap.ts";
import { RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { formatTextKeys } from "../../host/iscsi/text-key.ts";
import { encodeTextRequest } from "../../host/iscsi/text-request.ts";
import { Authentication, type ChapAccounts } from "../../host/target/authentication.ts";
import { INITIATOR_NAME, type Keys, NAMES, type RawClient } from "./raw-client.ts";
import { startRig } from "./rig.ts";

const USER = { name: "backup", secret: Buffer.from("secret of backup") };
const OTHER = { name: "other", secret: Buffer.from("secret of other") };
const TARGET = { name: "bridge", secret: Buffer.from("secret of bridge") };
const ONE_WAY: ChapAccounts = { initiators: [OTHER, USER] };
const MUTUAL: ChapAccounts = { ...ONE_WAY, target: TARGET };
const SECURITY = { csg: 0, nsg: 1 };
const AUTHENTICATION_FAILURE = 0x0201;
const DISCOVERY: Keys = [
  ["InitiatorName", INITIATOR_NAME],
  ["SessionType", "Discovery"],
];

async function start(context: TestContext, chap: ChapAccounts) {
  const rig = await startRig(context, { chap });
  return { rig, client: await rig.connect() };
}

/** Up to the target's challenge. */
async function challengeOf(client: RawClient, names = NAMES, algorithms = "5") {
  const method = await client.loginStep(SECURITY, [...names, ["AuthMethod", "CHAP,None"]]);
  assert.deepEqual([method.status, method.transit, method.csg], [0, false, 0]);
  assert.equal(method.keys.get("AuthMethod"), "CHAP");
  const { keys, transit } = await client.loginStep({ ...SECURITY, transit: false }, [
    ["CHAP_A", algorithms],
  ]);
  assert.equal(transit, false);
  const algorithm = chooseAlgorithm(keys.get("CHAP_A") ?? "");
  const challenge = parseBinary(keys.get("CHAP_C") ?? "");
  assert.ok(algorithm && challenge);
  return { algorithm, challenge, identifier: Number(keys.get("CHAP_I")) };
}

type Challenge = Awaited<ReturnType<typeof challengeOf>>;

function proofOf({ algorithm, identifier, challenge }: Challenge, { name, secret } = USER): Keys {
  const response = chapResponse(algorithm, identifier, secret, challenge);
  return [
    ["CHAP_N", name],
    ["CHAP_R", formatBinary(response)],
  ];
}

for (const [algorithms, number, bytes] of [
  ["5", 5, 16],
  ["8,7,6,5", 8, 32],
  ["99,6,5", 6, 20],
  ["7", 7, 32],
] as const) {
  test(`one-way, CHAP_A=${algorithms}`, async (context) => {
    const { rig, client } = await start(context, ONE_WAY);
    const challenge = await challengeOf(client, NAMES, algorithms);
    assert.deepEqual([challenge.algorithm.number, challenge.challenge.length], [number, bytes]);
    const proven = await client.loginStep(SECURITY, proofOf(challenge));
    assert.deepEqual([proven.status, proven.transit, proven.nsg], [0, true, 1]);
    assert.deepEqual([...proven.keys], []);
    const last = await client.loginStep({ csg: 1, nsg: 3 }, []);
    assert.deepEqual([last.status, last.transit], [0, true]);
    await client.barrier();
    assert.match(rig.log.join("\n"), /session 1 begins, CHAP name "backup"/);
    assert.doesNotMatch(rig.log.join("\n"), /secret/);
  });
}

test("mutual: the target proves itself after the initiator did", async (context) => {
  const { client } = await start(context, MUTUAL);
  const challenge = await challengeOf(client);
  const own = { ...challenge, identifier: 255, challenge: Buffer.alloc(24, 7) };
  const proven = await client.loginStep({ csg: 0, nsg: 3 }, [
    ...proofOf(challenge),
    ["CHAP_I", "0xff"],
    ["CHAP_C", `0b${own.challenge.toString("base64")}`],
  ]);
  assert.deepEqual([proven.status, proven.transit, proven.nsg], [0, true, 3]);
  assert.deepEqual([...proven.keys], proofOf(own, TARGET));
  await client.barrier();
});

test("with an account of its own the target does not insist on proving it", async (context) => {
  const { client } = await start(context, MUTUAL);
  const proven = await client.loginStep({ csg: 0, nsg: 3 }, proofOf(await challengeOf(client)));
  assert.deepEqual([proven.status, proven.transit], [0, true]);
});

test("a discovery session authenticates too", async (context) => {
  const { rig, client } = await start(context, ONE_WAY);
  const challenge = await challengeOf(client, DISCOVERY);
  await client.loginStep({ csg: 0, nsg: 3 }, proofOf(challenge));
  const numbers = { immediate: true, itt: 1, cmdSN: client.cmdSN, expStatSN: 0 };
  const data = formatTextKeys([["SendTargets", "All"]]);
  const fields = {
    final: true,
    continue: false,
    ttt: RESERVED_TAG,
    dataSegmentLength: data.length,
  };
  client.send(encodeTextRequest({ ...numbers, ...fields }), data);
  assert.match(Buffer.from((await client.expect(0x24)).data).toString(), /TargetName=/);
  const stranger = await rig.connect();
  const refused = await stranger.loginStep({ csg: 1, nsg: 3 }, DISCOVERY);
  assert.equal(refused.status, AUTHENTICATION_FAILURE);
});

/** What is said instead of the proof. */
const WRONG: readonly (readonly [string, (challenge: Challenge) => Keys, RegExp])[] = [
  ["a wrong secret", (its) => proofOf(its, { ...USER, secret: TARGET.secret }), /wrong response/],
  ["another's secret", (its) => proofOf(its, { ...USER, secret: OTHER.secret }), /wrong response/],
  ["an unknown name", (its) => proofOf(its, { ...USER, name: "nobody" }), /unknown name "nobody"/],
  [
    "an unknown name that takes the challenge for its secret",
    (its) => proofOf(its, { name: "nobody", secret: Buffer.from(its.challenge) }),
    /unknown name/,
  ],
  [
    "an identifier that is not the target's",
    (its) => proofOf({ ...its, identifier: its.identifier ^ 1 }),
    /wrong/,
  ],
  [
    "an empty response",
    () => [
      ["CHAP_N", USER.name],
      ["CHAP_R", "0x"],
    ],
    /no CHAP response/,
  ],
  [
    "a response that is cut",
    (its) => proofOf(its).map(([key, value]) => [key, value.slice(0, 32)]),
    /CHAP/,
  ],
  ["no name", (its) => proofOf(its).slice(1), /no CHAP response/],
  ["another algorithm", () => [["CHAP_A", "7"]], /no CHAP response/],
  ["the method again", () => [["AuthMethod", "None"]], /out of order/],
  [
    "half of a challenge",
    (its) => [...proofOf(its), ["CHAP_I", "1"]],
    /no CHAP challenge of the initiator/,
  ],
  [
    "an identifier above 255",
    (its) => [...proofOf(its), ["CHAP_I", "256"], ["CHAP_C", "0x00"]],
    /no CHAP challenge of the initiator/,
  ],
  [
    "the target's challenge sent back to it",
    (its) => [...proofOf(its), ["CHAP_I", "1"], ["CHAP_C", formatBinary(its.challenge)]],
    /came back/,
  ],
];

for (const [name, keys, reason] of WRONG) {
  test(`${name}: authentication failure, no session`, async (context) => {
    const { rig, client } = await start(context, MUTUAL);
    const refused = await client.loginStep(SECURITY, keys(await challengeOf(client)));
    assert.deepEqual([refused.status, refused.transit], [AUTHENTICATION_FAILURE, false]);
    assert.deepEqual([...refused.keys], []);
    await client.ended;
    assert.match(rig.log.join("\n"), reason);
    assert.deepEqual(rig.unit.events, []);
  });
}

test("mutual authentication without an account of the target's is refused", async (context) => {
  const { client } = await start(context, ONE_WAY);
  const proof = proofOf(await challengeOf(client));
  const refused = await client.loginStep(SECURITY, [...proof, ["CHAP_I", "1"], ["CHAP_C", "0x00"]]);
  assert.equal(refused.status, AUTHENTICATION_FAILURE);
});

for (const [name, fields, keys] of [
  ["without the security stage", { csg: 1, nsg: 3 }, []],
  ["without a method", SECURITY, []],
  ["without a method, past the operational stage", { csg: 0, nsg: 3 }, []],
  ["with None only", SECURITY, [["AuthMethod", "None"]]],
  ["with methods that are not there", SECURITY, [["AuthMethod", "KRB5,SRP"]]],
  ["with an answer before the question", SECURITY, [["CHAP_N", "backup"]]],
  [
    "with everything at once",
    SECURITY,
    [
      ["AuthMethod", "CHAP"],
      ["CHAP_A", "5"],
    ],
  ],
] as const satisfies readonly (readonly [string, object, Keys])[]) {
  test(`nobody gets in ${name}`, async (context) => {
    const { rig, client } = await start(context, ONE_WAY);
    const refused = await client.loginStep(fields, [...NAMES, ...keys]);
    assert.equal(refused.status, AUTHENTICATION_FAILURE);
    await client.ended;
    assert.deepEqual(rig.unit.events, []);
  });
}

test("an initiator that wants to go on before it has proven anything stays", async (context) => {
  const { client } = await start(context, ONE_WAY);
  await challengeOf(client);
  for (const nsg of [1, 3]) {
    const { status, transit, tsih } = await client.loginStep({ csg: 0, nsg }, []);
    assert.deepEqual([status, transit, tsih], [0, false, 0]);
  }
  const skipped = await client.loginStep({ csg: 1, nsg: 3 }, []);
  assert.equal(skipped.status, 0x0200);
  await client.ended;
});

test("every login has a challenge of its own, and the answer to one is none to another", async (context) => {
  const { rig, client } = await start(context, ONE_WAY);
  const first = await challengeOf(client);
  const other = await rig.connect();
  const second = await challengeOf(other);
  assert.notDeepEqual(first.challenge, second.challenge);
  const replayed = await other.loginStep(SECURITY, proofOf(first));
  assert.equal(replayed.status, AUTHENTICATION_FAILURE);
});

test("a standing session is not touched by who cannot prove to be its owner", async (context) => {
  const { rig, client } = await start(context, ONE_WAY);
  await client.loginStep({ csg: 0, nsg: 3 }, proofOf(await challengeOf(client)));
  const thief = await rig.connect();
  const challenge = await challengeOf(thief);
  await thief.loginStep({ csg: 0, nsg: 3 }, proofOf(challenge, { ...USER, secret: OTHER.secret }));
  await thief.ended;
  await client.barrier();
  assert.deepEqual(rig.unit.events, ["established"]);
});

test("without accounts CHAP alone is refused, its keys are not understood", async (context) => {
  const rig = await startRig(context);
  const only = await rig.connect();
  const refused = await only.loginStep(SECURITY, [...NAMES, ["AuthMethod", "CHAP"]]);
  assert.equal(refused.status, AUTHENTICATION_FAILURE);
  const client = await rig.connect();
  const { keys } = await client.loginStep(SECURITY, [...NAMES, ["CHAP_A", "5"]]);
  assert.equal(keys.get("CHAP_A"), "NotUnderstood");
});

test("no sequence of keys is authenticated by chance", () => {
  const value = fc.oneof(
    fc.constantFrom("CHAP", "None", "5", "0", "backup", "0x00", `0x${"00".repeat(16)}`),
    fc.string({ maxLength: 40 }),
  );
  const keys = fc.dictionary(
    fc.constantFrom("AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R"),
    value,
  );
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 6 }), (requests) => {
      const authentication = new Authentication(MUTUAL);
      for (const request of requests) {
        if ("failure" in authentication.answer(new Map(Object.entries(request)))) {
          return;
        }
        assert.ok(!authentication.done);
      }
    }),
  );
});
