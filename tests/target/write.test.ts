import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeLogoutRequest } from "../../host/iscsi/logout-request.ts";
import { LOGOUT_CLOSE_SESSION } from "../../host/iscsi/opcode.ts";
import { decodeR2t, type R2t } from "../../host/iscsi/r2t.ts";
import { decodeScsiResponse } from "../../host/iscsi/scsi-response.ts";
import { COMMAND_WINDOW, EARLY_DATA_BYTES_MAX } from "../../host/target/limits.ts";
import type { Keys, RawClient } from "./raw-client.ts";
import { pattern, receiveAll, startRig } from "./rig.ts";

const R2T = 0x31;
const UNSOLICITED: Keys = [
  ["InitialR2T", "No"],
  ["FirstBurstLength", "262144"],
];
const SHORT_BURSTS: Keys = [
  ["InitialR2T", "No"],
  ["MaxBurstLength", "4096"],
  ["FirstBurstLength", "1024"],
];

function write(client: RawClient, length: number, immediate: Uint8Array, final = true): number {
  const fields = { write: true, final, expectedDataTransferLength: length };
  return client.command({ ...fields, cdb: Uint8Array.of(0x0a) }, immediate);
}

test("immediate data only", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const data = pattern(1001);
  const itt = write(client, 1001, data);
  const task = await rig.unit.task();
  assert.deepEqual([task.dataOutBytes, task.dataInBytes, task.cdb.length], [1001, 0, 16]);
  assert.deepEqual(await receiveAll(task), data);
  task.reply({ status: 0 });
  const outcome = await client.outcome(itt);
  assert.deepEqual([outcome.status, outcome.overflow, outcome.underflow], [0, false, false]);
});

test("done is never called from within receive", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  write(client, 10, pattern(10));
  const task = await rig.unit.task();
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    task.receive(new Uint8Array(10), () => {
      order.push("done");
      resolve();
    });
    order.push("returned");
  });
  assert.deepEqual(order, ["returned", "done"]);
});

test("immediate, unsolicited, then R2T in bursts of MaxBurstLength", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session(SHORT_BURSTS);
  const data = pattern(10_000);
  const itt = write(client, 10_000, data.subarray(0, 500), false);
  client.dataOut(itt, data.subarray(500, 900), { dataSN: 0, bufferOffset: 500, final: false });
  client.dataOut(itt, data.subarray(900, 1024), { dataSN: 1, bufferOffset: 900, final: true });
  const task = await rig.unit.task();
  const received = receiveAll(task);
  const ranges: number[][] = [];
  for (let offset = 1024; offset < 10_000; ) {
    const r2t = decodeR2t((await client.expect(R2T)).bhs);
    const { ttt, bufferOffset, desiredDataTransferLength } = r2t;
    ranges.push([r2t.r2tSN, bufferOffset, desiredDataTransferLength]);
    offset = bufferOffset + desiredDataTransferLength;
    const middle = bufferOffset + 300;
    const first = { ttt, dataSN: 0, bufferOffset, final: false };
    client.dataOut(itt, data.subarray(bufferOffset, middle), first);
    const second = { ttt, dataSN: 1, bufferOffset: middle, final: true };
    client.dataOut(itt, data.subarray(middle, offset), second);
  }
  assert.deepEqual(ranges, [
    [0, 1024, 4096],
    [1, 5120, 4096],
    [2, 9216, 784],
  ]);
  assert.deepEqual(await received, data);
  task.reply({ status: 0 });
  const outcome = await client.outcome(itt);
  assert.equal(outcome.response?.expDataSN, 3);
});

for (const agreed of [1, 2, 3, 8]) {
  test(`MaxOutstandingR2T=${agreed}: so many R2Ts are under way, answered in their order`, async (context) => {
    const rig = await startRig(context);
    const keys: Keys = [
      ["ImmediateData", "No"],
      ["MaxBurstLength", "1000"],
      ["MaxOutstandingR2T", String(agreed)],
    ];
    const client = await rig.session(keys);
    const data = pattern(6500);
    const itt = write(client, data.length, new Uint8Array(0));
    const received = receiveAll(await rig.unit.task());
    const open: R2t[] = [];
    for (let done = 0; done < 7; done += 1) {
      while (open.length < Math.min(agreed, 7 - done)) {
        open.push(decodeR2t((await client.expect(R2T)).bhs));
      }
      // Nothing more was asked for: the next PDU is the answer to this.
      await client.barrier();
      const r2t = open.shift();
      assert.ok(r2t);
      const { ttt, bufferOffset, desiredDataTransferLength: length } = r2t;
      assert.deepEqual(
        [r2t.r2tSN, bufferOffset, length],
        [done, 1000 * done, done < 6 ? 1000 : 500],
      );
      const end = bufferOffset + length;
      const middle = bufferOffset + 400;
      client.dataOut(itt, data.subarray(bufferOffset, middle), {
        ttt,
        dataSN: 0,
        bufferOffset,
        final: false,
      });
      const rest = { ttt, dataSN: 1, bufferOffset: middle, final: true };
      client.dataOut(itt, data.subarray(middle, end), rest);
    }
    assert.deepEqual(await received, data);
  });
}

test("the second of two R2Ts is not answered before the first", async (context) => {
  const rig = await startRig(context);
  const keys: Keys = [
    ["ImmediateData", "No"],
    ["MaxBurstLength", "512"],
    ["MaxOutstandingR2T", "2"],
  ];
  const client = await rig.session(keys);
  const itt = write(client, 1024, new Uint8Array(0));
  (await rig.unit.task()).receive(new Uint8Array(1024), () => assert.fail("it is not whole"));
  await client.expect(R2T);
  const { ttt } = decodeR2t((await client.expect(R2T)).bhs);
  client.dataOut(itt, pattern(512), { ttt, dataSN: 0, bufferOffset: 512, final: true });
  await client.ended;
  assert.match(rig.log.join("\n"), /was not asked for/);
});

test("data before receive is kept, data after it goes straight there", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session(UNSOLICITED);
  const data = pattern(200_000);
  const itt = write(client, data.length, data.subarray(0, 100_000), false);
  const task = await rig.unit.task();
  const received = receiveAll(task);
  client.dataOut(itt, data.subarray(100_000), { dataSN: 0, bufferOffset: 100_000, final: true });
  assert.deepEqual(await received, data);
});

test("a unit that wants less: no R2T for the rest, underflow", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const data = pattern(300);
  const itt = write(client, 5000, data);
  const task = await rig.unit.task();
  assert.deepEqual(await receiveAll(task, 100), data.subarray(0, 100));
  task.reply({ status: 0 });
  const outcome = await client.outcome(itt);
  assert.deepEqual([outcome.underflow, outcome.residualCount], [true, 4900]);
});

test("CHECK CONDITION before any data: unsolicited data is thrown away", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session(UNSOLICITED);
  const data = pattern(1000);
  const itt = write(client, 1000, data.subarray(0, 100), false);
  const task = await rig.unit.task();
  const sense = Uint8Array.of(0x70, 0, 7, 0, 0, 0, 0, 10);
  task.reply({ status: 2, sense });
  const outcome = await client.outcome(itt);
  assert.deepEqual([outcome.status, outcome.residualCount], [2, 1000]);
  assert.deepEqual(new Uint8Array(outcome.sense), sense);
  client.dataOut(itt, data.subarray(100), { dataSN: 0, bufferOffset: 100, final: true });
  write(client, 4, pattern(4));
  assert.deepEqual(await receiveAll(await rig.unit.task()), pattern(4));
});

test("commands are executed in CmdSN order, one at a time", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  const order = [3, 1, 2];
  for (const cmdSN of order) {
    client.command({ cmdSN, cdb: Uint8Array.of(cmdSN) });
  }
  for (const expected of [1, 2, 3]) {
    const task = await rig.unit.task();
    assert.equal(task.cdb[0], expected);
    assert.equal(rig.unit.pendingCount, 0);
    task.reply({ status: 0 });
  }
});

test("the window closes while commands are held; numbers outside are ignored", async (context) => {
  const rig = await startRig(context);
  const client = await rig.session();
  for (let count = 0; count < COMMAND_WINDOW + 3; count += 1) {
    client.command({});
  }
  const ignored = 0x7f000000;
  client.command({ cmdSN: ignored, cdb: Uint8Array.of(0xff) });
  client.command({ cmdSN: 0, cdb: Uint8Array.of(0xff) });
  await client.barrier();
  let answered = 0;
  let last = 0;
  for (; answered < COMMAND_WINDOW; answered += 1) {
    (await rig.unit.task()).reply({ status: 0 });
    const response = decodeScsiResponse((await client.expect(0x21)).bhs);
    assert.equal(response.expCmdSN, COMMAND_WINDOW + 1);
    assert.equal(response.maxCmdSN, COMMAND_WINDOW + answered + 1);
    assert.ok(response.maxCmdSN >= last);
    last = response.maxCmdSN;
  }
  assert.equal(rig.unit.pendingCount, 0);
  client.command({ cmdSN: COMMAND_WINDOW + 1, cdb: Uint8Array.of(0x77) });
  assert.equal((await rig.unit.task()).cdb[0], 0x77);
});

test("StatSN counts every status by one", async (context) => {
  const rig = await startRig(context);
  rig.unit.onCommand = (task) => task.reply({ status: 0 });
  const client = await rig.session();
  for (let count = 0; count < 3; count += 1) {
    const itt = client.command({});
    const outcome = await client.outcome(itt);
    assert.equal(outcome.response?.statSN, client.expStatSN);
    client.expStatSN += 1;
  }
});

test("early data of all sessions is bounded: then TASK SET FULL", async (context) => {
  const rig = await startRig(context);
  const data = new Uint8Array(1024 * 1024);
  // The last one is over the bound, and over what its session may have all the same.
  const writeCount = EARLY_DATA_BYTES_MAX / data.length + 2;
  const sessionCount = Math.ceil(writeCount / COMMAND_WINDOW);
  const clients: RawClient[] = [];
  for (let count = 0; count < sessionCount; count += 1) {
    const keys: Keys = [
      ["MaxBurstLength", "1048576"],
      ["FirstBurstLength", "1048576"],
    ];
    const client = await rig.session(keys, `80000000000${count}`);
    clients.push(client);
    const left = writeCount - count * COMMAND_WINDOW;
    for (let each = 0; each < Math.min(left, COMMAND_WINDOW); each += 1) {
      write(client, data.length, data);
    }
    if (count < sessionCount - 1) {
      // It has all arrived: what is over the bound is of the last session.
      await client.barrier();
    }
  }
  const last = clients.at(-1);
  assert.ok(last);
  const full = await last.expect(0x21);
  assert.equal(decodeScsiResponse(full.bhs).status, 0x28);
  for (const client of clients) {
    client.close();
  }
  await rig.unit.until(
    () => rig.unit.events.filter((event) => event === "lost").length === sessionCount,
    "lost nexus",
  );
});

type Step = (client: RawClient) => void;

const WRONG: readonly [string, Keys, Step, RegExp][] = [
  [
    "DataSN",
    UNSOLICITED,
    (client) => {
      const itt = write(client, 100, pattern(10), false);
      client.dataOut(itt, pattern(10), { dataSN: 1, bufferOffset: 10, final: true });
    },
    /DataSN 1, expected 0/,
  ],
  [
    "BufferOffset",
    UNSOLICITED,
    (client) => {
      const itt = write(client, 100, pattern(10), false);
      client.dataOut(itt, pattern(10), { dataSN: 0, bufferOffset: 20, final: true });
    },
    /BufferOffset 20, expected 10/,
  ],
  [
    "more than the expected length",
    UNSOLICITED,
    (client) => {
      const itt = write(client, 100, pattern(10), false);
      client.dataOut(itt, pattern(100), { dataSN: 0, bufferOffset: 10, final: true });
    },
    /past the end/,
  ],
  [
    "unsolicited data that nobody announced",
    UNSOLICITED,
    (client) => {
      const itt = write(client, 100, pattern(10));
      client.dataOut(itt, pattern(10), { dataSN: 0, bufferOffset: 10, final: true });
    },
    /was not asked for/,
  ],
  [
    "an invented transfer tag, no data",
    UNSOLICITED,
    (client) => {
      const itt = write(client, 100, pattern(10));
      const none = new Uint8Array(0);
      client.dataOut(itt, none, { ttt: 5, dataSN: 0, bufferOffset: 10, final: true });
    },
    /was not asked for/,
  ],
  [
    "unsolicited data that was not agreed",
    [],
    (client) => write(client, 100, pattern(10), false),
    /not agreed/,
  ],
  [
    "immediate data that was not agreed",
    [["ImmediateData", "No"]],
    (client) => write(client, 100, pattern(10)),
    /may have none/,
  ],
  [
    "data with a command that writes nothing",
    [],
    (client) => client.command({ read: true, expectedDataTransferLength: 10 }, pattern(10)),
    /may have none/,
  ],
  [
    "immediate data over FirstBurstLength",
    [["FirstBurstLength", "512"]],
    (client) => write(client, 1000, pattern(513)),
    /more than agreed/,
  ],
  [
    "a data segment over the declared length",
    [],
    (client) => write(client, 2 ** 21, pattern(1024 * 1024 + 1)),
    /data segment of 1048577 bytes/,
  ],
];

for (const end of ["a wrong Data-Out", "a logout"]) {
  test(`a write right behind ${end} never begins`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.session(UNSOLICITED);
    const first = write(client, 100, pattern(10), false);
    await rig.unit.task();
    client.socket.cork();
    if (end === "a logout") {
      const numbers = { immediate: true, itt: 5, cmdSN: client.cmdSN, expStatSN: 0 };
      client.send(encodeLogoutRequest({ ...numbers, reasonCode: LOGOUT_CLOSE_SESSION, cid: 0 }));
    } else {
      client.dataOut(first, pattern(10), { dataSN: 7, bufferOffset: 10, final: true });
    }
    write(client, 100, pattern(100));
    client.socket.uncork();
    await client.ended;
    await rig.unit.until(() => rig.unit.events.includes("lost"), "lost nexus");
    assert.equal(rig.unit.pendingCount, 0);
    assert.equal(rig.target.load().earlyBytes, 0);
  });
}

for (const [name, keys, act, line] of WRONG) {
  test(`wrong data ends the connection: ${name}`, async (context) => {
    const rig = await startRig(context);
    const client = await rig.session(keys);
    act(client);
    await client.ended;
    await rig.unit.until(() => rig.unit.events.includes("lost"), "lost nexus");
    assert.equal(rig.log.filter((entry) => entry.startsWith("warn")).length, 1);
    assert.match(rig.log.join("\n"), line);
    await rig.session();
  });
}
