/** How data goes out, for every way in which a target may want it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lengthOf, rangeOf } from "../../host/initiator/data-parts.ts";
import { decodeDataOut } from "../../host/iscsi/data-out.ts";
import { OPCODE_DATA_OUT, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { opcodeOf } from "../../host/iscsi/pdu.ts";
import { loginWith, startScript, type TargetEnd } from "./scripted-target.ts";

const SEGMENT_BYTES = 1000;
const FIRST_BURST_BYTES = 2500;
const BURST_BYTES = 4096;
const TOTAL_BYTES = 10_001;

const DATA = Uint8Array.from({ length: TOTAL_BYTES }, (_, index) => (index * 7) % 251);
const REQUEST = {
  cdb: Uint8Array.of(0x0a, 0, 0, TOTAL_BYTES >> 8, TOTAL_BYTES & 0xff, 0),
  dataOut: [DATA.subarray(0, 1), DATA.subarray(1, 4000), DATA.subarray(4000)],
  timeoutMs: 5000,
};

/** Collects one sequence of Data-Out PDUs and checks its headers. */
async function sequence(end: TargetEnd, itt: number, ttt: number, offset: number) {
  const pieces: Uint8Array[] = [];
  let at = offset;
  for (let dataSN = 0; ; dataSN += 1) {
    const { bhs, data } = await end.next();
    assert.equal(opcodeOf(bhs), OPCODE_DATA_OUT);
    const pdu = decodeDataOut(bhs);
    assert.deepEqual([pdu.itt, pdu.ttt, pdu.dataSN, pdu.bufferOffset], [itt, ttt, dataSN, at]);
    assert.ok(data.length <= SEGMENT_BYTES);
    pieces.push(data);
    at += data.length;
    if (pdu.final) {
      return Buffer.concat(pieces);
    }
  }
}

function keys(initialR2T: string, immediateData: string) {
  return loginWith([
    ["MaxRecvDataSegmentLength", String(SEGMENT_BYTES)],
    ["InitialR2T", initialR2T],
    ["ImmediateData", immediateData],
    ["FirstBurstLength", String(FIRST_BURST_BYTES)],
    ["MaxBurstLength", String(BURST_BYTES)],
    ["MaxOutstandingR2T", "2"],
  ]);
}

/** InitialR2T, ImmediateData, bytes with the command, bytes unasked in all. */
const COMBINATIONS = [
  ["Yes", "No", 0, 0],
  ["Yes", "Yes", SEGMENT_BYTES, SEGMENT_BYTES],
  ["No", "No", 0, FIRST_BURST_BYTES],
  ["No", "Yes", SEGMENT_BYTES, FIRST_BURST_BYTES],
] as const;

for (const [initialR2T, immediateData, immediateBytes, unaskedBytes] of COMBINATIONS) {
  test(`InitialR2T=${initialR2T} ImmediateData=${immediateData}`, async (t) => {
    const { device, session } = await startScript(t, { login: keys(initialR2T, immediateData) });
    const end = await session();
    const answer = device.execute(REQUEST);
    const command = await end.command();
    assert.equal(command.expectedDataTransferLength, TOTAL_BYTES);
    assert.equal(command.data.length, immediateBytes);
    assert.equal(command.final, unaskedBytes === immediateBytes);
    const parts: Uint8Array[] = [command.data];
    if (!command.final) {
      parts.push(await sequence(end, command.itt, RESERVED_TAG, immediateBytes));
    }
    // Two R2Ts at once, then the rest; the middle one asks for less than a burst.
    let offset = unaskedBytes;
    end.r2t(command.itt, 11, 0, offset, BURST_BYTES);
    end.r2t(command.itt, 12, 1, offset + BURST_BYTES, 5);
    parts.push(await sequence(end, command.itt, 11, offset));
    offset += BURST_BYTES;
    parts.push(await sequence(end, command.itt, 12, offset));
    offset += 5;
    for (let r2tSN = 2; offset < TOTAL_BYTES; r2tSN += 1) {
      const length = Math.min(BURST_BYTES, TOTAL_BYTES - offset);
      end.r2t(command.itt, 20 + r2tSN, r2tSN, offset, length);
      parts.push(await sequence(end, command.itt, 20 + r2tSN, offset));
      offset += length;
    }
    end.respond(command.itt);
    assert.equal((await answer).kind, "answered");
    assert.ok(Buffer.concat(parts).equals(DATA));
  });
}

test("a write within the first segment needs no Data-Out", async (t) => {
  const { device, session } = await startScript(t, { login: keys("No", "Yes") });
  const end = await session();
  const data = DATA.subarray(0, 301);
  const answer = device.execute({ cdb: REQUEST.cdb, dataOut: [data], timeoutMs: 5000 });
  const command = await end.command();
  assert.ok(command.final);
  assert.ok(Buffer.from(command.data).equals(data));
  end.respond(command.itt);
  await answer;
});

/** R2Ts that must end the connection: R2TSN, offset, length. */
const WRONG_R2TS = [
  [1, 0, 100],
  [0, 100, 100],
  [0, 0, 0],
  [0, 0, BURST_BYTES + 1],
] as const;

for (const [r2tSN, offset, length] of WRONG_R2TS) {
  test(`R2T ${r2tSN} for ${length} bytes at ${offset} ends the connection`, async (t) => {
    const { device, session } = await startScript(t, { login: keys("Yes", "No") });
    const end = await session();
    const answer = device.execute(REQUEST);
    const { itt } = await end.command();
    end.r2t(itt, 1, r2tSN, offset, length);
    assert.equal((await answer).kind, "lost");
    await end.closed;
  });
}

test("any range of any parts is the range of the whole", () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
  fc.assert(
    fc.property(parts, fc.nat(120), fc.nat(120), (pieces, a, b) => {
      const whole = Buffer.concat(pieces);
      assert.equal(lengthOf(pieces), whole.length);
      const offset = Math.min(a, whole.length);
      const length = Math.min(b, whole.length - offset);
      const range = Buffer.concat(rangeOf(pieces, offset, length));
      assert.ok(range.equals(whole.subarray(offset, offset + length)));
    }),
  );
});
