/**
 * Who the bridge is for ever: the serial numbers and product data of its lanes, the initiator name,
 * and the numbers of the library's drives. Decides them once, at the first start, and keeps them in
 * `identity.json`: backup software knows drives by their serial numbers, and the cores' journals
 * know drives by these device numbers.
 * Invariants: what was once given out never changes; a drive that is away keeps its number.
 */

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { DRIVE_COUNT_MAX } from "../../assembly/spec/abi.ts";
import { replaceFile } from "../lane/journal.ts";
import { errnoOf, OperatorError, operatorErrorOf } from "../lib/error.ts";

/** A drive of the library; its device number is its place in the list. */
export interface KnownDrive {
  /** VPD page 80h, "" where the drive has none. */
  readonly serial: string;
  readonly lun: number;
  /** Standard INQUIRY data, INQUIRY_BYTES, in hexadecimal. */
  readonly inquiry: string;
}

/** A lane towards the server; its number is its place in the list + 1. */
export interface LaneIdentity {
  readonly serial: string;
  /** Standard INQUIRY data of its first drive, in hexadecimal. */
  readonly inquiry: string;
}

/** The content of identity.json. */
export interface Identity {
  /** 8 hexadecimal digits, random: what tells bridges apart. */
  readonly id: string;
  readonly drives: readonly KnownDrive[];
  readonly lanes: readonly LaneIdentity[];
}

/** What cores get of standard INQUIRY data. */
export const INQUIRY_BYTES = 36;

const IDENTITY_VERSION = 1;
const ID_BYTES = 4;
const ID_PATTERN = /^[0-9a-f]{8}$/;

/** Reads the file, or makes a new identity where there is none. Rejects with an OperatorError. */
export async function readIdentity(path: string): Promise<Identity> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") {
      return { id: randomBytes(ID_BYTES).toString("hex"), drives: [], lanes: [] };
    }
    throw operatorErrorOf(thrown, path);
  }
  const identity = parseIdentity(text);
  if (identity === undefined) {
    throw new OperatorError(
      "system",
      path,
      "it is damaged; put it back from a copy, or remove it: the lanes get new serial numbers then",
    );
  }
  return identity;
}

/** Keeps it, durably. Rejects with an OperatorError. */
export async function writeIdentity(path: string, identity: Identity): Promise<void> {
  const content = { version: IDENTITY_VERSION, ...identity };
  try {
    await replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`);
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
}

/** The identity in a text, undefined where it is none. Never throws. */
export function parseIdentity(text: string): Identity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) {
      return undefined;
    }
    throw thrown;
  }
  if (!isRecord(value) || value["version"] !== IDENTITY_VERSION) {
    return undefined;
  }
  const { id, drives, lanes } = value;
  if (typeof id !== "string" || !ID_PATTERN.test(id)) {
    return undefined;
  }
  return Array.isArray(drives) &&
    drives.every(isDrive) &&
    Array.isArray(lanes) &&
    lanes.every(isLane)
    ? { id, drives, lanes }
    : undefined;
}

/**
 * The drives by device number: known ones keep theirs, found or not; new ones follow by rising
 * logical unit number. A library of which not one drive is known is another library: its drives are
 * counted afresh.
 */
export function numberDrives(
  known: readonly KnownDrive[],
  found: readonly KnownDrive[],
): KnownDrive[] {
  const kept = known.some((drive) => found.some((other) => isSame(drive, other))) ? known : [];
  const drives = kept.map((drive) => found.find((other) => isSame(drive, other)) ?? drive);
  for (const drive of found) {
    if (!kept.some((other) => isSame(drive, other)) && drives.length < DRIVE_COUNT_MAX) {
      drives.push(drive);
    }
  }
  return drives;
}

/** The lanes: known ones as they are, further ones with the product data of their first drive. */
export function nameLanes(
  id: string,
  known: readonly LaneIdentity[],
  drives: readonly KnownDrive[],
  count: number,
): LaneIdentity[] {
  const lanes = [...known];
  for (const drive of drives.slice(lanes.length, count)) {
    const number = String(lanes.length + 1).padStart(2, "0");
    lanes.push({ serial: `UST${id.toUpperCase()}${number}`, inquiry: drive.inquiry });
  }
  return lanes;
}

/** The same drive? By serial number, or by place where it has none. */
export function isSame(drive: KnownDrive, other: KnownDrive): boolean {
  return drive.serial === other.serial && (drive.serial !== "" || drive.lun === other.lun);
}

function isRecord(value: unknown): value is Partial<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isInquiry(value: unknown): boolean {
  return typeof value === "string" && new RegExp(`^[0-9a-f]{${2 * INQUIRY_BYTES}}$`).test(value);
}

function isDrive(value: unknown): value is KnownDrive {
  return (
    isRecord(value) &&
    typeof value["serial"] === "string" &&
    Number.isSafeInteger(value["lun"]) &&
    isInquiry(value["inquiry"])
  );
}

function isLane(value: unknown): value is LaneIdentity {
  return isRecord(value) && typeof value["serial"] === "string" && isInquiry(value["inquiry"]);
}
