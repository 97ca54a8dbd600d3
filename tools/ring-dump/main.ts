/** `ring-dump FILE`: prints what a ring holds. Decides the words and the exit codes. */
import { closeSync, openSync, readSync } from "node:fs";
import { parseArgs } from "node:util";
import { crc32c } from "@node-rs/crc32";
import { messageOf } from "../../host/lib/error.ts";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { type DumpedEntry, type DumpedImage, type ReadBytes, readRing } from "./read-ring.ts";

const USAGE = "usage: ring-dump FILE [--entries] [--check]";

interface Options {
  readonly entries: boolean;
  readonly check: boolean;
}

function entryLine(entry: DumpedEntry): string {
  const what = entry.isFilemark ? "filemark" : `${entry.objectBytes} bytes`;
  return `  ${entry.offset}: objects ${entry.first} + ${entry.count}, ${what}`;
}

/** Ring offsets of entries of the image whose data are not what was written. */
function wrongData(read: ReadBytes, image: DumpedImage): number[] {
  return image.entries
    .filter(({ isFilemark }) => !isFilemark)
    .filter(({ dataAt, dataBytes, dataCrc }) => crc32c(read(dataAt, dataBytes)) !== dataCrc)
    .map(({ offset }) => offset);
}

function dump(read: ReadBytes, options: Options): number {
  const ring = readRing(read);
  if (ring === undefined) {
    console.error("there is no ring: neither superblock is valid");
    return EXIT_WRONG;
  }
  const { identity, segmentBytes, segmentCount, journal } = ring.superblock;
  console.log(`ring ${identity.toString(16)}: ${segmentCount} segments of ${segmentBytes} bytes`);
  console.log(`journal: ${journal.length} bytes`);
  const damaged = [...ring.damaged];
  for (const image of ring.images) {
    const { volumeTag, base, end, filemarks, segments } = image;
    const held = `objects ${base} to ${end}, ${filemarks} filemarks before the end`;
    console.log(`image ${image.number} "${volumeTag}": ${held}, ${segments.length} segments`);
    if (options.entries) for (const entry of image.entries) console.log(entryLine(entry));
    if (options.check) damaged.push(...wrongData(read, image));
  }
  for (const offset of damaged) console.log(`damaged: the entry at ring offset ${offset}`);
  return damaged.length === 0 ? EXIT_DONE : EXIT_WRONG;
}

function main(): number {
  let parsed: { values: Partial<Options>; positionals: string[] };
  try {
    const options = { entries: { type: "boolean" }, check: { type: "boolean" } } as const;
    parsed = parseArgs({ allowPositionals: true, options });
  } catch (thrown) {
    console.error(`${messageOf(thrown)}; ${USAGE}`);
    return EXIT_USAGE;
  }
  const [path, more] = parsed.positionals;
  if (path === undefined || more !== undefined) {
    console.error(USAGE);
    return EXIT_USAGE;
  }
  const { entries = false, check = false } = parsed.values;
  try {
    const fd = openSync(path, "r");
    const read: ReadBytes = (offset, bytes) => {
      const buffer = Buffer.alloc(bytes);
      return buffer.subarray(0, readSync(fd, buffer, 0, bytes, offset));
    };
    const exitCode = dump(read, { entries, check });
    closeSync(fd);
    return exitCode;
  } catch (thrown) {
    console.error(`ring-dump: ${path}: ${messageOf(thrown)}`);
    return EXIT_MACHINE;
  }
}

process.exitCode = main();
