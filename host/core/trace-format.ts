/**
 * The bytes of a trace file: everything that one core was told, and a check sum of everything that
 * it answered. Decides the layout and its version, nothing about when a trace is taken.
 * All numbers little endian.
 *
 *   header, 32 bytes:  0 "USTTRACE"   8 u32 TRACE_VERSION   12 u32 ABI_VERSION   16 16 bytes zero
 *   then one record per step:
 *     0 u32 bytes of the record that follow
 *     4 the event record (EVENT_BYTES, assembly/spec/event.ts)
 *    68 its parameters (as many bytes as the event record says)
 *     then u32 number of actions, or TRAPPED
 *     then per action: u32 kind, u32 CRC32C of the action record followed by its parameters
 *
 * A file whose last record is cut short was left by a bridge that was killed.
 */

import { ABI_VERSION, EVENT_BYTES } from "../../assembly/spec/abi.ts";
import { EVENT_PARAM_BYTES } from "../../assembly/spec/event.ts";

/** Changed whenever the layout above changes. */
export const TRACE_VERSION = 1;
export const TRACE_HEADER_BYTES = 32;
/** Instead of a number of actions: the core trapped in this step. */
export const TRAPPED = 0xffff_ffff;
/** Bytes of one action in a step's record. */
export const TRACE_ACTION_BYTES = 8;

const MAGIC = "USTTRACE";
const VERSION_AT = 8;
const ABI_AT = 12;

/** One action as the trace remembers it. */
export interface TracedAction {
  readonly kind: number;
  readonly crc: number;
}

/** One step as the trace remembers it. */
export interface TracedStep {
  /** The event record, EVENT_BYTES. */
  readonly event: Uint8Array;
  readonly params: Uint8Array;
  /** undefined: the core trapped. */
  readonly actions: readonly TracedAction[] | undefined;
}

/** The file's first TRACE_HEADER_BYTES. */
export function encodeTraceHeader(): Uint8Array {
  const header = Buffer.alloc(TRACE_HEADER_BYTES);
  header.write(MAGIC, "latin1");
  header.writeUInt32LE(TRACE_VERSION, VERSION_AT);
  header.writeUInt32LE(ABI_VERSION, ABI_AT);
  return header;
}

/** "" where these bytes begin a trace that this program can replay, else why not. */
export function faultOfTraceHeader(header: Uint8Array): string {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (bytes.length < TRACE_HEADER_BYTES || bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    return "it is no trace";
  }
  const version = bytes.readUInt32LE(VERSION_AT);
  if (version !== TRACE_VERSION) {
    return `its format has version ${version}, this program reads ${TRACE_VERSION}`;
  }
  const abi = bytes.readUInt32LE(ABI_AT);
  return abi === ABI_VERSION ? "" : `it is of ABI version ${abi}, this program has ${ABI_VERSION}`;
}

/** A record's content (behind its length); undefined where the bytes contradict themselves. */
export function decodeTracedStep(record: Uint8Array): TracedStep | undefined {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  if (record.length < EVENT_BYTES + 4) {
    return undefined;
  }
  const countAt = EVENT_BYTES + view.getUint32(EVENT_PARAM_BYTES, true);
  if (countAt + 4 > record.length) {
    return undefined;
  }
  const count = view.getUint32(countAt, true);
  const isTrap = count === TRAPPED;
  if (countAt + 4 + (isTrap ? 0 : count * TRACE_ACTION_BYTES) !== record.length) {
    return undefined;
  }
  const actions = Array.from({ length: isTrap ? 0 : count }, (_, index) => {
    const at = countAt + 4 + index * TRACE_ACTION_BYTES;
    return { kind: view.getUint32(at, true), crc: view.getUint32(at + 4, true) };
  });
  return {
    event: record.subarray(0, EVENT_BYTES),
    params: record.subarray(EVENT_BYTES, countAt),
    actions: isTrap ? undefined : actions,
  };
}
