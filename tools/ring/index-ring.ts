/**
 * What a ring holds, before anything is done with it: superblocks, segments, images. Decides which of
 * the images the operator asks for.
 */

import type { OpenRingDevice } from "./device.ts";
import { type Finding, located, noRing } from "./finding.ts";
import type { Encryption, Opened, Work } from "./opened.ts";
import { withPatience } from "./patience.ts";
import { HEADERS_BYTES, newestCopy, readRing, readSuperblocks } from "./read-ring.ts";
import { writerOf } from "./writer.ts";

/** A ring that was opened and not looked at yet. */
export interface RingSource {
  /** As PATH says it: of a striped ring all devices. */
  readonly path: string;
  readonly devices: readonly string[];
  readonly file: OpenRingDevice;
  readonly encryption: Encryption;
}

/** Its index; why there is no ring; or it was stopped. */
export type Indexed = Opened | { readonly noRing: Finding } | "stopped";

/** Reads everything but the entries. */
export async function indexRing(work: Work, source: RingSource): Promise<Indexed> {
  const { options, io, progress } = work;
  const { path, devices, file, encryption } = source;
  const { sizeBytes } = file;
  const writerPid = devices.map(writerOf).find((pid) => pid !== 0) ?? 0;
  const place = { path, devices, sizeBytes, encryption, writerPid };
  const copies = readSuperblocks(file);
  const superblock = newestCopy(copies);
  if (superblock === undefined) return { noRing: located(noRing(copies), place) };
  const phase = { name: "headers", totalBytes: superblock.segmentCount * HEADERS_BYTES };
  const ring = await withPatience(readRing(file, superblock), phase, progress, io.signal);
  if (ring === undefined) return "stopped";
  const { volumeTag } = options;
  const images = ring.images.filter(({ row }) => volumeTag === "" || row.volumeTag === volumeTag);
  return { file, place, copies, ring, images };
}
