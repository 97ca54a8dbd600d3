/**
 * Several cache devices as one (RAID 0): where each byte lies. Decides the mapping and what a fault of one
 * device means: it is the fault of the whole. Redundancy is not made here; that is what md is for.
 * Invariant: a flush is done when every device has flushed.
 */

import type { CacheDevice } from "./cache-device.ts";
import { LABEL_AREA_BYTES, STRIPE_UNIT_BYTES } from "./stripe-label.ts";

const EIO = 5;

/** A part of a transfer that lies on one device in one piece. */
interface Piece {
  readonly device: number;
  /** On the device. */
  readonly offset: number;
  readonly bytes: number;
}

/** The devices in their order, of which each holds `dataBytes` bytes of the whole behind its label. */
export function stripedCache(devices: readonly CacheDevice[], dataBytes: number): CacheDevice {
  const sizeBytes = dataBytes * devices.length;
  return {
    sizeBytes,
    write: (offset, parts, done) => {
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      if (offset + bytes > sizeBytes) {
        done(EIO);
        return;
      }
      writeAll(devices, piecesOf(offset, bytes, devices.length), parts, done);
    },
    flush: (done) => {
      const ended = whenAll(devices.length, done);
      for (const device of devices) {
        device.flush(ended);
      }
    },
    read: (offset, into, done) => {
      const bytes = Math.max(0, Math.min(into.length, sizeBytes - offset));
      readAll(devices, piecesOf(offset, bytes, devices.length), into, (errno) =>
        done(errno, errno === 0 ? bytes : 0),
      );
    },
    close: () => {
      for (const device of devices) {
        device.close();
      }
    },
  };
}

/** In the order of the transfer; every stripe unit goes to the next device. */
function piecesOf(offset: number, bytes: number, count: number): Piece[] {
  const pieces: Piece[] = [];
  for (let done = 0; done < bytes; ) {
    const at = offset + done;
    const unit = Math.floor(at / STRIPE_UNIT_BYTES);
    const within = at % STRIPE_UNIT_BYTES;
    const length = Math.min(STRIPE_UNIT_BYTES - within, bytes - done);
    const row = Math.floor(unit / count);
    pieces.push({
      device: unit % count,
      offset: LABEL_AREA_BYTES + row * STRIPE_UNIT_BYTES + within,
      bytes: length,
    });
    done += length;
  }
  return pieces;
}

/** One write a device: its pieces of one transfer follow each other there without a gap. */
function writeAll(
  devices: readonly CacheDevice[],
  pieces: readonly Piece[],
  parts: readonly Uint8Array[],
  done: (errno: number) => void,
): void {
  const writes = new Map<number, { readonly offset: number; readonly parts: Uint8Array[] }>();
  const source = new PartReader(parts);
  for (const { device, offset, bytes } of pieces) {
    const write = writes.get(device) ?? { offset, parts: [] };
    write.parts.push(...source.take(bytes));
    writes.set(device, write);
  }
  const ended = whenAll(writes.size, done);
  for (const [number, write] of writes) {
    devices[number]?.write(write.offset, write.parts, ended);
  }
}

function readAll(
  devices: readonly CacheDevice[],
  pieces: readonly Piece[],
  into: Uint8Array,
  done: (errno: number) => void,
): void {
  const ended = whenAll(pieces.length, done);
  let at = 0;
  for (const { device, offset, bytes } of pieces) {
    const piece = into.subarray(at, at + bytes);
    devices[device]?.read(offset, piece, (errno, got) => {
      ended(errno === 0 && got < bytes ? EIO : errno);
    });
    at += bytes;
  }
}

/** Calls `done` when it was called `count` times, with the first error number. */
function whenAll(count: number, done: (errno: number) => void): (errno: number) => void {
  let left = count;
  let first = 0;
  if (count === 0) {
    setImmediate(done, 0);
  }
  return (errno) => {
    first ||= errno;
    left -= 1;
    if (left === 0) {
      done(first);
    }
  };
}

/** Takes bytes off the front of a list of parts, as views. */
class PartReader {
  readonly #parts: readonly Uint8Array[];
  #part = 0;
  #at = 0;

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
  }

  take(bytes: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    for (let left = bytes; left > 0; ) {
      const part = this.#parts[this.#part];
      if (part === undefined) {
        break;
      }
      const view = part.subarray(this.#at, this.#at + left);
      if (view.length > 0) {
        taken.push(view);
      }
      left -= view.length;
      this.#at += view.length;
      if (this.#at === part.length) {
        this.#part += 1;
        this.#at = 0;
      }
    }
    return taken;
  }
}
