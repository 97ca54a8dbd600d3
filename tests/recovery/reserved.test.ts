import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const CONFLICT = 0x18;
const REGISTER = 0;
const RESERVE = 1;
const EXCLUSIVE_ACCESS = 3;
const KEY = 0x1234_5678_9abcn;
const READ_BYTES = 512;

/** PERSISTENT RESERVE OUT. */
async function out(server: Server, action: number, key: bigint, actionKey: bigint): Promise<void> {
  const dataOut = Buffer.alloc(24);
  dataOut.writeBigUInt64BE(key, 0);
  dataOut.writeBigUInt64BE(actionKey, 8);
  await server.good([0x5f, action, EXCLUSIVE_ACCESS, 0, 0, 0, 0, 0, 24, 0], { dataOut });
}

/** Who holds what, by key and type; and with whose port name the bridge knows the registrant. */
async function held(server: Server): Promise<string> {
  const dataIn = Buffer.alloc(READ_BYTES);
  await server.good([0x5e, 3, 0, 0, 0, 0, 0, READ_BYTES >> 8, 0, 0], { dataIn });
  const bytes = dataIn.readUInt16BE(8 + 24 + 2);
  const name = dataIn.toString("latin1", 36, 36 + bytes).replaceAll("\0", "");
  return `${dataIn.readBigUInt64BE(8).toString(16)} ${dataIn[8 + 13]} ${name}`;
}

async function statusOf(server: Server, cdb: readonly number[]): Promise<number> {
  return (await server.once(cdb)).status;
}

test(
  "a server's persistent reservation stays through a recovery and its own sessions",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { library: ["--move-ms", "700"] });
    const holder = await stage.mounted();
    const other = await stage.server(1, 9);
    await out(holder, REGISTER, 0n, KEY);
    await out(holder, RESERVE, KEY, 0n);
    const wanted = /^123456789abc 3 iqn\.2026-11\.com\.example:server,i,0x[0-9a-f]{12}$/;
    assert.match(await held(other), wanted);
    await stage.fault("cartridge UND001L9 write fail at 5");
    await holder.writeMany(10);
    await stage.step(631);
    assert.equal(await statusOf(other, [0x01, 0, 0, 0, 0, 0]), CONFLICT);
    await holder.writeMany(10);
    const recovery = await stage.recovered();
    assert.equal(recovery.result, "recovered");
    await holder.filemarks(1);
    assert.match(await held(other), wanted);
    await holder.logOut();
    // On the spare it is as before, though its holder is away.
    assert.equal(await statusOf(other, [0x01, 0, 0, 0, 0, 0]), CONFLICT);
    const back = await stage.server();
    assert.match(await held(back), wanted);
    back.tape.push(...holder.tape);
    await back.readBack();
    await back.logOut();
    await other.logOut();
    await stage.tapeIs("UND008L9", holder.tape);
  },
);
