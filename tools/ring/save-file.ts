/**
 * The file that an image is saved into. Decides that its name is there only when all of it is on
 * stable storage: until then it has a name of its own, and what is not finished is removed.
 * Invariants: nothing that is there is written over; memory stays within one buffer.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  fsync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { errnoOf, OperatorError, operatorErrorOf } from "../../host/lib/error.ts";

const BUFFER_BYTES = 4_194_304;
/** What a cartridge holds is for its owner; it may come from an encrypted ring. */
const OWNER_ONLY = 0o600;
const PART_IS_THERE =
  "a save into it is at work, or was killed: then remove this file, it is not whole";

/** Throws OperatorError where something has that name, be it a link that leads nowhere. */
export function refuseExisting(path: string): void {
  let found: unknown;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
  if (found !== undefined) throw new OperatorError("fileExists", path);
}

/** Until it is closed; faults are thrown as OperatorError. */
export class SaveFile {
  readonly #path: string;
  readonly #partPath: string;
  readonly #fd: number;
  readonly #hash = createHash("sha256");
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #usedBytes = 0;
  #isFinished = false;

  constructor(path: string) {
    refuseExisting(path);
    this.#path = path;
    this.#partPath = `${path}.part`;
    try {
      this.#fd = openSync(this.#partPath, "wx", OWNER_ONLY);
    } catch (thrown) {
      throw errnoOf(thrown) === "EEXIST"
        ? new OperatorError("fileExists", this.#partPath, PART_IS_THERE)
        : operatorErrorOf(thrown, this.#partPath);
    }
  }

  /** Appends; the bytes are the caller's again at once. */
  put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const taken = bytes.copy(this.#buffer, this.#usedBytes, at);
      this.#usedBytes += taken;
      at += taken;
      if (this.#usedBytes === BUFFER_BYTES) this.#drain();
    }
  }

  /** Gives it its name, with all of it on stable storage; the SHA-256 of the file. */
  async finish(): Promise<string> {
    this.#drain();
    try {
      await promisify(fsync)(this.#fd);
      refuseExisting(this.#path);
      renameSync(this.#partPath, this.#path);
      this.#isFinished = true;
      syncDirectory(dirname(this.#path));
    } catch (thrown) {
      throw operatorErrorOf(thrown, this.#path);
    }
    return this.#hash.digest("hex");
  }

  /** What was not finished is gone. */
  close(): void {
    closeSync(this.#fd);
    if (!this.#isFinished) rmSync(this.#partPath, { force: true });
  }

  #drain(): void {
    const bytes = this.#buffer.subarray(0, this.#usedBytes);
    this.#hash.update(bytes);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    } catch (thrown) {
      throw operatorErrorOf(thrown, this.#partPath);
    }
    this.#usedBytes = 0;
  }
}

/** The name is on stable storage too. */
function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
