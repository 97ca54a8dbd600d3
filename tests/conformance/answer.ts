/**
 * An answer in a form that can be compared and printed: status, sense data in words, residual count,
 * data. Decides what of sense data counts: everything but how many zeros follow it.
 */

import { createHash } from "node:crypto";
import type { Outcome } from "./nexus.ts";

const FIXED_DEFERRED = 0x71;
const ADDITIONAL_AT = 7;
const FIXED_HEAD_BYTES = 8;
const SHOWN_BYTES = 140;

/** Everything of an answer. Two that are equal in each field are the same answer. */
export interface Answer {
  readonly status: number;
  /** "8/00/05 valid 3 EOM", "" without sense data. */
  readonly sense: string;
  readonly residual: number;
  readonly data: Buffer;
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

/** Sense data in words; what the words do not say follows as bytes. */
export function senseWords(sense: Uint8Array): string {
  const bytes = Buffer.from(sense);
  if (bytes.length === 0) {
    return "";
  }
  const code = bytes.readUInt8(0);
  if ((code & 0x7e) !== 0x70 || bytes.length < FIXED_HEAD_BYTES) {
    return `bytes ${bytes.toString("hex")}`;
  }
  const told = Buffer.alloc(18);
  bytes.copy(told, 0, 0, FIXED_HEAD_BYTES + bytes.readUInt8(ADDITIONAL_AT));
  const flags = told.readUInt8(2);
  const words = [
    `${(flags & 0x0f).toString(16).toUpperCase()}/${hex(told.readUInt8(12))}/${hex(told.readUInt8(13))}`,
    (flags & 0x80) === 0 ? "" : "FILEMARK",
    (flags & 0x40) === 0 ? "" : "EOM",
    (flags & 0x20) === 0 ? "" : "ILI",
    (code & 0x80) === 0 ? "" : `valid ${told.readInt32BE(3)}`,
    (code & 0x7f) === FIXED_DEFERRED ? "deferred" : "",
    isZero(told.subarray(8, 12)) && isZero(told.subarray(14)) ? "" : told.toString("hex"),
  ];
  return words.filter((word) => word !== "").join(" ");
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** The answer of an outcome. */
export function answerOf({ status, sense, residual, data }: Outcome): Answer {
  return { status, sense: senseWords(sense), residual, data };
}

export function isSameAnswer(one: Answer, other: Answer): boolean {
  return (
    one.status === other.status &&
    one.sense === other.sense &&
    one.residual === other.residual &&
    one.data.equals(other.data)
  );
}

/** One line for a person. */
export function answerWords({ status, sense, residual, data }: Answer): string {
  const words = [
    status === 0 ? "GOOD" : `status ${hex(status)}h`,
    sense === "" ? "" : `sense ${sense}`,
    residual === 0 ? "" : `residual ${residual}`,
    data.length === 0 ? "" : `${data.length} bytes ${dataWords(data)}`,
  ];
  return words.filter((word) => word !== "").join(", ");
}

function dataWords(data: Buffer): string {
  return data.length <= SHOWN_BYTES
    ? data.toString("hex")
    : `SHA-256 ${createHash("sha256").update(data).digest("hex").slice(0, 16)}`;
}
