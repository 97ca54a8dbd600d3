/** Digest errors at the initiator: the connection is lost, as by any failure of the transport. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { loginWith, startScript } from "./scripted-target.ts";

const MS = 5000;
const DATA_AT = 48 + 4;
const CRC32C = { headerDigest: "CRC32C", dataDigest: "CRC32C" };
const CDB = Uint8Array.of(8, 0, 0, 0, 8, 0);

function startDigestScript(t: TestContext) {
  return startScript(t, {
    digests: CRC32C,
    login: loginWith([
      ["HeaderDigest", "CRC32C"],
      ["DataDigest", "CRC32C"],
    ]),
  });
}

for (const [name, wrongAt, reason] of [
  ["header", 40, /header digest error/],
  ["data", DATA_AT + 3, /data digest error, operation code 25h/],
  ["padding", DATA_AT + 7, /data digest error/],
] as const) {
  test(`a wrong bit in the ${name} of a Data-In loses the connection`, async (t) => {
    const { device, lost, session, accept } = await startDigestScript(t);
    const end = await session();
    const dataIn = new Uint8Array(8);
    const result = device.execute({ cdb: CDB, dataIn, timeoutMs: MS });
    const command = await end.command();
    end.wrongAt = wrongAt;
    end.dataIn(command.itt, 0, 0, Buffer.from("1234567"), 0);
    const found = await result;
    assert.ok(found.kind === "lost");
    assert.match(found.reason, reason);
    assert.equal(lost.length, 1);
    await end.closed;
    assert.ok(await device.connect(MS), "and can be had again");
    const again = device.execute({ cdb: CDB, dataIn, timeoutMs: MS });
    const next = await accept();
    next.dataIn((await next.command()).itt, 0, 0, Buffer.from("1234567"), 0);
    assert.ok((await again).kind === "answered");
    assert.equal(Buffer.from(dataIn).toString("latin1"), "1234567\0");
  });
}

test("the data of a command has the digests that were agreed", async (t) => {
  const { device, session } = await startDigestScript(t);
  const end = await session();
  const parts = [Buffer.from("12"), Buffer.from("345")];
  const result = device.execute({ cdb: Uint8Array.of(10), dataOut: parts, timeoutMs: MS });
  const command = await end.command();
  assert.equal(Buffer.from(command.data).toString("latin1"), "12345");
  end.respond(command.itt);
  assert.equal((await result).kind, "answered");
});

test("a target that refuses what was insisted on gets no session", async (t) => {
  const { device, log } = await startScript(t, {
    login: loginWith([["HeaderDigest", "Reject"]]),
    digests: CRC32C,
  });
  assert.equal(await device.connect(MS), false);
  assert.match(log.join("\n"), /HeaderDigest=CRC32C was not agreed to/);
});
