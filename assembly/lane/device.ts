/**
 * The lane's drives as the core sees them: what kind each is, where the medium stands in the current
 * one, and the one command that may be in flight. Decides how CDBs for drives look; not when they go.
 * Invariant: at most one device command or control of a lane is outstanding.
 */
import { act, params, setA, setB, setC, setD, setE, setF, setX, setY } from "../lib/action.ts";
import { put16, put24, put32, put64 } from "../lib/bytes.ts";
import { eventA, eventB, eventD, eventE, eventTag, now } from "../lib/event.ts";
import { recovering } from "../recovery/state.ts";
import { readSense } from "../scsi/sense-reader.ts";
import { DRIVE_COUNT_MAX, PARAM_IN_AT } from "../spec/abi.ts";
import {
  AC_CONTROL,
  AC_DEVICE,
  CONTROL_FENCE,
  DIRECTION_IN_BUFFER,
  DIRECTION_IN_PARAM,
  DIRECTION_NONE,
  DIRECTION_OUT_EXTENT,
  DIRECTION_OUT_PARAM,
  DIRECTION_OUT_SECRET,
} from "../spec/action.ts";
import {
  LIMIT_ERASE_FACTOR,
  LIMIT_LOAD_FACTOR,
  LIMIT_POLL_MS,
  LIMIT_UNLOAD_FACTOR,
  LIMIT_WIND_AGAIN_FACTOR,
  LIMIT_WIND_FACTOR,
} from "../spec/drive-limit.ts";
import { PROFILE_NO_RETRY, PROFILE_STANDARD } from "../spec/drive-profile.ts";
import { DONE_DATA_AT, RESULT_ANSWERED } from "../spec/event.ts";
import {
  OP_LOCATE_10,
  OP_LOCATE_16,
  OP_SECURITY_PROTOCOL_OUT,
  OP_WRITE_6,
} from "../spec/operation-code.ts";
import {
  PAGE_SET_DATA_ENCRYPTION,
  PROTOCOL_TAPE_ENCRYPTION,
  SCOPE_ALL_NEXUSES,
} from "../spec/page-code.ts";
import { STATUS_GOOD } from "../spec/status.ts";
import { KEPT_PROFILES, kept } from "./keep.ts";

/** Who waits for the outstanding command. */
export const OWNER_NONE: u32 = 0;
export const OWNER_FEEDER: u32 = 1;
export const OWNER_TASK: u32 = 2;
export const OWNER_PROCEDURE: u32 = 3;
export const OWNER_RECOVERY: u32 = 4;
export const OWNER_COPY: u32 = 5;

/** Tags of device commands: this byte on top, a counter below. */
const DEVICE_TAG: u32 = 0x44000000;
/** Of a control that nobody waits for. */
const FENCE_TAG: u32 = 0x46000000;
const COUNTER_MASK: u32 = 0xffffff;
/** The page "set data encryption" up to its key. */
const NO_KEY_BYTES: u32 = 20;
/** CP of LOCATE. */
const CHANGE_PARTITION: u32 = 2;

for (let i: u32 = 0; i < DRIVE_COUNT_MAX; i++) setProfile(i, PROFILE_STANDARD);

let tookMs: u64 = 0;
let limitMs: u32 = 30000;
let result: u32 = RESULT_ANSWERED;
let status: u32 = 0;
let dataBytes: u32 = 0;
let dataCrc: u32 = 0;
let lanes: u32 = 0;

export function deviceInit(timeoutMs: u32, laneTotal: u32): void {
  limitMs = timeoutMs;
  lanes = laneTotal;
}
export function setProfile(device: u32, bits: u32): void {
  if (device < DRIVE_COUNT_MAX) store<u32>(KEPT_PROFILES + (device << 2), bits);
}
/** Profile bits (spec/drive-profile.ts) of the current drive. */
export function profile(): u32 {
  return load<u32>(KEPT_PROFILES + (kept.drive << 2));
}
/** A write that fails leaves a record on the tape. */
export function driveLeavesRecord(): bool {
  return (profile() & PROFILE_NO_RETRY) !== 0;
}
export function currentDrive(): u32 {
  return kept.drive;
}
/** How many lanes the bridge has. */
export function laneCount(): u32 {
  return lanes;
}
/** Another physical drive; where its medium stands is not known. */
export function selectDrive(device: u32): void {
  kept.drive = device;
  kept.drivePositionKnown = false;
}
/** Time limits of drive commands by their class (spec/drive-limit.ts), milliseconds: of ordinary ones. */
export function driveLimitMs(): u32 {
  return limitMs;
}
/** Of commands that are answered at once or never. */
export function pollLimitMs(): u32 {
  return min(limitMs, LIMIT_POLL_MS);
}
/** Of commands that wind the tape. */
export function windLimitMs(): u32 {
  return limitMs * (recovering() ? LIMIT_WIND_AGAIN_FACTOR : LIMIT_WIND_FACTOR);
}
export function unloadLimitMs(): u32 {
  return limitMs * LIMIT_UNLOAD_FACTOR;
}
export function loadLimitMs(): u32 {
  return limitMs * LIMIT_LOAD_FACTOR;
}
/** Of an ERASE without LONG. */
export function eraseLimitMs(): u32 {
  return limitMs * LIMIT_ERASE_FACTOR;
}
export function deviceIdle(): bool {
  return kept.owner === OWNER_NONE;
}
/** How long the outstanding command has been out, milliseconds; 0 when none is. */
export function outstandingMs(): u64 {
  return kept.owner === OWNER_NONE ? 0 : now() - kept.startedAt;
}
/** How long the last completed command took, milliseconds. */
export function lastCommandMs(): u64 {
  return tookMs;
}
/** Where the medium stands in the current drive, a logical object identifier. */
export function drivePosition(): u64 {
  return kept.drivePosition;
}
export function drivePositionKnown(): bool {
  return kept.drivePositionKnown;
}
export function setDrivePosition(object: u64): void {
  kept.drivePosition = object;
  kept.drivePositionKnown = true;
}
export function loseDrivePosition(): void {
  kept.drivePositionKnown = false;
}

function begin(kind: u32, who: u32, op: u32): void {
  assert(kept.owner === OWNER_NONE);
  kept.owner = who;
  kept.operation = op;
  kept.startedAt = now();
  const counter = (kept.tagCounter + 1) & COUNTER_MASK;
  const tag = DEVICE_TAG | counter;
  kept.tagCounter = counter;
  kept.outstandingTag = tag;
  act(kind, tag);
}

function command(who: u32, device: u32, direction: u32, bytes: u32, limit: u32, op: u32): u32 {
  begin(AC_DEVICE, who, op);
  setA(device);
  setB(direction);
  setC(bytes);
  setD(limit);
  setF(op < 0x20 ? 6 : op < 0x80 ? 10 : op < 0xa0 ? 16 : 12);
  const commandAt = params(16 + (direction === DIRECTION_OUT_PARAM ? bytes : 0));
  store<u8>(commandAt, op as u8);
  return commandAt;
}
/** A command without data; answers the address of its CDB. */
export function commandPlain(who: u32, device: u32, op: u32, limit: u32): u32 {
  return command(who, device, DIRECTION_NONE, 0, limit, op);
}
/** A command whose small data-in comes into the parameters of the completion. */
export function commandIn(who: u32, device: u32, op: u32, bytes: u32, limit: u32): u32 {
  return command(who, device, DIRECTION_IN_PARAM, bytes, limit, op);
}
/** A command with small data-out; the data follow the 16 bytes of the CDB. */
export function commandOut(who: u32, device: u32, op: u32, bytes: u32, limit: u32): u32 {
  return command(who, device, DIRECTION_OUT_PARAM, bytes, limit, op);
}
/** A command whose data-in goes to a transfer buffer; `seed`: CRC32C of what stands before it. */
export function commandInBuffer(
  who: u32,
  op: u32,
  buffer: u32,
  offset: u32,
  bytes: u32,
  seed: u32,
): u32 {
  const cdb = command(who, kept.drive, DIRECTION_IN_BUFFER, bytes, limitMs, op);
  setX(offset as u64);
  setY(buffer as u64);
  setE(seed);
  return cdb;
}
/** WRITE(6), variable, of `bytes` bytes at `offset` in the extent at `at`. */
export function commandWrite(
  who: u32,
  at: u64,
  extentBytes: u32,
  crc: u32,
  offset: u32,
  bytes: u32,
): void {
  const cdb = command(who, kept.drive, DIRECTION_OUT_EXTENT, bytes, limitMs, OP_WRITE_6);
  setX(at);
  setY((offset as u64) | ((extentBytes as u64) << 32));
  setE(crc);
  put24(cdb + 2, bytes);
}
/** SECURITY PROTOCOL OUT, set data encryption, of a list of that many bytes that the host has. */
export function commandSecret(who: u32, device: u32, secret: u32, bytes: u32, modes: u32): void {
  const op = OP_SECURITY_PROTOCOL_OUT;
  const cdb = command(who, device, DIRECTION_OUT_SECRET, bytes, limitMs, op);
  setX(secret as u64);
  setE(modes);
  putEncryptionCdb(cdb, bytes);
}
/** The same without a key: encryption is off. */
export function commandNoKey(who: u32, device: u32): void {
  const op = OP_SECURITY_PROTOCOL_OUT;
  const cdb = command(who, device, DIRECTION_OUT_PARAM, NO_KEY_BYTES, limitMs, op);
  putEncryptionCdb(cdb, NO_KEY_BYTES);
  put16(cdb + 16, PAGE_SET_DATA_ENCRYPTION);
  put16(cdb + 18, NO_KEY_BYTES - 4);
  store<u8>(cdb + 20, SCOPE_ALL_NEXUSES as u8);
}
function putEncryptionCdb(cdb: u32, bytes: u32): void {
  store<u8>(cdb + 1, PROTOCOL_TAPE_ENCRYPTION as u8);
  put16(cdb + 2, PAGE_SET_DATA_ENCRYPTION);
  put32(cdb + 6, bytes);
}
/** LOCATE to a logical object identifier, of the current partition where none is named; (10) or (16) as it fits. */
export function commandLocate(who: u32, object: u64, partition: u32 = kept.partition): void {
  const isShort = object < 0x100000000;
  const op = isShort ? OP_LOCATE_10 : OP_LOCATE_16;
  const cdb = commandPlain(who, kept.drive, op, windLimitMs());
  if (isShort) put32(cdb + 3, object as u32);
  else put64(cdb + 4, object);
  putPartition(cdb, isShort ? 8 : 3, partition);
}
/** The CDB of a LOCATE at `cdb` says which partition: that may not be the one in which the drive stands. */
export function putPartition(cdb: u32, at: u32, partition: u32): void {
  if (kept.partitionCount < 2) return;
  store<u8>(cdb + 1, ((load<u8>(cdb + 1) as u32) | CHANGE_PARTITION) as u8);
  store<u8>(cdb + at, partition as u8);
}

/** Stays away from a drive that has failed; nobody waits for the end of it. */
export function fenceDevice(device: u32): void {
  act(AC_CONTROL, FENCE_TAG);
  setA(device);
  setB(CONTROL_FENCE);
  setD(limitMs);
}

/** CONTROL_COUPLE of a device. */
export function controlDevice(who: u32, device: u32, what: u32, limit: u32): void {
  begin(AC_CONTROL, who, 0);
  setA(device);
  setB(what);
  setD(limit);
}

/** Takes an EV_DEVICE_DONE; answers who waited for it, OWNER_NONE for an unknown tag. */
export function deviceDone(): u32 {
  if (kept.owner === OWNER_NONE || eventTag() !== kept.outstandingTag) return OWNER_NONE;
  const who = kept.owner;
  kept.owner = OWNER_NONE;
  tookMs = now() - kept.startedAt;
  result = eventA();
  status = eventB();
  dataBytes = eventD();
  dataCrc = eventE();
  readSense(PARAM_IN_AT, result === RESULT_ANSWERED ? status : STATUS_GOOD);
  return who;
}
/** RESULT_* of the last completion. */
export function deviceResult(): u32 {
  return result;
}
export function deviceStatus(): u32 {
  return status;
}
export function deviceGood(): bool {
  return result === RESULT_ANSWERED && status === STATUS_GOOD;
}
export function deviceDataBytes(): u32 {
  return dataBytes;
}
export function deviceDataCrc(): u32 {
  return dataCrc;
}
export function deviceOperation(): u32 {
  return kept.operation;
}
/** Absolute address of the data-in of the last completion. */
export function deviceDataAt(): u32 {
  return PARAM_IN_AT + DONE_DATA_AT;
}
/** Who waits for the command that is out. */
export function deviceOwner(): u32 {
  return kept.owner;
}
