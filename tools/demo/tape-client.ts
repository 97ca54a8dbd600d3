/**
 * The tape drive as a small backup server uses it: variable blocks, queue depth 1, like tar over
 * Linux `st`. Decides the CDBs and which sense data ends a file or the data. Imports nothing of the bridge but its initiator.
 */

import { KEY_BLANK_CHECK, KEY_NO_SENSE, type Sense } from "./sense.ts";
import type { ServerDevice } from "./server-device.ts";
import type { ServerWatch } from "./server-watch.ts";

/** Linux `st`: 900 s for read, write, filemarks; longer for what moves tape. */
const TRANSFER_TIMEOUT_MS = 900_000;
const MOTION_TIMEOUT_MS = 1_800_000;

/** What one READ gave. */
export type ReadObject =
  | { readonly kind: "record"; readonly data: Uint8Array }
  | { readonly kind: "filemark" }
  | { readonly kind: "end-of-data" };

/** One drive with a cartridge in it. Every method throws ServerFault where the job would fail. */
export class TapeClient {
  private readonly drive: ServerDevice;
  private readonly watch: ServerWatch;

  constructor(drive: ServerDevice, watch: ServerWatch) {
    this.drive = drive;
    this.watch = watch;
  }

  /** WRITE(6) of one record of 1 to 2^24 - 1 bytes. */
  async write(record: Uint8Array): Promise<void> {
    const cdb = sixBytes(0x0a, 0, record.length);
    await this.timed({ name: "WRITE(6)", cdb, dataOut: [record], timeoutMs: TRANSFER_TIMEOUT_MS });
  }

  /** WRITE FILEMARKS(6), IMMED=0: GOOD means that everything before is on the tape. */
  async writeFilemark(): Promise<void> {
    const cdb = sixBytes(0x10, 0, 1);
    await this.timed({ name: "WRITE FILEMARKS(6)", cdb, timeoutMs: TRANSFER_TIMEOUT_MS });
  }

  /**
   * READ(6) of one record of exactly `into.length` bytes, which is what it was written with; a
   * record of another length is an error, as it would be for `tar -b`.
   */
  async read(into: Uint8Array): Promise<ReadObject> {
    const cdb = sixBytes(0x08, 0, into.length);
    const command = { name: "READ(6)", cdb, dataIn: into, timeoutMs: TRANSFER_TIMEOUT_MS };
    const { sense, dataInBytes } = await this.drive.run(command, endsRecords);
    if (sense === undefined) {
      return { kind: "record", data: into.subarray(0, dataInBytes) };
    }
    return { kind: sense.filemark ? "filemark" : "end-of-data" };
  }

  async rewind(): Promise<void> {
    const cdb = sixBytes(0x01, 0, 0);
    await this.drive.run({ name: "REWIND", cdb, timeoutMs: MOTION_TIMEOUT_MS });
  }

  /** LOAD UNLOAD with LOAD=0, IMMED=0. */
  async unload(): Promise<void> {
    const cdb = sixBytes(0x1b, 0, 0);
    await this.drive.run({ name: "LOAD UNLOAD", cdb, timeoutMs: MOTION_TIMEOUT_MS });
  }

  private async timed(command: Parameters<ServerDevice["run"]>[0]): Promise<void> {
    const startMs = performance.now();
    await this.drive.run(command);
    this.watch.waited(command.name, performance.now() - startMs);
  }
}

function sixBytes(operationCode: number, flags: number, length: number): Uint8Array {
  return Uint8Array.of(operationCode, flags, length >> 16, length >> 8, length, 0);
}

function endsRecords(sense: Sense): boolean {
  const isFilemark = sense.key === KEY_NO_SENSE && sense.filemark;
  return !sense.deferred && (isFilemark || sense.key === KEY_BLANK_CHECK);
}
