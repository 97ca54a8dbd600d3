/**
 * Which segments make an image, as SPEC.md section 6 says it. Decides where a chain begins, where it
 * ends, and what a hole in it means; reads nothing.
 */
import type { Fault, ImageRow } from "./layout.ts";

/** A segment in use, of whatever image. */
export interface RingSegment {
  readonly index: number;
  /** Ring offset. */
  readonly offset: number;
  readonly isSealed: boolean;
  readonly sequence: number;
  readonly previous: number;
  readonly image: number;
  readonly first: number;
  readonly filemarks: number;
  readonly end: number;
  readonly endFilemarks: number;
  /** Byte in the segment at which its last entry ends. */
  readonly endBytes: number;
  /** Not sealed: why nothing is believed from `endBytes` on; undefined: the segment is full. */
  readonly tailFault: Fault | undefined;
}

/** The segments of an image. */
export interface Chain {
  /** Oldest first; their ends are what counts of them. */
  readonly segments: readonly RingSegment[];
  /** The device lost what lay before this segment. */
  readonly holeBefore: RingSegment | undefined;
  /** Segments that never happened, because the power went before one in front of them was stored. */
  readonly struck: readonly RingSegment[];
}

/** The chain of the image with that row. */
export function chainOf(row: ImageRow, all: readonly RingSegment[], durable: number): Chain {
  let candidates = all
    .filter(({ image, first }) => image === row.number && first >= row.base)
    .filter(({ sequence, first }) => sequence >= row.cutSequence || first < row.cutObject)
    .sort((left, right) => left.sequence - right.sequence);
  const bySequence = new Map(candidates.map((segment) => [segment.sequence, segment]));
  const struck: RingSegment[] = [];
  for (let newest = candidates.at(-1); newest !== undefined; newest = candidates.at(-1)) {
    const { segments, hole } = backFrom(cutTo(newest, row), row, bySequence);
    if (hole === undefined || hole.previous <= durable) {
      return { segments, holeBefore: hole, struck };
    }
    struck.push(...candidates.filter(({ sequence }) => sequence >= hole.sequence));
    candidates = candidates.filter(({ sequence }) => sequence < hole.sequence);
  }
  return { segments: [], holeBefore: undefined, struck };
}

/** The newest segment as far as the row's cut leaves it. */
function cutTo(newest: RingSegment, row: ImageRow): RingSegment {
  const isCut = newest.sequence < row.cutSequence && newest.end > row.cutObject;
  return isCut ? { ...newest, end: row.cutObject, endFilemarks: row.cutFilemarks } : newest;
}

function backFrom(
  newest: RingSegment,
  row: ImageRow,
  bySequence: ReadonlyMap<number, RingSegment>,
): { segments: RingSegment[]; hole: RingSegment | undefined } {
  const backwards = [newest];
  let hole: RingSegment | undefined;
  for (let at = newest; at.first !== row.base && at.previous !== 0; ) {
    // A segment is older than those behind it; anything else would lead around in a circle.
    const before = at.previous < at.sequence ? bySequence.get(at.previous) : undefined;
    if (before === undefined || before.end < at.first) {
      hole = at;
      break;
    }
    at = { ...before, end: at.first, endFilemarks: at.filemarks };
    backwards.push(at);
  }
  return { segments: backwards.reverse(), hole };
}
