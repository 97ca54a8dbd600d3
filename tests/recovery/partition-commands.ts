/** What a server says about partitions: mode page 11h, FORMAT MEDIUM, LOCATE with CP, READ POSITION. */

import type { Server } from "./server.ts";

const PAGE_BYTES = 16;
const HEADER_BYTES = 8;

/** Mode page 11h as the server sees it. */
export async function partitionPage(server: Server): Promise<Buffer> {
  const dataIn = Buffer.alloc(HEADER_BYTES + PAGE_BYTES);
  await server.good([0x5a, 8, 0x11, 0, 0, 0, 0, 0, dataIn.length, 0], { dataIn });
  return dataIn.subarray(HEADER_BYTES);
}

/** How many partitions it shows. */
export async function partitionsShown(server: Server): Promise<number> {
  return (await partitionPage(server)).readUInt8(3) + 1;
}

/** MODE SELECT: the next FORMAT MEDIUM makes partitions of `sizes` units behind partition 0, which gets the rest. */
export async function selectPartitions(server: Server, sizes: readonly number[]): Promise<void> {
  const page = await partitionPage(server);
  page.set([sizes.length, 0x3c, 3, 6, 0, 0xff, 0xff], 3);
  for (const [index, size] of sizes.entries()) {
    page.writeUInt16BE(size, 10 + 2 * index);
  }
  const dataOut = Buffer.concat([Buffer.from([0, 0, 0x10, 0]), page]);
  await server.good([0x15, 0x10, 0, 0, dataOut.length, 0], { dataOut });
}

/** FORMAT MEDIUM as the page says. */
export const FORMAT_BY_PAGE: readonly number[] = [0x04, 0, 1, 0, 0, 0];

/** Both: nothing is on the cartridge then. */
export async function divide(server: Server, sizes: readonly number[]): Promise<void> {
  await selectPartitions(server, sizes);
  await server.good(FORMAT_BY_PAGE);
}

/** LOCATE(16) with CP to an object of a partition; "end": to its end of data. */
export async function locateIn(
  server: Server,
  partition: number,
  object: number | "end",
): Promise<void> {
  const cdb = Buffer.from([0x92, 0x02, 0, partition, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (object === "end") cdb[1] = 0x1a;
  else cdb.writeBigUInt64BE(BigInt(object), 4);
  await server.good([...cdb]);
}

/** READ POSITION, long form. */
export async function placeOf(server: Server): Promise<[partition: number, object: number]> {
  const dataIn = Buffer.alloc(32);
  await server.good([0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0], { dataIn });
  return [dataIn.readUInt32BE(4), Number(dataIn.readBigUInt64BE(8))];
}
