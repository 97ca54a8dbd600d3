/**
 * CHAP towards a target: against host/target, against tgtd with its incoming and outgoing accounts, and
 * against targets that are not who they should be.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { Authentication, type ChapCredentials } from "../../host/initiator/authentication.ts";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { discoverTargets } from "../../host/initiator/discovery.ts";
import { probeTarget } from "../../host/initiator/probe.ts";
import { chapResponse, chooseAlgorithm, formatBinary, parseBinary } from "../../host/iscsi/chap.ts";
import type { ChapAccounts } from "../../host/target/authentication.ts";
import { startTgt, tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";
import { startRig } from "../target/rig.ts";
import { INITIATOR_NAME, type LoginScript, startScript } from "./scripted-target.ts";

const MS = 10_000;
const OWN = { name: "bridge", secret: Buffer.from("secret-of-bridge") };
const LIBRARY = { name: "library", secret: Buffer.from("secret-of-library") };
const OTHER = { name: "other", secret: Buffer.from("secret-of-others") };
const ONE_WAY: ChapCredentials = { own: OWN };
const MUTUAL: ChapCredentials = { own: OWN, target: LIBRARY };
const TUR = { cdb: new Uint8Array(6), timeoutMs: MS };

interface Attempt {
  readonly isConnected: boolean;
  readonly log: string;
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly targetName: string;
}

async function attempt(where: Where, chap: ChapCredentials | undefined, lun = 0): Promise<Attempt> {
  const log: string[] = [];
  const device = openIscsiDevice({
    ...where,
    lun,
    initiatorName: INITIATOR_NAME,
    isidQualifier: lun,
    chap,
    log: (level, message) => log.push(`${level} ${message}`),
  });
  const isConnected = await device.connect(MS);
  if (isConnected) {
    assert.equal((await device.execute(TUR)).kind, "answered");
  }
  await device.disconnect();
  assert.doesNotMatch(log.join("\n"), /secret/);
  return { isConnected, log: log.join("\n") };
}

async function whereOf(context: TestContext, chap: ChapAccounts | undefined): Promise<Where> {
  const rig = await startRig(context, { chap });
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  return { ...rig.target.address, targetName: "iqn.2026-11.com.example:test" };
}

const AS_SERVER: ChapAccounts = { initiators: [OWN] };
const AS_MUTUAL: ChapAccounts = { initiators: [OWN], target: LIBRARY };

for (const [name, accounts, chap, reason] of [
  ["one-way", AS_SERVER, ONE_WAY, undefined],
  ["one-way where mutual could be", AS_MUTUAL, ONE_WAY, undefined],
  ["mutual", AS_MUTUAL, MUTUAL, undefined],
  ["a wrong secret", { initiators: [{ ...OTHER, name: OWN.name }] }, ONE_WAY, /authentication/],
  ["a name that is not known", { initiators: [OTHER] }, ONE_WAY, /authentication/],
  ["no account", AS_SERVER, undefined, /authentication/],
  ["a target without accounts", undefined, ONE_WAY, /authentication|AuthMethod/],
  ["a target that cannot prove itself", AS_SERVER, MUTUAL, /authentication/],
  [
    "a target with another secret",
    { ...AS_MUTUAL, target: { ...OTHER, name: LIBRARY.name } },
    MUTUAL,
    /not the one that it should be: its CHAP response is wrong/,
  ],
  [
    "a target with another name",
    { ...AS_MUTUAL, target: { ...LIBRARY, name: "somebody" } },
    MUTUAL,
    /not the one that it should be: another CHAP name/,
  ],
] as const) {
  test(`CHAP to host/target: ${name}`, async (context) => {
    const { isConnected, log } = await attempt(await whereOf(context, accounts), chap);
    assert.equal(isConnected, reason === undefined, log);
    assert.match(log, reason ?? /logged in/);
  });
}

test("every algorithm can be chosen, the best is the first", () => {
  for (const number of ["8", "7", "6", "5"]) {
    const login = new Authentication(ONE_WAY);
    assert.deepEqual(login.begin(), { keys: [["AuthMethod", "CHAP"]], transit: false });
    assert.deepEqual(login.answer(new Map([["AuthMethod", "CHAP"]])), {
      keys: [["CHAP_A", "8,7,6,5"]],
      transit: false,
    });
    const challenge = Buffer.alloc(20, 9);
    const step = login.answer(challengeKeys(number, "200", formatBinary(challenge)));
    const algorithm = chooseAlgorithm(number);
    assert.ok("keys" in step && algorithm);
    const response = parseBinary(new Map(step.keys).get("CHAP_R") ?? "");
    const expected = chapResponse(algorithm, 200, OWN.secret, challenge);
    assert.deepEqual([...(response ?? [])], [...expected]);
    assert.ok(step.transit && login.done);
  }
});

function challengeKeys(algorithm: string, identifier: string, challenge: string) {
  return new Map([
    ["CHAP_A", algorithm],
    ["CHAP_I", identifier],
    ["CHAP_C", challenge],
  ]);
}

for (const [name, keys] of [
  ["an algorithm that is not known", challengeKeys("4", "1", "0x00")],
  ["an algorithm that was not offered", challengeKeys("8", "1", "0x00")],
  ["no challenge", challengeKeys("5", "1", "")],
  ["an identifier that is none", challengeKeys("5", "256", "0x00")],
  ["nothing", new Map<string, string>()],
] as const) {
  test(`a challenge with ${name} ends the login`, () => {
    const login = new Authentication({ ...ONE_WAY, algorithms: [7, 5] });
    assert.deepEqual(login.answer(new Map([["AuthMethod", "CHAP"]])), {
      keys: [["CHAP_A", "7,5"]],
      transit: false,
    });
    assert.ok("fault" in login.answer(keys));
    assert.ok(!login.done);
  });
}

test("nothing but a right proof makes a mutual login done, whatever the target says", () => {
  const key = fc.constantFrom("AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R");
  const value = fc.oneof(fc.constantFrom("CHAP", "None", "5", "7", "0x00", "library"), fc.string());
  const keys = fc.array(fc.tuple(key, value)).map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(fc.array(keys, { maxLength: 5 }), (texts) => {
      const login = new Authentication(MUTUAL);
      const steps = [new Map([["AuthMethod", "CHAP"]]), challengeKeys("5", "1", "0x01"), ...texts];
      for (const text of steps) {
        if ("fault" in login.answer(text)) {
          break;
        }
      }
      assert.ok(!login.done);
    }),
  );
});

test("a target that goes on without authentication is left", async (context) => {
  const login: LoginScript = () => ({
    keys: [["AuthMethod", "CHAP"]],
    fields: { transit: true, csg: 0, nsg: 1 },
  });
  const { device, log } = await startScript(context, { login, chap: ONE_WAY });
  assert.equal(await device.connect(MS), false);
  assert.match(log.join("\n"), /goes on before the authentication is done/);
});

/** tgtd's words for accounts. */
const TGT_ACCOUNT = ["--mode", "account", "--op"];
/** tgtd takes 7 (SHA-256) for SHA-1. */
const algorithms = [6, 5];

test("CHAP to tgtd, one-way and mutual", { skip: tgtMissing() }, async (context) => {
  const tgt = await startTgt();
  context.after(() => tgt.stop());
  const { host, port, targetName } = tgt;
  const where = { host, port, targetName };
  for (const { name, secret } of [OWN, LIBRARY]) {
    await tgt.admin([...TGT_ACCOUNT, "new", "--user", name, "--password", secret.toString()]);
  }
  await tgt.admin([...TGT_ACCOUNT, "bind", "--tid", "1", "--user", OWN.name]);
  const without = await attempt(where, undefined, 1);
  assert.equal(without.isConnected, false);
  assert.equal((await attempt(where, { own: OTHER, algorithms }, 1)).isConnected, false);
  const oneWay = await attempt(where, { ...ONE_WAY, algorithms }, 1);
  assert.ok(oneWay.isConnected, oneWay.log);
  assert.equal((await attempt(where, { ...MUTUAL, algorithms }, 1)).isConnected, false);
  await tgt.admin([...TGT_ACCOUNT, "bind", "--tid", "1", "--user", LIBRARY.name, "--outgoing"]);
  const mutual = await attempt(where, { ...MUTUAL, algorithms }, 1);
  assert.ok(mutual.isConnected, mutual.log);
  const other = { ...OTHER, name: LIBRARY.name };
  const impostor = await attempt(where, { own: OWN, target: other, algorithms }, 1);
  assert.equal(impostor.isConnected, false);
  assert.match(impostor.log, /not the one that it should be/);
  const asWhom = {
    ...where,
    initiatorName: INITIATOR_NAME,
    timeoutMs: MS,
    chap: { ...MUTUAL, algorithms },
  };
  const units = await probeTarget({ ...asWhom, isidQualifier: 9, log: () => undefined });
  assert.ok(!("reason" in units));
  assert.equal(units.length, 4);
});

test("a discovery session proves itself, too", async (context) => {
  const { host, port, targetName } = await whereOf(context, AS_MUTUAL);
  const asWhom = { host, port, initiatorName: INITIATOR_NAME, isid: "80554453aaaa", timeoutMs: MS };
  const found = await discoverTargets({ ...asWhom, chap: MUTUAL });
  assert.ok(!("reason" in found), JSON.stringify(found));
  assert.equal(found[0]?.targetName, targetName);
  assert.ok("reason" in (await discoverTargets(asWhom)));
});
