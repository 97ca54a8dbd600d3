/**
 * Records a core's steps into a file (`trace-format.ts`). Decides when bytes are written and when a
 * trace ends; off unless the operator asks for it. Invariants: bounded memory and bounded file;
 * a disk that is full or gone ends the trace, never the lane.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import {
  ACTION_COUNT_MAX,
  EVENT_AT,
  EVENT_BYTES,
  PARAM_IN_AT,
  PARAM_IN_BYTES,
} from "../../assembly/spec/abi.ts";
import { EVENT_PARAM_BYTES } from "../../assembly/spec/event.ts";
import { messageOf } from "../lib/error.ts";
import { crcOfAction } from "./action-crc.ts";
import type { ActionReader } from "./action-reader.ts";
import type { StepObserver } from "./core.ts";
import {
  encodeTraceHeader,
  TRACE_ACTION_BYTES,
  TRACE_HEADER_BYTES,
  TRAPPED,
} from "./trace-format.ts";

/** Written in one piece when full; short enough that the write does not hold up the loop. */
const BUFFER_BYTES = 256 * 1024;
const RECORD_BYTES_MAX =
  4 + EVENT_BYTES + PARAM_IN_BYTES + 4 + ACTION_COUNT_MAX * TRACE_ACTION_BYTES;
/** Then the trace ends: about ten million commands. */
const FILE_BYTES_MAX = 4 * 1024 ** 3;

/** A trace being taken. */
export class TraceWriter implements StepObserver {
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  readonly #onEnd: (reason: string) => void;
  #fd: number | undefined;
  #used = 0;
  #written = 0;

  /** Makes the file, replacing an old one; throws what the file system throws. `onEnd`: it ended early. */
  constructor(path: string, onEnd: (reason: string) => void) {
    this.#fd = openSync(path, "w", 0o600);
    this.#onEnd = onEnd;
    this.#buffer.set(encodeTraceHeader());
    this.#used = TRACE_HEADER_BYTES;
  }

  observe(memory: Uint8Array, actions: ActionReader, count: number | undefined): void {
    if (this.#fd === undefined) {
      return;
    }
    if (this.#used + RECORD_BYTES_MAX > BUFFER_BYTES) {
      this.#flush();
    }
    const start = this.#used;
    let at = start + 4;
    const event = memory.subarray(EVENT_AT, EVENT_AT + EVENT_BYTES);
    this.#buffer.set(event, at);
    const paramBytes = this.#buffer.readUInt32LE(at + EVENT_PARAM_BYTES);
    at += EVENT_BYTES;
    // The core may overwrite its event and parameters; it does not (they are its input).
    this.#buffer.set(memory.subarray(PARAM_IN_AT, PARAM_IN_AT + paramBytes), at);
    at = this.#buffer.writeUInt32LE(count ?? TRAPPED, at + paramBytes);
    for (let index = 0; index < (count ?? 0); index += 1) {
      actions.select(index);
      at = this.#buffer.writeUInt32LE(actions.kind, at);
      at = this.#buffer.writeUInt32LE(crcOfAction(actions), at);
    }
    this.#buffer.writeUInt32LE(at - start - 4, start);
    this.#used = at;
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.#flush();
    this.#end("");
  }

  #flush(): void {
    if (this.#fd === undefined) {
      return;
    }
    try {
      for (let at = 0; at < this.#used; ) {
        at += writeSync(this.#fd, this.#buffer, at, this.#used - at);
      }
    } catch (thrown) {
      this.#end(messageOf(thrown));
      return;
    }
    this.#written += this.#used;
    this.#used = 0;
    if (this.#written > FILE_BYTES_MAX) {
      this.#end("the file is as large as it may become");
    }
  }

  #end(reason: string): void {
    if (this.#fd === undefined) {
      return;
    }
    closeSync(this.#fd);
    this.#fd = undefined;
    if (reason !== "") {
      this.#onEnd(reason);
    }
  }
}
