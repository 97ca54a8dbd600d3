/** A ring as lines for people and as a document. Decides the words and the fields. */
import { formatSize } from "../../host/lib/size.ts";
import { alignedRows } from "../demo/report.ts";
import type { CheckResult } from "./check-ring.ts";
import { type Finding, faultWords } from "./finding.ts";
import { journalWords, type LaneJournal, parseJournal } from "./journal.ts";
import { SEGMENT } from "./layout.ts";
import type { Encryption, Opened, RingPlace } from "./opened.ts";
import type { Ring, RingImage, SuperblockCopy } from "./read-ring.ts";
import type { RingEntry } from "./segment-walk.ts";

const INDENT = "  ";
const IMAGE_HEADER = ["image", "tag", "really", "base", "end", "filemarks", "bytes", "segments"];
const IMAGE_TEXT_COLUMNS = [0, 1, 2, 8, 9];

/** An image as the document shows it. */
export interface ImageDocument {
  readonly number: number;
  readonly volumeTag: string;
  /** null: the ring does not say. */
  readonly realVolumeTag: string | null;
  readonly base: number;
  readonly end: number;
  readonly filemarks: number;
  /** In the ring, headers included. */
  readonly ringBytes: number;
  readonly segments: number;
  /** It begins at object 0, and nothing before its end is missing. */
  readonly complete: boolean;
  /** 1 is the latest. */
  readonly lastUsedRank: number;
}

/** A ring as the document shows it. */
export interface RingDocument {
  readonly path: string;
  /** Several: it is striped over them, in this order. */
  readonly devices: readonly string[];
  readonly sizeBytes: number;
  readonly encryption: Encryption;
  /** The process that may write it now; null: none was found. */
  readonly writerPid: number | null;
  readonly superblocks: readonly object[];
  readonly identity: string;
  readonly formatVersion: number;
  readonly segmentBytes: number;
  readonly segmentCount: number;
  readonly segmentsUsed: number;
  readonly journal: LaneJournal | null;
  readonly images: readonly ImageDocument[];
}

/** The document of a ring. */
export function ringDocument({ place, copies, ring, images }: Opened): RingDocument {
  const { path, devices, sizeBytes, encryption, writerPid } = place;
  const { superblock, segmentsUsed } = ring;
  const { identity, segmentBytes, segmentCount } = superblock;
  const journal = parseJournal(superblock.journal);
  return {
    path,
    devices,
    sizeBytes,
    encryption,
    writerPid: writerPid === 0 ? null : writerPid,
    superblocks: copies.map((copy) => copyDocument(copy, superblock.number)),
    identity: identity.toString(16).padStart(16, "0"),
    formatVersion: 1,
    segmentBytes,
    segmentCount,
    segmentsUsed,
    journal: journal ?? null,
    images: images.map((image) => imageDocument(image, ring, journal)),
  };
}

function copyDocument({ at, superblock, fault }: SuperblockCopy, newest: bigint): object {
  return superblock === undefined
    ? { at, fault: faultWords(fault ?? "blank") }
    : { at, writeNumber: String(superblock.number), newest: superblock.number === newest };
}

function imageDocument(
  { row, base, end, filemarks, chain }: RingImage,
  { images }: Ring,
  journal: LaneJournal | undefined,
): ImageDocument {
  const later = images.filter((other) => other.row.lastUsed > row.lastUsed);
  const isNoted = journal !== undefined && journal.volumeTag === row.volumeTag;
  return {
    number: row.number,
    volumeTag: row.volumeTag,
    realVolumeTag: isNoted ? journal.realVolumeTag : null,
    base,
    end,
    filemarks,
    ringBytes: chain.segments.reduce((sum, part) => sum + part.endBytes - SEGMENT.dataAt, 0),
    segments: chain.segments.length,
    complete: base === 0 && chain.holeBefore === undefined,
    lastUsedRank: later.length + 1,
  };
}

/** What `show` prints of a ring. */
export function ringLines(ring: RingDocument): string[] {
  const { segmentCount, segmentBytes, segmentsUsed, sizeBytes, identity, images } = ring;
  const segments = `${segmentCount} segments of ${formatSize(segmentBytes)}, ${segmentsUsed} in use`;
  const version = `identity ${identity}, format version ${ring.formatVersion}`;
  return [
    `${ring.path}: a ring of ${formatSize(sizeBytes)}, ${segments}`,
    `${INDENT}${version}`,
    ...stripeLines(ring.devices),
    ...(ring.encryption === "none" ? [] : [`${INDENT}encrypted: AES-256-XTS, ${ring.encryption}`]),
    ...ring.superblocks.map((copy, n) => `${INDENT}superblock ${n}: ${copyWords(copy)}`),
    `${INDENT}journal: ${journalWords(ring.journal ?? undefined)}`,
    ...inUseLines(ring.writerPid ?? 0),
    ...(images.length === 0 ? [`${INDENT}no images`] : imageLines(images)),
  ];
}

function stripeLines(devices: readonly string[]): string[] {
  if (devices.length === 1) return [];
  const head = `${INDENT}striped over ${devices.length} devices, in this order:`;
  return [head, ...devices.map((device, n) => `${INDENT}${INDENT}${n + 1} ${device}`)];
}

function copyWords(copy: object): string {
  if ("fault" in copy) return String(copy.fault);
  const { writeNumber, newest } = copy as { writeNumber: string; newest: boolean };
  return `write ${writeNumber}${newest ? ", the newest" : ""}`;
}

/** Somebody, most likely a bridge, may be at work on it. */
export function inUseLines(writerPid: number): string[] {
  if (writerPid === 0) return [];
  const words = `process ${writerPid} may be writing it: what is shown is of one moment each`;
  return [`${INDENT}in use: ${words}; the newest objects may be missing`];
}

function imageLines(images: readonly ImageDocument[]): string[] {
  const rows = images.map((image) => [
    String(image.number),
    image.volumeTag,
    image.realVolumeTag ?? "?",
    String(image.base),
    String(image.end),
    String(image.filemarks),
    formatSize(image.ringBytes),
    String(image.segments),
    image.complete ? "complete" : `from ${image.base} on`,
    image.lastUsedRank === 1 ? "latest" : `${image.lastUsedRank}.`,
  ]);
  const header = [...IMAGE_HEADER, "", "last used"];
  return alignedRows([header, ...rows], IMAGE_TEXT_COLUMNS).map((line) => INDENT + line);
}

/** One object of an image; `index` counts within its entry. */
export function objectDocument(entry: RingEntry, index: number): object {
  const object = entry.first + index;
  if (entry.isFilemark) return { object, kind: "filemark", offset: entry.offset };
  const { objectBytes, dataAt, dataCrc, count } = entry;
  const offset = dataAt + index * objectBytes;
  const crc32c = dataCrc.toString(16).padStart(8, "0");
  const alone = { object, kind: "record", bytes: objectBytes, offset, crc32c };
  return entry.dataBytes === objectBytes ? alone : { ...alone, entryObjects: count };
}

/** The same as a line. */
export function objectLine(entry: RingEntry, index: number): string {
  const object = entry.first + index;
  if (entry.isFilemark) return `${object} filemark ${entry.offset}`;
  const { objectBytes, dataAt, dataBytes, dataCrc } = entry;
  const crc = dataCrc.toString(16).padStart(8, "0");
  const shared = dataBytes === objectBytes ? "" : ` of ${dataBytes} bytes at ${dataAt}`;
  return `${object} record ${objectBytes} ${dataAt + index * objectBytes} ${crc}${shared}`;
}

/** What `check` found, for people. */
export function checkLines({ path, writerPid }: RingPlace, result: CheckResult): string[] {
  const { findings, notes, totals } = result;
  const sums = totals.map(({ image, volumeTag, records, filemarks, bytes }) => {
    const what = `records=${records} filemarks=${filemarks} bytes=${bytes}`;
    return `${INDENT}image ${image} "${volumeTag}": right are ${what}`;
  });
  const count = findings.length === 1 ? "1 thing is" : `${findings.length} things are`;
  return [
    `${path}: ${findings.length === 0 ? "nothing is" : count} wrong`,
    ...inUseLines(writerPid),
    ...sums,
    ...notes.map((note) => `${INDENT}note: ${note}`),
    ...findings.flatMap(findingLines),
  ];
}

/** A finding in four lines. */
export function findingLines(finding: Finding): string[] {
  const { at, devices, what, objects, means, todo } = finding;
  const where = devices === undefined ? "" : `, on ${devices.join(" or ")}`;
  const whose =
    objects === undefined
      ? []
      : [
          `image ${objects.image} "${objects.volumeTag}", objects ${objects.first} to ${objects.end - 1}`,
        ];
  const lines = [
    `wrong at ring offset ${at}${where}: ${what}`,
    ...whose.map((words) => `  ${words}`),
  ];
  return [...lines, `  means: ${means}`, `  do: ${todo}`].map((line) => INDENT + line);
}
