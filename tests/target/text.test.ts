import assert from "node:assert/strict";
import { test } from "node:test";
import { OPCODE_REJECT } from "../../host/iscsi/opcode.ts";
import { decodeReject } from "../../host/iscsi/reject.ts";
import { formatTextKeys, KEYS_MAX, parseTextKeys } from "../../host/iscsi/text-key.ts";
import { TARGET_PARAMETERS, TEXT_BYTES_MAX } from "../../host/target/limits.ts";
import type { Keys, RawClient } from "./raw-client.ts";
import { askText, sendTargets, sendText } from "./requests.ts";
import { startRig } from "./rig.ts";

const OPEN_TAG = 1;
const NOTHING = new Uint8Array(0);
const SHORT_SEGMENTS: Keys = [["MaxRecvDataSegmentLength", "512"]];
const PROTOCOL_ERROR = 4;
const INVALID_FIELD = 9;

/** As many keys as a text may have, none of them known: an answer of more than 512 bytes. */
const UNKNOWN: Keys = Array.from({ length: KEYS_MAX }, (_, index) => [
  `X-com.example.${index}`,
  "1",
]);

function keysOf(data: Uint8Array): ReadonlyMap<string, string> {
  const keys = parseTextKeys(data);
  assert.ok(keys instanceof Map);
  return keys;
}

/** Sends a text that has to be rejected; its number counts as not received. */
async function rejected(
  client: RawClient,
  text: Uint8Array,
  fields: Parameters<typeof sendText>[2] = {},
): Promise<number> {
  sendText(client, text, fields);
  const pdu = await client.expect(OPCODE_REJECT);
  const { reason, expCmdSN } = decodeReject(pdu.bhs);
  client.cmdSN -= 1;
  assert.equal(expCmdSN, client.cmdSN);
  return reason;
}

test("a new segment length counts from then on, for texts and for data", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const declared = await askText(client, formatTextKeys(SHORT_SEGMENTS));
  assert.deepEqual([declared.final, declared.data.length], [true, 0]);
  rig.unit.onCommand = (task) => task.reply({ status: 0, dataIn: new Uint8Array(1200) });
  const itt = client.command({ read: true, expectedDataTransferLength: 1200 });
  assert.equal((await client.outcome(itt)).dataInCount, 3);
});

test("what is fixed at the login is rejected, what nobody knows is not understood", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const { data } = await askText(
    client,
    formatTextKeys([
      ["MaxBurstLength", "4096"],
      ["MaxRecvDataSegmentLength", "1"],
      ["InitiatorAlias", "somebody"],
      ["X-com.example", "1"],
    ]),
  );
  assert.deepEqual(
    [...keysOf(data)],
    [
      ["MaxBurstLength", "Reject"],
      ["MaxRecvDataSegmentLength", "Reject"],
      ["X-com.example", "NotUnderstood"],
    ],
  );
});

test("SendTargets=All is for discovery sessions", async (context) => {
  const rig = await startRig(context);
  assert.deepEqual(await sendTargets(await rig.session(), "All"), [["SendTargets", "Reject"]]);
});

test("a long answer comes in pieces, asked for one after the other", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session(SHORT_SEGMENTS);
  let response = await askText(client, formatTextKeys(UNKNOWN));
  const pieces = [response.data];
  while (response.continue) {
    assert.deepEqual([response.final, response.ttt, response.data.length], [false, OPEN_TAG, 512]);
    response = await askText(client, NOTHING, { ttt: OPEN_TAG });
    pieces.push(response.data);
  }
  assert.equal(response.final, true);
  const keys = keysOf(Buffer.concat(pieces));
  assert.deepEqual(
    [...keys.keys()],
    UNKNOWN.map(([key]) => key),
  );
  assert.deepEqual(new Set(keys.values()), new Set(["NotUnderstood"]));
  assert.equal(pieces.length, Math.ceil(Buffer.concat(pieces).length / 512));
});

test("a text in pieces, cut inside of a key, over as many PDUs as it takes", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const text = formatTextKeys(UNKNOWN);
  for (let offset = 0; offset < text.length; offset += 100) {
    const isLast = offset + 100 >= text.length;
    const fields = { final: isLast, continue: !isLast, ...(offset > 0 && { ttt: OPEN_TAG }) };
    const response = await askText(client, text.subarray(offset, offset + 100), fields);
    assert.equal(response.final, isLast);
    assert.equal(keysOf(response.data).size, isLast ? KEYS_MAX : 0);
  }
});

test("an exchange that stays open is ended by the initiator, with F", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const open = await askText(client, formatTextKeys([["X-a", "1"]]), { final: false });
  assert.deepEqual([open.final, open.ttt], [false, OPEN_TAG]);
  const next = { final: false, ttt: OPEN_TAG };
  const second = await askText(client, formatTextKeys([["X-b", "1"]]), next);
  assert.deepEqual([second.final, [...keysOf(second.data).keys()]], [false, ["X-b"]]);
  assert.equal((await askText(client, NOTHING, { ttt: OPEN_TAG })).final, true);
  assert.equal(await rejected(client, NOTHING, { ttt: OPEN_TAG }), PROTOCOL_ERROR);
});

test("wrong sequences are rejected; the session and its numbers go on", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session(SHORT_SEGMENTS);
  assert.equal(await rejected(client, NOTHING, { ttt: 5 }), PROTOCOL_ERROR);
  assert.equal(await rejected(client, NOTHING, { continue: true }), PROTOCOL_ERROR);
  assert.equal(await rejected(client, Buffer.from("X-a")), INVALID_FIELD);
  assert.equal(await rejected(client, Buffer.from("TargetAlias=x\0")), PROTOCOL_ERROR);
  assert.equal(await rejected(client, NOTHING, { itt: 0xffffffff }), INVALID_FIELD);
  // Words of its own in the middle of the target's.
  await askText(client, formatTextKeys(UNKNOWN));
  const word = formatTextKeys([["X-a", "1"]]);
  assert.equal(await rejected(client, word, { ttt: OPEN_TAG }), PROTOCOL_ERROR);
  // A new exchange while the target waits for the rest of the old one.
  await askText(client, formatTextKeys(UNKNOWN));
  assert.deepEqual([...keysOf((await askText(client, word)).data).keys()], ["X-a"]);
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  assert.equal((await client.outcome(client.command({}))).status, 0);
});

test("a text without end is rejected, not collected", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const part = new Uint8Array(TARGET_PARAMETERS.maxRecvDataSegmentLengthOwn / 64).fill(65);
  const more = { final: false, continue: true };
  for (let sent = part.length; sent <= TEXT_BYTES_MAX; sent += part.length) {
    await askText(client, part, sent === part.length ? more : { ...more, ttt: OPEN_TAG });
  }
  assert.equal(await rejected(client, part, { ...more, ttt: OPEN_TAG }), INVALID_FIELD);
});
