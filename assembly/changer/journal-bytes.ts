/**
 * The journal's bytes: everything that must outlive a restart. Numbers little endian; version 2. Version 1 has no
 * serial numbers.
 *
 *   0 u32 JOURNAL_MAGIC   4 u32 version   8 u32 bytes   12 u32 CRC32C of the bytes from 16 on
 *  16 u16 lanes   18 u16 drives   20 u16 storage elements   22 u16 address of the first one
 *  24 u16 cartridges   32 lanes: u16 virtual address each
 *  then drives, 36 bytes each: serial number (32), u8 lane that uses it, u8 failed, 2 zero
 *  then storage: u16 each, as storage-map.ts has it
 *  then cartridges: u8 kind, u8 lane, u8 flags (bit 0 leaving, bit 1 a virtual tag follows, bit 2 a serial
 *  number follows), u8 zero, u16 source, real tag (32), then the virtual tag (32) where it differs, then the serial
 *  number (32) of the cartridge that it stands in for, where that is known
 *
 * Only cartridges that differ from an ordinary one in its slot are in it. What does not fit is left
 * out, those that are not in the library first. Decides nothing else.
 */
import { crc32c } from "../lib/crc32c.ts";
import { DRIVE_COUNT_MAX, VOLUME_TAG_BYTES } from "../spec/abi.ts";
import {
  addCartridge,
  cartridgeElement,
  cartridgeEnd,
  cartridgeKind,
  cartridgeLane,
  cartridgeLeaving,
  cartridgeSource,
  cartridgeStandsIn,
  KIND_FREE,
  KIND_GRANTED,
  KIND_NORMAL,
  KIND_SPARE,
  realTag,
  setCartridgeKind,
  setCartridgeLeaving,
  setCartridgeSource,
  virtualTag,
} from "./cartridge-table.ts";
import { deviceKnown, deviceSerial, driveFailed, setDriveFailed } from "./drive-table.ts";
import { elementAddress } from "./element-table.ts";
import {
  driveLane,
  laneAddress,
  laneCount,
  setLaneAddress,
  setLaneDrive,
  setLaneVolume,
} from "./lane-table.ts";
import { JOURNAL_BYTES_MAX, NONE, STORAGE_BASE } from "./limits.ts";
import { mapAt, storageCount, takeMap } from "./storage-map.ts";
import { tagBlank, tagCopy, tagEqual } from "./tag.ts";
import { setVolumeSerial, volumeSerial } from "./volume-serial.ts";

const JOURNAL_MAGIC: u32 = 0x4a435355;
export const JOURNAL_VERSION: u32 = 2;
const VERSION_WITHOUT_SERIALS: u32 = 1;
const HEADER_BYTES: u32 = 32;
const DRIVE_BYTES: u32 = 36;
const CARTRIDGE_BYTES: u32 = 38;
const FLAG_LEAVING: u32 = 1;
const FLAG_VIRTUAL: u32 = 2;
const FLAG_SERIAL: u32 = 4;

let end: u32 = 0;
let packed: u32 = 0;
let left: u32 = 0;

function worthKeeping(cartridge: u32): bool {
  const kind = cartridgeKind(cartridge);
  if (kind === KIND_FREE || tagBlank(realTag(cartridge))) return false;
  return kind !== KIND_NORMAL || cartridgeLane(cartridge) !== 0 || cartridgeStandsIn(cartridge);
}

/** How long a cartridge's row is. */
function bytesOf(flags: u32): u32 {
  let bytes = CARTRIDGE_BYTES;
  if ((flags & FLAG_VIRTUAL) !== 0) bytes += VOLUME_TAG_BYTES;
  if ((flags & FLAG_SERIAL) !== 0) bytes += VOLUME_TAG_BYTES;
  return bytes;
}

function packCartridge(cartridge: u32, from: u32): void {
  const differs = cartridgeStandsIn(cartridge);
  const serial = volumeSerial(cartridge);
  const flags =
    (cartridgeLeaving(cartridge) ? FLAG_LEAVING : 0) |
    (differs ? FLAG_VIRTUAL : 0) |
    (serial === 0 ? 0 : FLAG_SERIAL);
  const bytes = bytesOf(flags);
  if (end + bytes > from + JOURNAL_BYTES_MAX) {
    left += 1;
    return;
  }
  const promised = cartridgeKind(cartridge) === KIND_GRANTED;
  store<u8>(end, (promised ? KIND_SPARE : cartridgeKind(cartridge)) as u8);
  store<u8>(end + 1, (promised ? 0 : cartridgeLane(cartridge)) as u8);
  store<u8>(end + 2, flags as u8);
  store<u16>(end + 4, cartridgeSource(cartridge) as u16);
  tagCopy(end + 6, realTag(cartridge));
  if (differs) tagCopy(end + CARTRIDGE_BYTES, virtualTag(cartridge));
  if (serial !== 0) tagCopy(end + bytes - VOLUME_TAG_BYTES, serial);
  end += bytes;
  packed += 1;
}

function packCartridges(present: bool, from: u32): void {
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (worthKeeping(c) && (cartridgeElement(c) !== NONE) === present) packCartridge(c, from);
  }
}

function packDrives(): u32 {
  let drives: u32 = 0;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d)) continue;
    memory.copy(end, deviceSerial(d), 32);
    store<u8>(end + 32, driveLane(d) as u8);
    store<u8>(end + 33, driveFailed(d) ? 1 : 0);
    end += DRIVE_BYTES;
    drives += 1;
  }
  return drives;
}

/** Writes the journal at `at` (zeroed, JOURNAL_BYTES_MAX); answers its length. */
export function packJournal(at: u32): u32 {
  end = at + HEADER_BYTES;
  packed = 0;
  left = 0;
  for (let n: u32 = 1; n <= laneCount(); n++) {
    store<u16>(end, laneAddress(n) as u16);
    end += 2;
  }
  store<u16>(at + 18, packDrives() as u16);
  memory.copy(end, mapAt(), storageCount() << 1);
  end += storageCount() << 1;
  packCartridges(true, at);
  packCartridges(false, at);
  store<u32>(at, JOURNAL_MAGIC);
  store<u32>(at + 4, JOURNAL_VERSION);
  store<u32>(at + 8, end - at);
  store<u16>(at + 16, laneCount() as u16);
  store<u16>(at + 20, storageCount() as u16);
  store<u16>(at + 22, (storageCount() > 0 ? elementAddress(STORAGE_BASE) : 0) as u16);
  store<u16>(at + 24, packed as u16);
  store<u32>(at + 12, crc32c(at + 16, end - at - 16));
  return end - at;
}
/** How many cartridges the last `packJournal` had no room for. */
export function journalLeft(): u32 {
  return left;
}

/** Whether `bytes` bytes at `at` are a whole journal of this version or the one before it. */
export function journalRight(at: u32, bytes: u32): bool {
  if (bytes < HEADER_BYTES || bytes > JOURNAL_BYTES_MAX) return false;
  const version = load<u32>(at + 4);
  const isKnown = version === JOURNAL_VERSION || version === VERSION_WITHOUT_SERIALS;
  if (load<u32>(at) !== JOURNAL_MAGIC || !isKnown) return false;
  return load<u32>(at + 8) === bytes && load<u32>(at + 12) === crc32c(at + 16, bytes - 16);
}

function takeDrive(at: u32): void {
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d) || !tagEqual(deviceSerial(d), at)) continue;
    const lane = load<u8>(at + 32) as u32;
    if (lane >= 1 && lane <= laneCount()) setLaneDrive(lane, d);
    if (load<u8>(at + 33) !== 0) setDriveFailed(d);
  }
}

function takeCartridge(at: u32): u32 {
  const flags = load<u8>(at + 2) as u32;
  const differs = (flags & FLAG_VIRTUAL) !== 0;
  const cartridge = addCartridge(at + 6);
  if (cartridge !== NONE) {
    const lane = load<u8>(at + 1) as u32;
    const kind = load<u8>(at) as u32;
    if (kind === KIND_NORMAL && lane >= 1 && lane <= laneCount()) setLaneVolume(lane, cartridge);
    else setCartridgeKind(cartridge, kind, kind === KIND_NORMAL || lane > laneCount() ? 0 : lane);
    setCartridgeLeaving(cartridge, (flags & FLAG_LEAVING) !== 0);
    setCartridgeSource(cartridge, load<u16>(at + 4));
    if (differs) tagCopy(virtualTag(cartridge), at + CARTRIDGE_BYTES);
    const hasSerial = (flags & FLAG_SERIAL) !== 0;
    if (hasSerial) setVolumeSerial(cartridge, at + bytesOf(flags) - VOLUME_TAG_BYTES);
  }
  return bytesOf(flags);
}

/**
 * Takes a right journal into the tables (cartridges are nowhere yet); drives are known again by serial
 * number. False: the library has other storage elements now, so the map began anew.
 */
export function takeJournal(at: u32): bool {
  let next = at + HEADER_BYTES;
  const lanes = load<u16>(at + 16) as u32;
  for (let n: u32 = 1; n <= lanes; n++) {
    if (n <= laneCount()) setLaneAddress(n, load<u16>(next));
    next += 2;
  }
  const drives = load<u16>(at + 18) as u32;
  for (let i: u32 = 0; i < drives; i++) {
    takeDrive(next);
    next += DRIVE_BYTES;
  }
  const storage = load<u16>(at + 20) as u32;
  const first = storageCount() > 0 ? elementAddress(STORAGE_BASE) : 0;
  const same = storage === storageCount() && (load<u16>(at + 22) as u32) === first;
  const mapTaken = same && takeMap(next);
  next += storage << 1;
  const cartridges = load<u16>(at + 24) as u32;
  for (let i: u32 = 0; i < cartridges; i++) next += takeCartridge(next);
  return mapTaken;
}
