/**
 * Files on which it rests who may come in. Decides who may be able to read or write one. What is in it is
 * in no message.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { OperatorError, type OperatorErrorCode, operatorErrorOf } from "./error.ts";

/** Bits of a mode that a file only for its owner has not. */
export const OTHERS_MAY_READ = 0o077;

/** Bits of a mode that a file has not which only its owner changes. */
export const OTHERS_MAY_WRITE = 0o022;

/** What was read, and how many bytes the file has. */
export interface SecretFile {
  readonly bytes: Buffer;
  readonly size: number;
}

/**
 * At most `bytesMax` bytes of a file of this user or of root, whose mode has none of the bits
 * `forbiddenMode`. Throws OperatorError, with `code` where the file is not fit to hold a secret.
 */
export function readSecretFile(
  path: string,
  code: OperatorErrorCode,
  forbiddenMode: number,
  bytesMax: number,
): SecretFile {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(fd);
    if (!stat.isFile()) {
      throw new OperatorError(code, path, "not a file");
    }
    if ((stat.mode & forbiddenMode) !== 0) {
      const words =
        forbiddenMode === OTHERS_MAY_WRITE
          ? "others may write it: chmod go-w it"
          : "others may read or write it: chmod 600 it";
      throw new OperatorError(code, path, words);
    }
    if (stat.uid !== 0 && stat.uid !== process.getuid?.()) {
      throw new OperatorError(code, path, "it belongs to another user");
    }
    const bytes = Buffer.alloc(bytesMax);
    const length = readSync(fd, bytes, 0, bytesMax, null);
    return { bytes: bytes.subarray(0, length), size: Math.max(stat.size, length) };
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  } finally {
    if (fd !== undefined) {
      closeSync(fd);
    }
  }
}
