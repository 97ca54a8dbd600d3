/** Logins that go well, badly, or on for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Login } from "../../host/initiator/login.ts";
import { decodeLoginRequest } from "../../host/iscsi/login-request.ts";
import { isTextFault, parseTextKeys } from "../../host/iscsi/text-key.ts";
import {
  INITIATOR_NAME,
  type LoginScript,
  loginWith,
  startScript,
  TARGET_NAME,
} from "./scripted-target.ts";

const TERMS = { initiatorName: INITIATOR_NAME, targetName: TARGET_NAME, isid: "805544530007" };
const MS = 5000;

test("the first request names both ends, then the operational keys are offered", () => {
  const login = new Login(TERMS);
  const first = login.begin();
  assert.equal(first.kind, "send");
  if (first.kind === "send") {
    const pdu = decodeLoginRequest(first.bhs);
    assert.deepEqual([pdu.csg, pdu.nsg, pdu.transit, pdu.isid], [0, 1, true, TERMS.isid]);
    const keys = parseTextKeys(first.data);
    assert.ok(!isTextFault(keys));
    assert.equal(keys.get("InitiatorName"), INITIATOR_NAME);
    assert.equal(keys.get("TargetName"), TARGET_NAME);
    assert.equal(keys.get("SessionType"), "Normal");
    assert.equal(keys.get("AuthMethod"), "None");
  }
});

test("a text in pieces and a target that stays in its stage are followed", async (t) => {
  const text = Buffer.from("MaxRecvDataSegmentLength=4096\0ImmediateData=No\0InitialR2T=Yes\0");
  let operational = 0;
  const login: LoginScript = (request) => {
    if (request.csg === 0) {
      return { keys: [["AuthMethod", "None"]] };
    }
    operational += 1;
    switch (operational) {
      case 1:
        return { keys: text.subarray(0, 17), fields: { transit: false, continue: true } };
      case 2:
        assert.equal(request.transit, false);
        return { keys: text.subarray(17), fields: { transit: false } };
      default:
        return { keys: [] };
    }
  };
  const { device, session } = await startScript(t, { login });
  const end = await session();
  const data = new Uint8Array(5000);
  const answer = device.execute({ cdb: new Uint8Array(6), dataOut: [data], timeoutMs: MS });
  const command = await end.command();
  assert.equal(command.data.length, 0, "ImmediateData=No was understood");
  end.respond(command.itt);
  assert.equal((await answer).kind, "answered");
});

test("a key of the target's own gets an answer when there is one more request", async (t) => {
  let asked: Uint8Array | undefined;
  const login: LoginScript = (request) => {
    if (request.csg === 0) {
      return { keys: [["AuthMethod", "None"]] };
    }
    return asked === undefined
      ? { keys: [["X-com.example.Colour", "red"]], fields: { transit: false } }
      : { keys: [] };
  };
  const script = await startScript(t, {
    login: (request, end) => {
      const answer = login(request, end);
      asked = request.csg === 1 ? new Uint8Array(request.dataSegmentLength) : undefined;
      return answer;
    },
  });
  await script.session();
  assert.equal(asked?.length, "X-com.example.Colour=NotUnderstood\0".length);
});

/** Logins that must fail, and what is told. */
const FAILING: readonly (readonly [string, LoginScript, RegExp])[] = [
  ["an unknown target", () => ({ keys: [], fields: { status: 0x0203 } }), /0203h.*no target/],
  [
    "a target that moved",
    () => ({ keys: [["TargetAddress", "192.0.2.9:3260"]], fields: { status: 0x0101 } }),
    /0101h.*192\.0\.2\.9/,
  ],
  ["a status unknown to us", () => ({ keys: [], fields: { status: 0x02ff } }), /02ffh/],
  ["CHAP", () => ({ keys: [["AuthMethod", "CHAP"]] }), /AuthMethod=CHAP/],
  ["a stage that was skipped", () => ({ keys: [], fields: { nsg: 3 } }), /stage 3/],
  ["a stage of its own", () => ({ keys: [], fields: { csg: 1 } }), /stage 1/],
  ["a login without an end", () => ({ keys: [], fields: { transit: false } }), /no end/],
  ["text that never ends", () => ({ keys: [], fields: { continue: true } }), /no end/],
  ["text that is no keys", () => ({ keys: Uint8Array.of(1, 2, 3) }), /zero byte/],
  ["a value that was not offered", loginWith([["DataDigest", "CRC32C"]]), /DataDigest=CRC32C/],
  ["a burst above the offer", loginWith([["FirstBurstLength", "9999999"]]), /FirstBurstLength/],
];

for (const [name, login, reason] of FAILING) {
  test(`${name} fails the login with a reason`, async (t) => {
    const { device, log, lost, accept } = await startScript(t, { login });
    assert.equal(await device.connect(MS), false);
    await (await accept()).closed;
    assert.match(log.join("\n"), reason);
    assert.deepEqual(lost, [], "no standing connection broke");
    const result = await device.execute({ cdb: new Uint8Array(6), timeoutMs: MS });
    assert.equal(result.kind, "lost");
  });
}

test("a target that does not answer the login is given up in time", async (t) => {
  const { device, accept, log } = await startScript(t, { login: () => undefined });
  assert.equal(await device.connect(50), false);
  await (await accept()).closed;
  assert.match(log.join("\n"), /no login in/);
});

test("a target that breaks off during the login, and a port where nobody listens", async (t) => {
  const login: LoginScript = (_request, end) => {
    end.destroy();
    return undefined;
  };
  const { device, port, stop, log } = await startScript(t, { login });
  assert.equal(await device.connect(MS), false);
  await stop();
  assert.equal(await device.connect(MS), false);
  assert.match(log.at(-1) ?? "", new RegExp(`ECONNREFUSED.*${port}`));
});

test("no response makes the login throw or go on for ever", () => {
  const header = fc.uint8Array({ minLength: 48, maxLength: 48 });
  const pdus = fc.array(fc.tuple(header, fc.uint8Array({ maxLength: 64 })), { maxLength: 20 });
  fc.assert(
    fc.property(pdus, fc.boolean(), (all, likely) => {
      const login = new Login(TERMS);
      login.begin();
      for (const [bhs, data] of all) {
        if (likely) {
          bhs.set([0x23, bhs[1] ?? 0]);
          bhs.fill(0, 36, 38);
        }
        if (login.answer({ bhs, ahs: new Uint8Array(0), data }).kind !== "send") {
          return;
        }
      }
      assert.ok(all.length < 16);
    }),
  );
});
