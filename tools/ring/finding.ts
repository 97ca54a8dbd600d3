/**
 * What can be wrong with a ring, in words: where, what, what it means for which objects of which
 * image, and what to do. Decides the words; finds nothing itself.
 */
import { type Fault, SEGMENT, type Superblock } from "./layout.ts";
import type { RingPlace } from "./opened.ts";
import type { BadHeader, RingImage, SuperblockCopy } from "./read-ring.ts";
import type { RingEntry } from "./segment-walk.ts";
import { devicesOf } from "./stripes.ts";

/** Objects `first` to before `end` of an image. */
export interface ObjectRange {
  readonly image: number;
  readonly volumeTag: string;
  readonly first: number;
  readonly end: number;
}

/** Where objects `first` to before `end` of an image are lost. */
interface LostPlace extends Pick<Finding, "at" | "bytes"> {
  readonly first: number;
  readonly end: number;
}

/** One thing that is wrong. */
export interface Finding {
  /** Ring offset. */
  readonly at: number;
  /** So many from there on, of which some are wrong; absent: it is there. */
  readonly bytes?: number;
  /** Of a striped ring: those that these bytes lie on. */
  readonly devices?: readonly string[];
  readonly what: string;
  /** The objects that the ring cannot give; undefined: none of any image for certain. */
  readonly objects: ObjectRange | undefined;
  readonly means: string;
  readonly todo: string;
}

const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  unreadable: "the device does not give it",
  blank: "there is none",
  crc: "its CRC is wrong: torn or rotten",
  version: "it is of a version that is not known",
  identity: "it is of another ring",
  misplaced: "it belongs to another place: misdirected",
  stale: "it is of an earlier use of the segment",
  order: "it is not the one that must come here",
  length: "its numbers are impossible",
  data: "the data are not what was written (CRC32C)",
};

const TODO_LOST =
  "the cartridge itself has them while it can be read: write the volume anew through the bridge, " +
  "or expect no help from the ring for it; replace the disk if this comes again";
const TODO_NOTHING = "nothing now; replace the disk if this comes again";
const TODO_STOP = "do not start a bridge on it: copy the device first, then look for the right one";

/** Why bytes are not believed, in words. */
export function faultWords(fault: Fault): string {
  return FAULT_WORDS[fault];
}

/** The same, with the devices that it is on where the ring has several. */
export function located(
  finding: Finding,
  { devices, sizeBytes }: Pick<RingPlace, "devices" | "sizeBytes">,
): Finding {
  const { at, bytes = 1 } = finding;
  if (devices.length === 1 || at >= sizeBytes) return finding;
  return { ...finding, devices: devicesOf(devices, at, bytes) };
}

/** Neither copy of the superblock is valid. */
export function noRing(copies: readonly SuperblockCopy[]): Finding {
  const reasons = copies.map(({ at, fault }) => `at ${at} ${FAULT_WORDS[fault ?? "blank"]}`);
  const isNew = copies.every(({ fault }) => fault === "blank");
  return {
    at: 0,
    what: `there is no ring: neither superblock is valid (${reasons.join("; ")})`,
    objects: undefined,
    means: "a bridge that starts on it makes a new, empty ring",
    todo: isNew ? "check the path; a device that was never used looks like this" : TODO_STOP,
  };
}

/** One copy is not valid, the other is. */
export function badCopy({ at, fault }: SuperblockCopy): Finding {
  return {
    at,
    what: `the superblock: ${FAULT_WORDS[fault ?? "blank"]}`,
    objects: undefined,
    means: "nothing is lost: the other copy counts; a start writes both",
    todo: TODO_NOTHING,
  };
}

/** The device has fewer segments than the ring. */
export function tooSmall(deviceBytes: number, { segmentCount }: Superblock, fit: number): Finding {
  return {
    at: deviceBytes,
    what: `the device ends after ${fit} of ${segmentCount} segments`,
    objects: undefined,
    means: "a bridge that starts on it makes a new, empty ring",
    todo: TODO_STOP,
  };
}

/** A segment header that is there and not right. */
export function badHeader({ at, segment, fault, isKnown }: BadHeader): Finding {
  return {
    at,
    what: `a header of segment ${segment}: ${FAULT_WORDS[fault]}`,
    objects: undefined,
    means: isKnown
      ? "nothing is lost: the other header of the segment says what it holds"
      : "the segment holds nothing that is believed: an image that needs it has a hole, or is not there",
    todo: isKnown ? TODO_NOTHING : "look whether an image below lacks objects, or one is missing",
  };
}

/** The device lost what an image had before its first object. */
export function hole({ row, base, chain }: RingImage): Finding {
  return {
    at: (chain.segments[0]?.offset ?? 0) + SEGMENT.openAt,
    what: "the segment before this one is not there, or holds less than it did",
    objects: { image: row.number, volumeTag: row.volumeTag, first: row.base, end: base },
    means: `the image begins at object ${base}: a failed cartridge is not covered by it`,
    todo: TODO_LOST,
  };
}

/** Entries that cannot be read, or data that are not what was written. */
export function lostObjects(
  { row }: RingImage,
  place: LostPlace,
  fault: Fault | undefined,
): Finding {
  const { first, end, ...where } = place;
  const what = fault === undefined ? "the entries end before the segment's seal says" : "";
  return {
    ...where,
    what:
      what || (fault === "data" ? FAULT_WORDS.data : `the entry: ${FAULT_WORDS[fault ?? "order"]}`),
    objects: { image: row.number, volumeTag: row.volumeTag, first, end },
    means: "the ring cannot give them, so a recovery that needs them fails",
    todo: TODO_LOST,
  };
}

/** Data of an entry that is there. */
export function wrongData(image: RingImage, entry: RingEntry, fault: Fault): Finding {
  const { offset, dataAt, dataBytes, first, count } = entry;
  const bytes = dataAt + dataBytes - offset;
  return lostObjects(image, { at: offset, bytes, first, end: first + count }, fault);
}

/** The image ends before bytes that were once on stable storage and are not believed now. */
export function shortEnd({ row, end }: RingImage, at: number, fault: Fault): Finding {
  return {
    at,
    what: `the entry: ${FAULT_WORDS[fault]}, in a segment that was once stored whole`,
    objects: undefined,
    means: `image ${row.number} "${row.volumeTag}" ends at object ${end}; it had more`,
    todo: TODO_LOST,
  };
}

/** A bridge gave the segment up while it was read. */
export function takenAgain(
  { row, base, end }: RingImage,
  { index, offset }: { readonly index: number; readonly offset: number },
): Finding {
  return {
    at: offset + SEGMENT.openAt,
    what: `segment ${index} was given up and taken again while this read it`,
    objects: { image: row.number, volumeTag: row.volumeTag, first: base, end },
    means: "a bridge is writing this ring: the image is not the one any more that was begun with",
    todo: "begin again; stop the bridge first where this comes again",
  };
}

/** A seal whose end is not where its entries lead to. */
export function wrongSeal(at: number): Finding {
  return {
    at,
    what: "the seal says another end than its entries lead to",
    objects: undefined,
    means: "what follows this segment may not be found by filemark",
    todo: TODO_NOTHING,
  };
}
