/**
 * A cache device in a file (sparse, made when it is not there), through the page cache; or on a block
 * device, around it (O_DIRECT) where the device can. Decides how it is opened; the bytes are the core's.
 */

import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  read,
  readSync,
  statfsSync,
  writev,
} from "node:fs";
import { dirname } from "node:path";
import { errnoOf, OperatorError, operatorErrorOf } from "../lib/error.ts";
import { formatSize } from "../lib/size.ts";
import { blockDeviceBytes } from "./block-device.ts";
import { CACHE_BLOCK_BYTES, type CacheDevice, type CacheFault } from "./cache-device.ts";
import { ENCRYPTION_AREA_BYTES } from "./encryption-label.ts";
import { alignedBuffers, GatheringCache } from "./gathering-cache.ts";
import { encryptionFault, openEncrypted } from "./open-encrypted.ts";
import { QueuedCache } from "./queued-cache.ts";
import type { RingAccess } from "./ring-secret.ts";

/** Error number of a fault that the machine gave no number for. */
const EIO = 5;
/** What a file system counts a file's blocks in. */
const STAT_BLOCK_BYTES = 512;

/**
 * Opens (or makes) the cache device; encrypted with `access`. A block device keeps its own size, and so does
 * a file that is larger than `sizeBytes`: it may hold what is still owed to a tape. A smaller file grows.
 */
export async function openCache(
  path: string,
  sizeBytes: number,
  access?: RingAccess,
): Promise<CacheDevice | CacheFault> {
  const labelBytes = access === undefined ? 0 : ENCRYPTION_AREA_BYTES;
  const opened = openFile(path, sizeBytes + labelBytes);
  if ("fault" in opened) {
    return opened;
  }
  const { file, isDirect } = opened;
  const ring =
    access === undefined
      ? ((await encryptionFault(file, path)) ?? file)
      : await openEncrypted(file, path, access, isDirect);
  // A file that is refused keeps its length too.
  const usable = ring instanceof OperatorError ? ring : (file.grow(path) ?? ring);
  if (usable instanceof OperatorError) {
    file.close();
    return { fault: usable };
  }
  return isDirect || access !== undefined ? new GatheringCache(usable) : new QueuedCache(usable);
}

/** An open file or block device, and whether it is one around the page cache. */
interface OpenedFile {
  readonly file: FileCache;
  readonly isDirect: boolean;
}

function openFile(path: string, sizeBytes: number): OpenedFile | CacheFault {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    const opened = sizeOf(fd, path, sizeBytes);
    if (typeof opened === "number") {
      const direct = fstatSync(fd).isBlockDevice() ? openDirect(path) : undefined;
      if (direct === undefined) {
        return { file: new FileCache(fd, opened), isDirect: false };
      }
      closeSync(fd);
      return { file: new FileCache(direct, opened), isDirect: true };
    }
    closeSync(fd);
    return { fault: opened };
  } catch (thrown) {
    if (fd !== undefined) {
      closeSync(fd);
    }
    return { fault: operatorErrorOf(thrown, path) };
  }
}

/** The bytes that can be used, when a file has been made long enough; or why it cannot be used. */
function sizeOf(fd: number, path: string, sizeBytes: number): number | OperatorError {
  const stat = fstatSync(fd);
  if (stat.isBlockDevice()) {
    return blockDeviceBytes(fstatSync(fd, { bigint: true }).rdev);
  }
  if (!stat.isFile()) {
    return notAFile(path);
  }
  const usedBytes = Math.max(stat.size, sizeBytes);
  return roomFault(path, usedBytes, stat.blocks) ?? usedBytes;
}

/** A descriptor of the file or device around the page cache; undefined where it has no such (EINVAL). */
function openDirect(path: string): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_DIRECT);
    const [probe = new Uint8Array()] = alignedBuffers([CACHE_BLOCK_BYTES]);
    readSync(fd, probe, 0, CACHE_BLOCK_BYTES, 0);
    return fd;
  } catch (thrown) {
    // Where it was opened and only cannot be read, that is for the core to hear.
    if (errnoOf(thrown) !== "EINVAL") {
      return fd;
    }
    if (fd !== undefined) {
      closeSync(fd);
    }
    return undefined;
  }
}

function notAFile(path: string): OperatorError {
  return new OperatorError("badConfiguration", path, "neither a file nor a block device");
}

/** The file is sparse: what it will need later has to be there now. */
function roomFault(path: string, sizeBytes: number, blocks: number): OperatorError | undefined {
  const { bavail, bsize } = statfsSync(dirname(path));
  const roomBytes = bavail * bsize + blocks * STAT_BLOCK_BYTES;
  if (roomBytes >= sizeBytes) {
    return undefined;
  }
  const words = `a ring of ${formatSize(sizeBytes)} does not fit, ${formatSize(roomBytes)} are free`;
  return new OperatorError("diskFull", path, words);
}

/** An open file: each transfer to its end. */
class FileCache implements CacheDevice {
  readonly sizeBytes: number;
  readonly #fd: number;

  constructor(fd: number, sizeBytes: number) {
    this.#fd = fd;
    this.sizeBytes = sizeBytes;
  }

  /** Makes a file as long as it is used; what the system says against it. */
  grow(path: string): OperatorError | undefined {
    try {
      const stat = fstatSync(this.#fd);
      if (stat.isFile() && stat.size < this.sizeBytes) {
        ftruncateSync(this.#fd, this.sizeBytes);
      }
      return undefined;
    } catch (thrown) {
      return operatorErrorOf(thrown, path);
    }
  }

  write(offset: number, parts: readonly Uint8Array[], done: (errno: number) => void): void {
    let left = 0;
    for (const part of parts) {
      left += part.length;
    }
    writev(this.#fd, parts, offset, (error, written) => {
      if (error !== null || written === left) {
        done(errorNumber(error));
      } else if (written === 0) {
        done(EIO);
      } else {
        this.write(offset + written, behind(parts, written), done);
      }
    });
  }

  flush(done: (errno: number) => void): void {
    fdatasync(this.#fd, (error) => done(errorNumber(error)));
  }

  read(offset: number, into: Uint8Array, done: (errno: number, bytes: number) => void): void {
    this.#readOn(offset, into, 0, done);
  }

  #readOn(
    offset: number,
    into: Uint8Array,
    got: number,
    done: (errno: number, bytes: number) => void,
  ): void {
    read(this.#fd, into, got, into.length - got, offset + got, (error, bytes) => {
      const all = got + (error === null ? bytes : 0);
      if (error !== null || bytes === 0 || all === into.length) {
        done(errorNumber(error), all);
      } else {
        this.#readOn(offset, into, all, done);
      }
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** What is left of the parts behind their first `bytes` bytes. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const left: Uint8Array[] = [];
  let skip = bytes;
  for (const part of parts) {
    if (skip < part.length) {
      left.push(part.subarray(skip));
    }
    skip = Math.max(0, skip - part.length);
  }
  return left;
}

function errorNumber(error: NodeJS.ErrnoException | null): number {
  return error === null ? 0 : Math.abs(error.errno ?? EIO);
}
