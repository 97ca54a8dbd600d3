/**
 * One archive as a backup server writes it: Debian's tar over a list of files, its output cut into
 * records. Decides tar's options and where records end; the bytes are tar's.
 * Invariants: every record has exactly `recordBytes` (tar pads its last one); a record is valid
 * until the next one is asked for.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { OperatorError } from "../../host/lib/error.ts";

const TAR_BLOCK_BYTES = 512;
/** GNU tar: 1 = some files changed while they were read; the archive is still whole. */
const TAR_EXIT_MAX = 1;
const STDERR_CHARS_MAX = 2000;

/** The records of the tar of `paths` (absolute). Throws OperatorError where tar is missing or fails. */
export async function* tarRecords(
  paths: readonly string[],
  recordBytes: number,
): AsyncGenerator<Uint8Array> {
  const child = spawn("tar", tarArguments(recordBytes), { stdio: ["pipe", "pipe", "pipe"] });
  const ended = endOf(child);
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-STDERR_CHARS_MAX);
  });
  // EPIPE when tar ends early: its exit code says why.
  child.stdin.on("error", () => undefined);
  Readable.from(nameBytes(paths)).pipe(child.stdin);
  try {
    yield* cutRecords(child.stdout, recordBytes);
    const fault = await ended;
    if (fault !== "") {
      throw new OperatorError("system", "tar", `${fault} ${complaint.trim()}`.trim());
    }
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

function tarArguments(recordBytes: number): string[] {
  return [
    "--create",
    "--file=-",
    `--blocking-factor=${recordBytes / TAR_BLOCK_BYTES}`,
    "--format=gnu",
    "--directory=/",
    "--no-recursion",
    "--ignore-failed-read",
    "--null",
    "--files-from=-",
  ];
}

function* nameBytes(paths: readonly string[]): Generator<Buffer> {
  for (const path of paths) {
    yield Buffer.from(`${path.slice(1)}\0`);
  }
}

/** "" when tar ended well, else what happened. Never rejects. */
async function endOf(child: ReturnType<typeof spawn>): Promise<string> {
  try {
    const [code, signal] = await once(child, "close");
    const isWell = typeof code === "number" && code <= TAR_EXIT_MAX;
    return isWell ? "" : `ended with ${String(code ?? signal)}`;
  } catch (error) {
    return String(error);
  }
}

/**
 * Cuts a stream into records of `recordBytes`; a shorter rest at the end becomes a shorter record.
 * A record's memory is used again for the next one.
 */
export async function* cutRecords(
  chunks: AsyncIterable<Uint8Array>,
  recordBytes: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(recordBytes);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + recordBytes - filled);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === recordBytes) {
        yield buffer;
        filled = 0;
      }
    }
  }
  if (filled > 0) {
    yield buffer.subarray(0, filled);
  }
}
