/** What the ring must hold, as plain arrays: the simplest model there is. */
import { ENTRY_FILEMARK } from "../../assembly/spec/ring-layout.ts";
import type { RingMachine, TapeObject } from "./ring-machine.ts";

/** Records whose bytes say which they are. */
export function makeRecords(seed: number, count: number, bytes: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const record = new Uint8Array(bytes);
    for (let i = 0; i < bytes; i++) record[i] = (seed * 31 + index * 7 + i * 13) & 0xff;
    new DataView(record.buffer).setUint32(0, seed * 16 + index);
    return record;
  });
}

/** Appends to the ring, waiting for room as a lane does; the objects it took, [] when it is full. */
export function appendTo(
  ring: RingMachine,
  what: { seed: number; count: number; bytes: number },
): TapeObject[] {
  const records = what.bytes < 4 ? [] : makeRecords(what.seed, what.count, what.bytes);
  const objects: TapeObject[] =
    what.bytes < 4 ? Array.from({ length: what.count }, () => "filemark") : records;
  const attempt = () =>
    what.bytes < 4 ? ring.appendFilemarks(what.count, ENTRY_FILEMARK) : ring.appendRecords(records);
  while (!attempt()) {
    if (ring.call("ringWaiting") === 0 || ring.outstanding === 0) return [];
    ring.complete(0);
  }
  return objects;
}

/** Are both the same object? */
export function same(left: TapeObject | undefined, right: TapeObject | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  if (left === "filemark" || right === "filemark") return left === right;
  return Buffer.compare(left, right) === 0;
}

/** Filemarks among the first `end` objects. */
export function countFilemarks(objects: readonly TapeObject[], end = objects.length): number {
  return objects.slice(0, end).filter((object) => object === "filemark").length;
}
