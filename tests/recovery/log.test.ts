/** Log pages and TapeAlert flags with a failure behind them: what was covered is nowhere, what was told is there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage } from "./kit.ts";
import { type Server, WRITES_TO_FAILURE_MAX } from "./server.ts";

const LIMIT = { timeout: 30_000 };
const ROOM = 512;
const OTHER_PORT = 9;
const RECORD_BYTES = 1000;
const TEST_UNIT_READY = [0, 0, 0, 0, 0, 0];
const PAGES = [0x00, 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x14, 0x17, 0x2e, 0x31];

/** A log page without its header. */
async function page(server: Server, code: number): Promise<Buffer> {
  const dataIn = Buffer.alloc(ROOM);
  const cdb = [0x4d, 0, 0x40 | code, 0, 0, 0, 0, ROOM >> 8, ROOM & 0xff, 0];
  const bytes = await server.good(cdb, { dataIn });
  assert.deepEqual([dataIn[0], dataIn.readUInt16BE(2)], [code, bytes - 4]);
  return Buffer.from(dataIn.subarray(4, bytes));
}

/** TapeAlert flags that are set. */
async function alerts(server: Server): Promise<number[]> {
  const data = await page(server, 0x2e);
  const flags = Array.from({ length: 64 }, (_, index) => index + 1);
  return flags.filter((flag) => data[flag * 5 - 1] === 1);
}

/** Bytes and uncorrected errors of an error counter page. */
async function errors(server: Server, code: number): Promise<[number, number]> {
  const data = await page(server, code);
  return [Number(data.readBigUInt64BE(5 * 8 + 4)), data.readUInt32BE(data.length - 4)];
}

/** A second server, whose first unit attention is read. */
async function second(stage: Stage): Promise<Server> {
  const server = await stage.server(1, OTHER_PORT);
  await server.command(TEST_UNIT_READY);
  return server;
}

test("a drive that failed and was replaced leaves nothing in the log pages", LIMIT, async (t) => {
  const stage = await Stage.open(t, { library: ["--move-ms", "50"] });
  const server = await stage.mounted();
  const other = await second(stage);
  const before = new Map<number, Buffer>();
  for (const code of PAGES) {
    before.set(code, await page(server, code));
  }
  await stage.fault("drive 1 write fail after 20");
  await server.writeMany(21, RECORD_BYTES);
  // While it is being replaced.
  assert.deepEqual([await alerts(server), await alerts(other)], [[], []]);
  await server.filemarks(1);
  assert.equal((await stage.recovered()).result, "recovered");
  await server.writeMany(10, RECORD_BYTES);
  await server.filemarks(1);
  assert.deepEqual([await alerts(server), await alerts(other)], [[], []]);
  for (const code of [0x00, 0x03, 0x06, 0x11, 0x12, 0x14, 0x2e]) {
    assert.deepEqual(await page(server, code), before.get(code), `page ${code.toString(16)}`);
  }
  assert.deepEqual(await errors(server, 0x02), [31 * RECORD_BYTES, 0]);
  const loads = (data: Buffer | undefined) => data?.subarray(0, 13);
  assert.deepEqual(loads(await page(server, 0x17)), loads(before.get(0x17)));
  await other.logOut();
  await server.logOut();
});

test("a failure that was told brings the drive's flags, to every server once", LIMIT, async (t) => {
  const stage = await Stage.open(t, { bridge: ["--lanes", "3", "--spare-media", "none"] });
  const server = await stage.mounted();
  const other = await second(stage);
  await stage.fault("drive 1 write fail after 20 times 1");
  let words = "";
  while (server.tape.length < WRITES_TO_FAILURE_MAX && words === "") {
    words = (await server.tryWrite(RECORD_BYTES))?.words ?? "";
  }
  assert.match(words, /^4\/44\/00/);
  assert.deepEqual((await errors(server, 0x02))[1], 1);
  assert.deepEqual(await alerts(server), [31]);
  assert.deepEqual(await alerts(server), []);
  assert.deepEqual(await alerts(other), [31]);
  await other.logOut();
  await server.logOut();
});

test("a record that cannot be read brings the drive's own flags", LIMIT, async (t) => {
  const stage = await Stage.open(t, {
    written: ["UND001L9"],
    bridge: ["--lanes", "3", "--spare-media", "none", "--header-marks", "0", "--copy-below", "0"],
  });
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 read fail at 3");
  await server.locate(3);
  const { words } = await server.checked([0x08, 0, 0, 0x10, 0, 0], { dataIn: Buffer.alloc(4096) });
  assert.match(words, /^3\/11\/00/);
  assert.deepEqual(await alerts(server), [3, 4, 5]);
  assert.deepEqual((await errors(server, 0x03))[1], 1);
  await server.logOut();
});
