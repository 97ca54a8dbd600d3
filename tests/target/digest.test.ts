/** Digest errors at the target: what RFC 7143 wants at error recovery level 0. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeDataOut } from "../../host/iscsi/data-out.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_R2T, OPCODE_REJECT, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { decodeR2t } from "../../host/iscsi/r2t.ts";
import { decodeReject } from "../../host/iscsi/reject.ts";
import { encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import type { RawClient } from "./raw-client.ts";
import { pattern, type Rig, receiveAll, startRig } from "./rig.ts";

const BOTH = { header: true, data: true };
const DATA_DIGEST_ERROR = 2;
const DATA_AT = 48 + 4;
const WRITE = Uint8Array.of(0x0a);

async function digestSession(rig: Rig): Promise<RawClient> {
  const client = await rig.session([
    ["HeaderDigest", "CRC32C"],
    ["DataDigest", "CRC32C,None"],
  ]);
  client.useDigests(BOTH);
  return client;
}

function writeCommand(client: RawClient, length: number, immediateBytes: number): Uint8Array {
  return encodeScsiCommand({
    immediate: false,
    final: true,
    read: false,
    write: true,
    attribute: 1,
    lun: 0,
    itt: 1,
    cmdSN: client.cmdSN,
    expStatSN: client.expStatSN,
    expectedDataTransferLength: length,
    cdb: WRITE,
    dataSegmentLength: immediateBytes,
  });
}

function sendWithWrongBit(client: RawClient, bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  client.socket.write(bytes);
}

async function expectDataDigestReject(client: RawClient, header: Uint8Array): Promise<void> {
  const pdu = await client.expect(OPCODE_REJECT);
  assert.equal(decodeReject(pdu.bhs).reason, DATA_DIGEST_ERROR);
  assert.deepEqual([...pdu.data], [...header], "the header that was refused");
  await client.ended;
}

test("a ping with odd data comes back with its digests", async (context) => {
  const rig = await startRig(context);
  const client = await digestSession(rig);
  const data = pattern(13);
  const numbers = { immediate: true, itt: 7, cmdSN: client.cmdSN, expStatSN: 0 };
  const bhs = encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 13 });
  client.send(bhs, data);
  assert.deepEqual([...(await client.expect(0x20)).data], [...data]);
  await client.barrier();
});

test("a header digest error ends the connection and aborts what waits", async (context) => {
  const rig = await startRig(context);
  const client = await digestSession(rig);
  client.command({});
  await rig.unit.task();
  const bytes = client.bytesOf(writeCommand(client, 512, 512), pattern(512));
  sendWithWrongBit(client, bytes, 20);
  await client.ended;
  assert.equal(rig.unit.aborted.length, 1);
  assert.equal(rig.unit.pendingCount, 0, "the command did not get through");
  assert.match(rig.log.join("\n"), /warn .*header digest error/);
});

test("a data digest error of immediate data: Reject, the write is never done", async (context) => {
  const rig = await startRig(context);
  const client = await digestSession(rig);
  let done = false;
  rig.unit.onCommand = (task) =>
    task.receive(new Uint8Array(512), () => {
      done = true;
    });
  const header = writeCommand(client, 512, 512);
  sendWithWrongBit(client, client.bytesOf(header, pattern(512)), DATA_AT + 100);
  await expectDataDigestReject(client, header);
  assert.equal(done, false);
  assert.equal(rig.unit.aborted.length, 1);
  assert.deepEqual(rig.unit.events, ["established", "lost"]);
  assert.match(rig.log.join("\n"), /warn .*data digest error, operation code 1h/);
});

test("a data digest error of solicited data, in its padding: the same", async (context) => {
  const rig = await startRig(context);
  const client = await digestSession(rig);
  const data = pattern(1001);
  client.send(writeCommand(client, 1001, 0));
  const task = await rig.unit.task();
  let done = false;
  task.receive(new Uint8Array(1001), () => {
    done = true;
  });
  const { ttt } = decodeR2t((await client.expect(OPCODE_R2T)).bhs);
  const header = encodeDataOut({
    final: true,
    lun: 0,
    itt: 1,
    ttt,
    expStatSN: client.expStatSN,
    dataSN: 0,
    bufferOffset: 0,
    dataSegmentLength: data.length,
  });
  sendWithWrongBit(client, client.bytesOf(header, data), DATA_AT + data.length);
  await expectDataDigestReject(client, header);
  assert.equal(done, false);
  assert.deepEqual(rig.unit.aborted, [task]);
});

test("commands behind a data digest error are not taken", async (context) => {
  const rig = await startRig(context);
  const client = await digestSession(rig);
  const header = writeCommand(client, 8, 8);
  const wrong = client.bytesOf(header, pattern(8));
  wrong[DATA_AT] = (wrong[DATA_AT] ?? 0) ^ 1;
  const next = client.bytesOf(
    encodeNopOut({
      immediate: true,
      itt: 9,
      cmdSN: client.cmdSN,
      expStatSN: 0,
      lun: 0,
      ttt: RESERVED_TAG,
      dataSegmentLength: 0,
    }),
  );
  client.socket.write(Buffer.concat([wrong, next]));
  await expectDataDigestReject(client, header);
});

test("after the session recovery a new login works", async (context) => {
  const rig = await startRig(context);
  const broken = await digestSession(rig);
  sendWithWrongBit(broken, broken.bytesOf(writeCommand(broken, 8, 8), pattern(8)), DATA_AT);
  await broken.ended;
  await rig.unit.task();
  const client = await digestSession(rig);
  const itt = client.command(
    { write: true, expectedDataTransferLength: 9, cdb: WRITE },
    pattern(9),
  );
  const task = await rig.unit.task();
  assert.deepEqual(await receiveAll(task), pattern(9));
  task.reply({ status: 0 });
  assert.equal((await client.outcome(itt)).status, 0);
});
