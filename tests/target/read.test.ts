import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDataIn } from "../../host/iscsi/data-in.ts";
import type { ScsiCommand } from "../../host/iscsi/scsi-command.ts";
import type { TaskAnswer } from "../../host/lib/logical-unit.ts";
import { pattern, startRig } from "./rig.ts";

const DATA_IN = 0x25;
const SENSE = Uint8Array.of(0x70, 0, 0x20, 0, 0, 0, 5, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

function read(length: number): Partial<ScsiCommand> {
  return { read: true, expectedDataTransferLength: length, cdb: Uint8Array.of(8) };
}

test("Data-In is cut by segment length and burst; the last piece carries GOOD", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session([
    ["MaxRecvDataSegmentLength", "1000"],
    ["MaxBurstLength", "2500"],
  ]);
  const data = pattern(6001);
  client.command(read(6001));
  const task = await rig.unit.task();
  assert.equal(task.dataInBytes, 6001);
  const sent = new Promise<void>((resolve) => {
    task.reply({ status: 0, dataIn: data, sent: resolve });
  });
  const cuts: (number | boolean)[][] = [];
  const pieces: Uint8Array[] = [];
  for (let done = false; !done; ) {
    const pdu = await client.expect(DATA_IN);
    const dataIn = decodeDataIn(pdu.bhs);
    cuts.push([dataIn.dataSN, dataIn.bufferOffset, pdu.data.length, dataIn.final]);
    pieces.push(pdu.data);
    done = dataIn.statusPresent;
  }
  assert.deepEqual(cuts, [
    [0, 0, 1000, false],
    [1, 1000, 1000, false],
    [2, 2000, 500, true],
    [3, 2500, 1000, false],
    [4, 3500, 1000, false],
    [5, 4500, 500, true],
    [6, 5000, 1000, false],
    [7, 6000, 1, true],
  ]);
  assert.deepEqual(new Uint8Array(Buffer.concat(pieces)), data);
  await sent;
});

interface ResidualCase {
  readonly name: string;
  readonly command: Partial<ScsiCommand>;
  readonly answer: TaskAnswer;
  readonly dataBytes: number;
  /** Negative underflow, positive overflow. */
  readonly residual: number;
  readonly separate: boolean;
}

const CASES: readonly ResidualCase[] = [
  {
    name: "short record, GOOD",
    command: read(100),
    answer: { status: 0, dataIn: pattern(60) },
    dataBytes: 60,
    residual: -40,
    separate: false,
  },
  {
    name: "data longer than asked for is cut",
    command: read(100),
    answer: { status: 0, dataIn: pattern(150) },
    dataBytes: 100,
    residual: 50,
    separate: false,
  },
  {
    name: "record longer than the buffer, CHECK with data and sense",
    command: read(100),
    answer: { status: 2, dataIn: pattern(100), wantedBytes: 164, sense: SENSE },
    dataBytes: 100,
    residual: 64,
    separate: true,
  },
  {
    name: "short record, CHECK with data and sense",
    command: read(100),
    answer: { status: 2, dataIn: pattern(30), sense: SENSE },
    dataBytes: 30,
    residual: -70,
    separate: true,
  },
  {
    name: "filemark: CHECK without data",
    command: read(100),
    answer: { status: 2, sense: SENSE },
    dataBytes: 0,
    residual: -100,
    separate: true,
  },
  {
    name: "GOOD without data",
    command: read(100),
    answer: { status: 0 },
    dataBytes: 0,
    residual: -100,
    separate: true,
  },
  {
    name: "data that nobody asked for",
    command: {},
    answer: { status: 0, dataIn: pattern(8) },
    dataBytes: 0,
    residual: 8,
    separate: true,
  },
  {
    name: "BUSY",
    command: {},
    answer: { status: 8 },
    dataBytes: 0,
    residual: 0,
    separate: true,
  },
];

for (const { name, command, answer, dataBytes, residual, separate } of CASES) {
  test(`answer: ${name}`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.session();
    const itt = client.command(command);
    (await rig.unit.task()).reply(answer);
    const outcome = await client.outcome(itt);
    assert.equal(outcome.status, answer.status);
    assert.deepEqual(
      new Uint8Array(outcome.data),
      (answer.dataIn ?? pattern(0)).subarray(0, dataBytes),
    );
    assert.deepEqual([outcome.overflow, outcome.underflow], [residual > 0, residual < 0]);
    assert.equal(outcome.residualCount, Math.abs(residual));
    assert.equal(outcome.response !== undefined, separate);
    if (outcome.response !== undefined) {
      assert.equal(outcome.response.expDataSN, outcome.dataInCount);
    }
    assert.deepEqual(new Uint8Array(outcome.sense), answer.sense ?? new Uint8Array(0));
  });
}

test("a reader that does not read: its data waits, other sessions go on", async (context) => {
  const rig = await startRig(context);
  const slow = await rig.session([["MaxRecvDataSegmentLength", "262144"]]);
  slow.socket.pause();
  const data = pattern(4 * 1024 * 1024);
  rig.unit.onCommand = (task) => task.reply({ status: 0, dataIn: data });
  const itts = [1, 2, 3, 4, 5, 6, 7, 8].map(() => slow.command(read(data.length)));
  const other = await rig.session([], "800000000002");
  const itt = other.command(read(100));
  assert.equal((await other.outcome(itt)).data.length, 100);
  slow.socket.resume();
  for (const waiting of itts) {
    assert.equal((await slow.outcome(waiting)).data.length, data.length);
  }
});
