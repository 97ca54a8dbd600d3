/** Every operational key at a running target: what is answered, and what it does afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { OPCODE_R2T, OPCODE_SCSI_RESPONSE, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { opcodeOf } from "../../host/iscsi/pdu.ts";
import { decodeR2t } from "../../host/iscsi/r2t.ts";
import { decodeScsiResponse } from "../../host/iscsi/scsi-response.ts";
import { type Keys, NAMES, type RawClient } from "./raw-client.ts";
import { pattern, receiveAll, startRig } from "./rig.ts";

const MIB = 1024 * 1024;
const LENGTH_MAX = 2 ** 24 - 1;

/** Key, value offered, answer; undefined: none is due. */
const ANSWERS: readonly (readonly [string, string, string | undefined])[] = [
  ["HeaderDigest", "None", "None"],
  ["HeaderDigest", "CRC32C", "CRC32C"],
  ["HeaderDigest", "CRC32C,None", "CRC32C"],
  ["HeaderDigest", "X-other,None", "None"],
  ["HeaderDigest", "X-other", "Reject"],
  ["DataDigest", "None,CRC32C", "None"],
  ["DataDigest", "CRC32C,None", "CRC32C"],
  ["DataDigest", "", "Reject"],
  ["MaxConnections", "1", "1"],
  ["MaxConnections", "65535", "1"],
  ["MaxConnections", "0", "Reject"],
  ["MaxConnections", "65536", "Reject"],
  ["InitialR2T", "Yes", "Yes"],
  ["InitialR2T", "No", "No"],
  ["InitialR2T", "Maybe", "Reject"],
  ["ImmediateData", "Yes", "Yes"],
  ["ImmediateData", "No", "No"],
  ["ImmediateData", "", "Reject"],
  ["MaxRecvDataSegmentLength", "512", undefined],
  ["MaxRecvDataSegmentLength", String(LENGTH_MAX), undefined],
  ["MaxRecvDataSegmentLength", "511", "Reject"],
  ["MaxBurstLength", "512", "512"],
  ["MaxBurstLength", "262144", "262144"],
  ["MaxBurstLength", "0x40000", "262144"],
  ["MaxBurstLength", String(LENGTH_MAX), "16776192"],
  ["MaxBurstLength", String(LENGTH_MAX + 1), "Reject"],
  ["FirstBurstLength", "512", "512"],
  ["FirstBurstLength", "65536", "65536"],
  // Not more than MaxBurstLength, whose default counts here.
  ["FirstBurstLength", String(LENGTH_MAX), "262144"],
  ["FirstBurstLength", "511", "Reject"],
  ["DefaultTime2Wait", "0", "0"],
  ["DefaultTime2Wait", "3600", "3600"],
  ["DefaultTime2Wait", "3601", "Reject"],
  ["DefaultTime2Retain", "0", "0"],
  ["DefaultTime2Retain", "20", "0"],
  ["DefaultTime2Retain", "-1", "Reject"],
  ["MaxOutstandingR2T", "1", "1"],
  ["MaxOutstandingR2T", "8", "8"],
  ["MaxOutstandingR2T", "65535", "8"],
  ["MaxOutstandingR2T", "0", "Reject"],
  ["DataPDUInOrder", "Yes", "Yes"],
  ["DataPDUInOrder", "No", "Yes"],
  ["DataSequenceInOrder", "Yes", "Yes"],
  ["DataSequenceInOrder", "No", "Yes"],
  ["ErrorRecoveryLevel", "0", "0"],
  ["ErrorRecoveryLevel", "1", "0"],
  ["ErrorRecoveryLevel", "2", "0"],
  ["ErrorRecoveryLevel", "3", "Reject"],
  ["IFMarker", "Yes", "No"],
  ["OFMarker", "No", "No"],
  ["IFMarkInt", "2048", "Reject"],
  ["OFMarkInt", "2048~8192", "Reject"],
  ["TaskReporting", "ResponseFence,RFC3720", "RFC3720"],
  ["TaskReporting", "FastAbort", "Reject"],
  ["iSCSIProtocolLevel", "1", "1"],
  ["iSCSIProtocolLevel", "31", "1"],
  ["X-com.example.Key", "1", "NotUnderstood"],
  ["NoSuchKey", "1", "NotUnderstood"],
];

test("every key gets the answer of its result function", async (context) => {
  const rig = await startRig(context);
  for (const [key, value, expected] of ANSWERS) {
    const client = await rig.connect();
    const { status, keys } = await client.loginStep({}, [...NAMES, [key, value]]);
    const own = key === "MaxRecvDataSegmentLength" && expected === undefined;
    assert.equal(status, 0, key);
    assert.equal(keys.get(key), own ? String(MIB) : expected, `${key}=${value}`);
    client.close();
    await client.ended;
  }
});

test("keys that nobody names have the values of RFC 7143", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  // InitialR2T=Yes, MaxBurstLength=262144, MaxOutstandingR2T=1, MaxRecvDataSegmentLength=8192.
  client.command({ write: true, expectedDataTransferLength: 300_000 });
  (await rig.unit.task()).receive(new Uint8Array(300_000), () => undefined);
  const r2t = decodeR2t((await client.expect(OPCODE_R2T)).bhs);
  assert.equal(r2t.desiredDataTransferLength, 262_144);
  await client.barrier();
  rig.otherUnit.onCommand = (task) => task.reply({ status: 0, dataIn: new Uint8Array(20_000) });
  const itt = client.command({ lun: 1, read: true, expectedDataTransferLength: 20_000 });
  assert.equal((await client.outcome(itt)).dataInCount, 3);
});

interface WriteTerms {
  readonly immediate: number;
  /** With the immediate data, all that goes unasked. */
  readonly unasked: number;
  readonly segment: number;
}

/** Writes as a right initiator does; gives how many R2Ts it took. */
async function write(client: RawClient, data: Uint8Array, terms: WriteTerms): Promise<number> {
  const immediate = Math.min(terms.immediate, data.length);
  const unasked = Math.min(terms.unasked, data.length);
  const command = { write: true, expectedDataTransferLength: data.length };
  const final = unasked <= immediate;
  const itt = client.command({ ...command, final }, data.subarray(0, immediate));
  const sequence = (ttt: number, from: number, to: number) => {
    for (let at = from, dataSN = 0; at < to; at += terms.segment, dataSN += 1) {
      const end = Math.min(to, at + terms.segment);
      const place = { ttt, dataSN, bufferOffset: at, final: end === to };
      client.dataOut(itt, data.subarray(at, end), place);
    }
  };
  sequence(RESERVED_TAG, immediate, unasked);
  for (let count = 0; ; count += 1) {
    const pdu = await client.next();
    if (opcodeOf(pdu.bhs) === OPCODE_SCSI_RESPONSE) {
      assert.equal(decodeScsiResponse(pdu.bhs).status, 0);
      return count;
    }
    const { ttt, bufferOffset, desiredDataTransferLength } = decodeR2t(pdu.bhs);
    sequence(ttt, bufferOffset, bufferOffset + desiredDataTransferLength);
  }
}

/** InitialR2T, ImmediateData, bytes with the command, bytes unasked, R2Ts for 10,000 bytes. */
const COMBINATIONS = [
  ["Yes", "Yes", 700, 700, 5],
  ["Yes", "No", 0, 0, 5],
  ["No", "Yes", 700, 1500, 5],
  ["No", "No", 0, 1500, 5],
] as const;

for (const [initialR2T, immediateData, immediate, unasked, r2ts] of COMBINATIONS) {
  test(`InitialR2T=${initialR2T} ImmediateData=${immediateData}`, async (context) => {
    const rig = await startRig(context);
    const keys: Keys = [
      ["InitialR2T", initialR2T],
      ["ImmediateData", immediateData],
      ["FirstBurstLength", "1500"],
      ["MaxBurstLength", "2000"],
    ];
    const client = await rig.session(keys);
    const data = pattern(10_000);
    for (const isEager of [true, false]) {
      const terms = { immediate: isEager ? immediate : 0, unasked: isEager ? unasked : 0 };
      const written = write(client, data, { ...terms, segment: 600 });
      const task = await rig.unit.task();
      assert.deepEqual(await receiveAll(task), data);
      task.reply({ status: 0 });
      assert.equal(await written, isEager ? r2ts : 5);
    }
    // What was not agreed ends the connection.
    const more = immediateData === "No" ? 1 : 0;
    const final = initialR2T === "No" && more === 1;
    if (more === 1 || initialR2T === "Yes") {
      client.command({ write: true, final, expectedDataTransferLength: 9 }, pattern(more));
      await client.ended;
    }
  });
}

/** Key values, record, R2Ts, pieces of Data-In. */
const SIZES: readonly (readonly [string, Keys, number, number, number])[] = [
  [
    "tiny bursts and segments",
    [
      ["MaxBurstLength", "512"],
      ["FirstBurstLength", "512"],
      ["MaxRecvDataSegmentLength", "512"],
    ],
    70_001,
    137,
    137,
  ],
  [
    "huge bursts and segments",
    [
      ["MaxBurstLength", String(LENGTH_MAX)],
      ["FirstBurstLength", String(LENGTH_MAX)],
      ["MaxRecvDataSegmentLength", String(LENGTH_MAX)],
      ["MaxOutstandingR2T", "8"],
    ],
    20_000_003,
    2,
    2,
  ],
];

for (const [name, keys, bytes, r2ts, pieces] of SIZES) {
  test(`${name}: a record of ${bytes} bytes both ways`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.session(keys);
    const data = pattern(bytes);
    const written = write(client, data, { immediate: 0, unasked: 0, segment: MIB });
    const task = await rig.unit.task();
    assert.ok(Buffer.from(await receiveAll(task)).equals(data));
    task.reply({ status: 0 });
    assert.equal(await written, r2ts);
    rig.unit.onCommand = (reading) => reading.reply({ status: 0, dataIn: data });
    const itt = client.command({ read: true, expectedDataTransferLength: bytes });
    const outcome = await client.outcome(itt);
    assert.ok(Buffer.from(outcome.data).equals(data));
    assert.equal(outcome.dataInCount, pieces);
  });
}

test("CmdSN goes on past 2^32", async (context) => {
  const rig = await startRig(context);
  const client = await rig.connect();
  client.cmdSN = 0xffff_fffa;
  await client.login();
  for (let count = 0; count < 12; count += 1) {
    const cmdSN = (0xffff_fffa + (count ^ 1)) >>> 0;
    client.command({ cmdSN, cdb: Uint8Array.of(count ^ 1) });
  }
  await client.barrier();
  for (let count = 0; count < 12; count += 1) {
    const task = await rig.unit.task();
    assert.equal(task.cdb[0], count);
    task.reply({ status: 0 });
    const { expCmdSN, maxCmdSN } = decodeScsiResponse((await client.expect(0x21)).bhs);
    assert.equal((maxCmdSN - expCmdSN + 1) >>> 0, 32 - 11 + count);
  }
});

test("several initiators with several sessions at once: each has its own order and its own data", async (context) => {
  const rig = await startRig(context);
  const records = new Map<number, Uint8Array>();
  for (const unit of [rig.unit, rig.otherUnit]) {
    unit.onCommand = (task) => {
      if (task.dataInBytes > 0) {
        task.reply({ status: 0, dataIn: records.get(task.nexus.id) ?? new Uint8Array(0) });
        return;
      }
      const record = new Uint8Array(task.dataOutBytes);
      records.set(task.nexus.id, record);
      task.receive(record, () => task.reply({ status: 0 }));
    };
  }
  const work = async (number: number) => {
    const client = await rig.connect();
    const initiator: Keys = [["InitiatorName", `iqn.2026-11.com.example:${number % 3}`]];
    const keys = [...initiator, ...NAMES.slice(1), ["FirstBurstLength", "700"]] as const;
    await client.loginStep({ isid: number.toString().padStart(12, "0") }, keys);
    for (let round = 0; round < 20; round += 1) {
      const data = pattern(1000 + number)
        .fill(number, 0, 4)
        .fill(round, 4, 8);
      await write(client, data, { immediate: 100 * number, unasked: 0, segment: 300 });
      const itt = client.command({ read: true, lun: number % 2, expectedDataTransferLength: 2000 });
      const { data: back, status, residualCount } = await client.outcome(itt);
      assert.deepEqual([status, residualCount], [0, 1000 - number]);
      assert.ok(Buffer.from(back).equals(data), `session ${number}, round ${round}`);
    }
  };
  await Promise.all(Array.from({ length: 7 }, (_, number) => work(number)));
  assert.equal(rig.target.load().sessions, 7);
});
