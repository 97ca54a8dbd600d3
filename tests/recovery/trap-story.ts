/**
 * Whole days of a server, for cores that trap anywhere in them: everything that a server can see is
 * looked at on the way. Decides what the server does; where the core traps is the test's.
 */

import assert from "node:assert/strict";
import { DRIVE_1, SLOT_1, type Stage } from "./kit.ts";
import { divide, locateIn, partitionsShown } from "./partition-commands.ts";
import { recordOf, recordWord, type Server } from "./server.ts";

const BLOCK_BYTES = 512;
const BLOCK_COUNT = 24;
const RECORD_BYTES = 262_144;
/** Units of the second partition. */
const SECOND = [200];

/** A story; answers the cartridge whose file holds the server's data at the end. */
export type Story = (stage: Stage) => Promise<{ server: Server; barcode: string }>;

/** MODE SELECT(6) of a block length; 0: variable. */
export async function setBlockLength(server: Server, bytes: number): Promise<void> {
  const length = [(bytes >> 16) & 0xff, (bytes >> 8) & 0xff, bytes & 0xff];
  const dataOut = Uint8Array.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, ...length]);
  await server.good([0x15, 0x10, 0, 0, dataOut.length, 0], { dataOut });
}

/** MODE SENSE(6): the block length. */
async function blockLength(server: Server): Promise<number> {
  const dataIn = Buffer.alloc(12);
  await server.good([0x1a, 0, 0, 0, dataIn.length, 0], { dataIn });
  return dataIn.readUIntBE(9, 3);
}

/** WRITE(6) of `count` blocks of BLOCK_BYTES with FIXED. */
export async function writeBlocks(server: Server, count: number): Promise<void> {
  const blocks = Array.from({ length: count }, (_, index) =>
    recordOf(server.tape.length + index, BLOCK_BYTES),
  );
  await server.good([0x0a, 1, 0, 0, count, 0], { dataOut: Buffer.concat(blocks) });
  server.tape.push(...blocks.map(recordWord));
}

/** READ(6) of `count` blocks with FIXED, compared. */
async function readBlocks(server: Server, from: number, count: number): Promise<void> {
  const dataIn = Buffer.alloc(count * BLOCK_BYTES);
  await server.good([0x08, 1, 0, 0, count, 0], { dataIn });
  for (let index = 0; index < count; index += 1) {
    const block = dataIn.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES);
    assert.equal(recordWord(block), server.tape[from + index], `block ${index}`);
  }
}

async function reads(server: Server, from: number, count: number): Promise<void> {
  for (let index = from; index < from + count; index += 1) {
    assert.equal(await server.read(), server.tape[index], `object ${index}`);
  }
}

/** The cartridge is divided, written in both partitions, one of them overwritten, and a partition fails in the middle. */
export const dividedDay: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(3);
  await server.rewind();
  await divide(server, SECOND);
  server.tape.length = 0;
  await server.writeMany(4);
  await server.filemarks(1);
  const first = [...server.tape];
  await locateIn(server, 1, 0);
  server.tape.length = 0;
  await server.writeMany(5);
  await server.filemarks(1);
  const second = [...server.tape];
  await locateIn(server, 0, "end");
  server.tape.splice(0, Infinity, ...first);
  await server.readBack();
  await server.locate(2);
  server.tape.splice(2);
  await stage.fault("cartridge UND001L9 write fail at 4 partition 0");
  await server.writeMany(6);
  await server.filemarks(1);
  await stage.recovered();
  const rewritten = [...server.tape];
  await locateIn(server, 1, "end");
  server.tape.splice(0, Infinity, ...second);
  await server.writeMany(2);
  await server.filemarks(1);
  await server.readBack();
  await stage.tapeIs("UND008L9.p1", server.tape);
  assert.equal(await partitionsShown(server), 2);
  await locateIn(server, 0, "end");
  server.tape.splice(0, Infinity, ...rewritten);
  await server.writeMany(2);
  return { server, barcode: "UND008L9" };
};

/** Writes, reads, moves about, overwrites, reserves, unloads and loads. */
export const day: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(15);
  await server.filemarks(1);
  await server.writeMany(8);
  await server.filemarks(2, 1);
  await setBlockLength(server, BLOCK_BYTES);
  const blocksAt = server.tape.length;
  await writeBlocks(server, BLOCK_COUNT);
  await writeBlocks(server, BLOCK_COUNT);
  await server.rewind();
  await setBlockLength(server, 0);
  await reads(server, 0, 5);
  await server.space(0, 4);
  assert.equal(await server.position(), 9);
  await reads(server, 9, 2);
  await server.space(1, 1);
  assert.equal(await server.position(), 16);
  await setBlockLength(server, BLOCK_BYTES);
  await server.locate(blocksAt + 3);
  await readBlocks(server, blocksAt + 3, BLOCK_COUNT);
  assert.equal(await blockLength(server), BLOCK_BYTES);
  assert.equal(await server.position(), blocksAt + 3 + BLOCK_COUNT);
  await setBlockLength(server, 0);
  await overwrite(server, 12);
  await keptOut(server);
  await server.unload();
  assert.equal((await server.checked([0, 0, 0, 0, 0, 0])).words.slice(0, 4), "2/3A");
  await server.load();
  await server.settle();
  await server.space(3, 0);
  assert.equal(await server.position(), server.tape.length);
  await server.writeMany(6);
  return { server, barcode: "UND001L9" };
};

/** What stood behind `object` is written over. */
async function overwrite(server: Server, object: number): Promise<void> {
  await server.locate(object);
  server.tape.splice(object);
  await server.writeMany(10);
  await server.filemarks(1);
  await server.space(1, -1);
  await server.space(0, -2);
  assert.equal(await server.position(), server.tape.length - 3);
  await reads(server, server.tape.length - 3, 3);
}

/** PREVENT holds the cartridge, a reservation stands. */
async function keptOut(server: Server): Promise<void> {
  await server.good([0x16, 0, 0, 0, 0, 0]);
  await server.good([0x1e, 0, 0, 0, 1, 0]);
  assert.equal((await server.checked([0x1b, 0, 0, 0, 0, 0])).words, "5/53/02");
  await server.good([0x1e, 0, 0, 0, 0, 0]);
  await server.good([0x17, 0, 0, 0, 0, 0]);
}

/** A cartridge that fails in the middle: the image goes to the spare one. */
export const badMedium: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(20);
  await stage.fault("cartridge UND001L9 write fail at 26");
  await server.writeMany(12, RECORD_BYTES);
  await server.filemarks(1);
  await server.writeMany(12);
  await stage.recovered();
  await server.writeMany(4);
  return { server, barcode: "UND008L9" };
};

/** A drive that fails in the middle: the cartridge goes to the spare one. */
export const badDrive: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(20);
  await stage.fault("drive 1 write fail after 5");
  await server.writeMany(12, RECORD_BYTES);
  await server.filemarks(1);
  await server.writeMany(12);
  await stage.recovered();
  await server.writeMany(4);
  return { server, barcode: "UND001L9" };
};

/** The cartridge is taken out by the robot and comes back. */
export const robotDay: Story = async (stage) => {
  const before = await stage.mounted();
  await before.writeMany(10);
  await before.logOut();
  const changer = await stage.server(0);
  await changer.move(DRIVE_1, SLOT_1);
  await changer.move(SLOT_1, DRIVE_1);
  await changer.logOut();
  const server = await stage.server();
  server.tape.push(...before.tape);
  await server.space(3, 0);
  await server.writeMany(10);
  return { server, barcode: "UND001L9" };
};

/** A drive that closes its connection in the middle and stays away. */
export const lostDrive: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(20);
  await stage.fault("drive 1 drop after 5");
  await server.writeMany(12, RECORD_BYTES);
  await server.filemarks(1);
  await server.writeMany(8);
  await stage.recovered();
  return { server, barcode: "UND001L9" };
};

/** A drive that fails and keeps the cartridge: the image goes to a spare of each. */
export const stuckCartridge: Story = async (stage) => {
  const server = await stage.mounted();
  await server.writeMany(20);
  await stage.fault("drive 1 unload fail");
  await stage.fault("drive 1 write fail after 5");
  await server.writeMany(12, RECORD_BYTES);
  await server.filemarks(1);
  await server.writeMany(8);
  await stage.recovered();
  return { server, barcode: "UND008L9" };
};
