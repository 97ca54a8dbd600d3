/**
 * The label of one device of a striped ring (SPEC.md, section 12): which ring, which place in it. Decides
 * its bytes, and whether the labels of several devices belong together; reads and writes nothing.
 */

import { crc32c } from "@node-rs/crc32";

/** Bytes at the start of each device that are the label's; the ring's follow. */
export const LABEL_AREA_BYTES = 65_536;
/** Bytes of the label itself. */
export const LABEL_BYTES = 4096;
/** Bytes that lie on one device before the next one follows: an LTO record goes to one or two disks. */
export const STRIPE_UNIT_BYTES = 262_144;

const MAGIC = Buffer.from("UNDSTRIP", "latin1");
const VERSION = 1;
const CRC_AT = LABEL_BYTES - 4;

/** What a label says. */
export interface StripeLabel {
  /** 16 random bytes in hexadecimal, the same on every device of the ring. */
  readonly identity: string;
  /** 0: the first device. */
  readonly index: number;
  readonly count: number;
  /** Bytes of the ring on each device, a multiple of the stripe unit. */
  readonly dataBytes: number;
  /** Every device has its label on stable storage: the ring may hold something. */
  readonly isComplete: boolean;
}

/** What stands where a label would be. */
export type FoundLabel = StripeLabel | "blank" | "foreign";

/** The label's bytes. */
export function encodeLabel(label: StripeLabel): Buffer {
  const bytes = Buffer.alloc(LABEL_BYTES);
  bytes.set(MAGIC);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(label.isComplete ? 1 : 0, 12);
  bytes.write(label.identity, 16, "hex");
  bytes.writeUInt32LE(label.index, 32);
  bytes.writeUInt32LE(label.count, 36);
  bytes.writeUInt32LE(STRIPE_UNIT_BYTES, 40);
  bytes.writeBigUInt64LE(BigInt(label.dataBytes), 48);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, CRC_AT)), CRC_AT);
  return bytes;
}

/** Reads a label; "blank" is all zeros, "foreign" everything else, a rotten label too. */
export function decodeLabel(bytes: Buffer): FoundLabel {
  if (bytes.every((byte) => byte === 0)) {
    return "blank";
  }
  const isLabel =
    bytes.length === LABEL_BYTES &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    bytes.readUInt32LE(8) === VERSION &&
    bytes.readUInt32LE(40) === STRIPE_UNIT_BYTES &&
    bytes.readUInt32LE(CRC_AT) === crc32c(bytes.subarray(0, CRC_AT));
  if (!isLabel) {
    return "foreign";
  }
  return {
    identity: bytes.toString("hex", 16, 32),
    index: bytes.readUInt32LE(32),
    count: bytes.readUInt32LE(36),
    dataBytes: Number(bytes.readBigUInt64LE(48)),
    isComplete: bytes.readUInt32LE(12) === 1,
  };
}

/** One device as it was found; `name` is its path. */
export interface Labelled {
  readonly name: string;
  readonly sizeBytes: number;
  readonly label: FoundLabel;
}

/** A ring that is there, a ring that has to be made, or where what is wrong. */
export type StripeCheck =
  | { readonly kind: "whole"; readonly dataBytes: number }
  | { readonly kind: "new" }
  | { readonly kind: "wrong"; readonly where: string; readonly details: string };

/** Do these devices, in this order, make one ring? */
export function checkLabels(devices: readonly Labelled[]): StripeCheck {
  for (const { name, label } of devices) {
    if (label === "foreign") {
      return wrong(name, "it holds something else, or its label is damaged");
    }
  }
  const complete = devices.find(({ label }) => typeof label === "object" && label.isComplete);
  if (complete === undefined || typeof complete.label !== "object") {
    // A ring whose making was cut short holds nothing.
    return { kind: "new" };
  }
  for (const [index, device] of devices.entries()) {
    const details = misfit(device, index, devices.length, complete.label);
    if (details !== "") {
      return wrong(device.name, details);
    }
  }
  return { kind: "whole", dataBytes: complete.label.dataBytes };
}

function wrong(where: string, details: string): StripeCheck {
  return { kind: "wrong", where, details };
}

/** Why a device is not number `index` of the ring that `ring` describes; "": it is. */
function misfit(
  { label, sizeBytes }: Labelled,
  index: number,
  count: number,
  ring: StripeLabel,
): string {
  if (typeof label !== "object") {
    return "it is blank, the others belong to a ring";
  }
  if (label.identity !== ring.identity) {
    return "it belongs to another ring";
  }
  if (label.count !== count) {
    return `its ring is on ${label.count} devices, ${count} are given`;
  }
  if (label.index !== index) {
    return `it is number ${label.index + 1} of its ring, it is given as number ${index + 1}`;
  }
  return sizeBytes < LABEL_AREA_BYTES + label.dataBytes
    ? "it is smaller than it was when the ring was made"
    : "";
}
