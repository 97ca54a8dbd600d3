/** READ of several blocks in a recovery, one of which the ring has wrong: from ring and tape, each right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CacheFaults } from "./faulty-cache.ts";
import { Stage } from "./kit.ts";
import { recordWord, type Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };
/** Of the superblock and the journal: what is longer is a record. */
const JOURNAL_BYTES = 4096;
const BLOCK_BYTES = 65_536;
const BLOCKS = 3;

/** MODE SELECT(6) with that block length; 0: records of any length. */
async function blockLength(server: Server, bytes: number): Promise<void> {
  const dataOut = Buffer.alloc(12);
  dataOut.writeUInt8(0x10, 2);
  dataOut.writeUInt8(8, 3);
  dataOut.writeUIntBE(bytes, 9, 3);
  await server.good([0x15, 0x10, 0, 0, dataOut.length, 0], { dataOut });
}

test("[612] the second of three blocks is wrong in the ring: asked for once", LIMIT, async (t) => {
  const faults = new CacheFaults();
  const stage = await Stage.open(t, { openCache: faults.open, library: ["--move-ms", "300"] });
  const server = await stage.mounted();
  await server.write(BLOCK_BYTES);
  // Synchronizes: the first block is written before the fault waits.
  await server.filemarks(0);
  faults.nextWrite({ kind: "flipped" }, JOURNAL_BYTES);
  await server.writeMany(BLOCKS - 1, BLOCK_BYTES);
  await server.filemarks(1);
  await blockLength(server, BLOCK_BYTES);
  await stage.fault("drive 1 write fail");
  await server.good([0x10, 1, 0, 0, 1, 0]);
  await stage.step(612);
  await server.good([0x01, 0, 0, 0, 0, 0]);
  const dataIn = Buffer.alloc(BLOCKS * BLOCK_BYTES);
  assert.equal(await server.good([0x08, 1, 0, 0, BLOCKS, 0], { dataIn }), dataIn.length);
  for (let block = 0; block < BLOCKS; block += 1) {
    const from = block * BLOCK_BYTES;
    assert.equal(recordWord(dataIn.subarray(from, from + BLOCK_BYTES)), server.tape[block]);
  }
  const places = faults.reads
    .filter(({ bytes }) => bytes === BLOCK_BYTES)
    .map((read) => read.offset);
  assert.equal(new Set(places).size, places.length, `read at ${places}`);
  assert.ok(places.length >= 2, `read at ${places}`);
  const recovery = await stage.recovered();
  assert.deepEqual([recovery.kind, recovery.result], ["drive", "recovered"], recovery.cause);
  await server.logOut();
});
