/** Initiator and target of this project over a real socket: what one says the other understands. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { openIscsiDevice } from "../../host/initiator/device.ts";
import { discoverTargets } from "../../host/initiator/discovery.ts";
import type { DigestOffer } from "../../host/initiator/login.ts";
import { SESSION_TIMES } from "../../host/initiator/session.ts";
import type { LogicalUnit, TargetTask } from "../../host/lib/logical-unit.ts";
import type { ScsiDevice } from "../../host/lib/scsi-device.ts";
import { startTarget, type Target } from "../../host/target/portal.ts";

const TARGET_NAME = "iqn.2026-11.com.example:loopback";
const INITIATOR_NAME = "iqn.2026-11.com.example:initiator";
const MS = 10_000;
const READ = 0x08;
const WRITE = 0x0a;
const HANG = 0xff;
const RECORD_BYTES_MAX = 3_000_000;
const NONE: DigestOffer = { headerDigest: "None", dataDigest: "None" };
const CRC32C: DigestOffer = { headerDigest: "CRC32C", dataDigest: "CRC32C" };

/** Keeps the last write and gives it back to reads; HANG is never answered. */
class EchoUnit implements LogicalUnit {
  aborted = 0;
  #record = new Uint8Array(0);

  command(task: TargetTask): void {
    if (task.cdb[0] === WRITE) {
      const record = new Uint8Array(task.dataOutBytes);
      task.receive(record, () => {
        this.#record = record;
        task.reply({ status: 0 });
      });
    } else if (task.cdb[0] === READ) {
      const dataIn = this.#record.subarray(0, task.dataInBytes);
      task.reply({ status: 0, dataIn, wantedBytes: this.#record.length });
    } else if (task.cdb[0] !== HANG) {
      task.reply({ status: 0 });
    }
  }

  abort(): void {
    this.aborted += 1;
  }

  nexus(): void {
    // Nothing here belongs to a nexus.
  }
}

async function start(t: TestContext, digests: DigestOffer = NONE) {
  const unit = new EchoUnit();
  const target = await startTarget({
    host: "127.0.0.1",
    port: 0,
    targetName: TARGET_NAME,
    units: new Map([[1, unit]]),
    wellKnown: unit,
    log: () => undefined,
  });
  t.after(() => target.close());
  const log: string[] = [];
  const device = deviceOf(target, digests, log);
  t.after(() => device.disconnect());
  assert.ok(await device.connect(MS));
  return { unit, target, device, log };
}

function deviceOf(target: Target, digests: DigestOffer, log: string[]): ScsiDevice {
  return openIscsiDevice({
    ...target.address,
    targetName: TARGET_NAME,
    lun: 1,
    initiatorName: INITIATOR_NAME,
    isidQualifier: 1,
    digests,
    log: (_level, message) => log.push(message),
    times: SESSION_TIMES,
  });
}

for (const [digests, agreed, numRuns] of [
  [NONE, "header digest None, data digest None", 40],
  [
    { headerDigest: "CRC32C,None", dataDigest: "None" },
    "header digest CRC32C, data digest None",
    10,
  ],
  [{ headerDigest: "None", dataDigest: "CRC32C" }, "header digest None, data digest CRC32C", 10],
  [CRC32C, "header digest CRC32C, data digest CRC32C", 20],
  [
    { headerDigest: "None,CRC32C", dataDigest: "None,CRC32C" },
    "header digest None, data digest None",
    1,
  ],
] as const) {
  test(`every record of every length and cut comes back as it was sent, ${agreed}`, async (t) => {
    const { device, log } = await start(t, digests);
    assert.match(log.join("\n"), new RegExp(agreed));
    await echoRecords(device, numRuns);
  });
}

async function echoRecords(device: ScsiDevice, numRuns: number): Promise<void> {
  const lengths = fc.oneof(
    fc.integer({ min: 1, max: 600 }),
    fc.integer({ min: 1, max: RECORD_BYTES_MAX }),
  );
  await fc.assert(
    fc.asyncProperty(lengths, fc.double({ min: 0, max: 1, noNaN: true }), async (length, cut) => {
      const data = Buffer.alloc(length, `record of ${length} bytes, `);
      const at = Math.floor(length * cut);
      const dataOut = [data.subarray(0, at), data.subarray(at)];
      const cdb = Uint8Array.of(WRITE, 0, 0, 0, 0, 0);
      assert.deepEqual(await device.execute({ cdb, dataOut, timeoutMs: MS }), {
        kind: "answered",
        status: 0,
        sense: new Uint8Array(0),
        dataInBytes: 0,
        residual: 0,
      });
      const dataIn = new Uint8Array(length + 3);
      const back = await device.execute({ cdb: Uint8Array.of(READ), dataIn, timeoutMs: MS });
      assert.ok(back.kind === "answered");
      assert.deepEqual([back.status, back.dataInBytes, back.residual], [0, length, 3]);
      assert.ok(data.equals(dataIn.subarray(0, length)));
      const short = new Uint8Array(Math.max(1, length - 5));
      const cutOff = await device.execute({
        cdb: Uint8Array.of(READ),
        dataIn: short,
        timeoutMs: MS,
      });
      assert.ok(cutOff.kind === "answered");
      assert.equal(cutOff.residual, short.length - length, "overflow");
    }),
    { numRuns },
  );
}

test("a command that hangs is aborted at the target, the session goes on", async (t) => {
  const { device, unit } = await start(t);
  assert.deepEqual(await device.execute({ cdb: Uint8Array.of(HANG), timeoutMs: 50 }), {
    kind: "silent",
  });
  assert.equal(unit.aborted, 1);
  const next = await device.execute({ cdb: new Uint8Array(6), timeoutMs: MS });
  assert.equal(next.kind, "answered");
});

test("requests of several callers are answered in their order", async (t) => {
  const { device } = await start(t);
  const order: number[] = [];
  const requests = Array.from({ length: 100 }, async (_, index) => {
    const result = await device.execute({ cdb: new Uint8Array(6), timeoutMs: MS });
    assert.equal(result.kind, "answered");
    order.push(index);
  });
  await Promise.all(requests);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test("a cut connection is lost and can be had again", async (t) => {
  const { device, target } = await start(t);
  const lost = new Promise<string>((resolve) => device.onLost(resolve));
  const hanging = device.execute({ cdb: Uint8Array.of(HANG), timeoutMs: MS });
  await device.execute({ cdb: Uint8Array.of(HANG), timeoutMs: 1 });
  target.destroyConnectionsOf(1);
  assert.equal((await hanging).kind, "lost");
  await lost;
  assert.ok(await device.connect(MS));
  assert.equal((await device.execute({ cdb: new Uint8Array(6), timeoutMs: MS })).kind, "answered");
});

test("SendTargets names the target", async (t) => {
  const { target } = await start(t);
  const { host, port } = target.address;
  const asWhom = { initiatorName: INITIATOR_NAME, isid: "805544530002", timeoutMs: MS };
  for (const digests of [NONE, CRC32C]) {
    assert.deepEqual(await discoverTargets({ host, port, ...asWhom, digests }), [
      { targetName: TARGET_NAME, addresses: [`${host}:${port},1`] },
    ]);
  }
});
