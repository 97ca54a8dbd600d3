/**
 * What a ring is read from. Decides how a read that fails looks: it is short, as at the end of the
 * device. Invariant: nothing here can write; the file is opened for reading only.
 */

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { blockDeviceBytes } from "../../host/cache/block-device.ts";
import { errnoOf, OperatorError, operatorErrorOf } from "../../host/lib/error.ts";

/** Bytes at ring offsets. */
export interface RingDevice {
  readonly sizeBytes: number;
  /** `bytes` bytes at a ring offset; fewer where the device ends or does not give them. */
  read(offset: number, bytes: number): Buffer;
}

/** The same, until it is closed. */
export interface OpenRingDevice extends RingDevice {
  close(): void;
}

/** A file or block device, opened for reading. */
export class RingFile implements OpenRingDevice {
  readonly sizeBytes: number;
  readonly #fd: number;

  /** Throws OperatorError: what, where, what to do. */
  constructor(path: string) {
    try {
      this.#fd = openSync(path, "r");
    } catch (thrown) {
      throw operatorErrorOf(thrown, path);
    }
    try {
      this.sizeBytes = sizeOf(this.#fd, path);
    } catch (thrown) {
      closeSync(this.#fd);
      throw operatorErrorOf(thrown, path);
    }
  }

  read(offset: number, bytes: number): Buffer {
    const into = Buffer.allocUnsafe(Math.max(0, Math.min(bytes, this.sizeBytes - offset)));
    let got = 0;
    try {
      while (got < into.length) {
        const more = readSync(this.#fd, into, got, into.length - got, offset + got);
        if (more === 0) {
          break;
        }
        got += more;
      }
    } catch (thrown) {
      // A bad sector (EIO) is what a check is there to find; everything else is a fault of ours.
      if (errnoOf(thrown) !== "EIO") {
        throw operatorErrorOf(thrown, `ring offset ${offset}`);
      }
    }
    return into.subarray(0, got);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function sizeOf(fd: number, path: string): number {
  const stat = fstatSync(fd);
  if (stat.isBlockDevice()) {
    return blockDeviceBytes(fstatSync(fd, { bigint: true }).rdev);
  }
  if (stat.isFile()) {
    return stat.size;
  }
  throw new OperatorError("badConfiguration", path, "neither a file nor a block device");
}
