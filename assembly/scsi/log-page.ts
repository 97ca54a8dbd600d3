/**
 * The log pages of a lane: which there are and what each says. Everything is the bridge's own, the same on every
 * drive (docs/adr/0036-log-pages-of-a-lane.md). Fields: SPC and SSC as sg3_utils, mhvtl, Proxmox and the LTO
 * manuals have them.
 */
import { SERIAL_BYTES, serialAt } from "../lane/identity.ts";
import { kept } from "../lane/keep.ts";
import { MEDIUM_EMPTY, MEDIUM_READY, MEDIUM_UNLOADED, mediumState } from "../lane/medium.ts";
import {
  isDivided,
  shownMaximum,
  shownMaximumOfAll,
  shownRemaining,
  shownRemainingOfAll,
} from "../lane/partition.ts";
import { mediumWriteProtected } from "../lane/procedure-ready.ts";
import { becomesReady } from "../lane/readiness.ts";
import { unloadRunning } from "../lane/unload.ts";
import {
  LOG_PAGE_DEVICE_STATISTICS,
  LOG_PAGE_DEVICE_STATUS,
  LOG_PAGE_NON_MEDIUM_ERRORS,
  LOG_PAGE_READ_ERRORS,
  LOG_PAGE_SEQUENTIAL_ACCESS,
  LOG_PAGE_SUPPORTED,
  LOG_PAGE_TAPE_ALERT,
  LOG_PAGE_TAPE_ALERT_RESPONSE,
  LOG_PAGE_TAPE_CAPACITY,
  LOG_PAGE_VOLUME_STATISTICS,
  LOG_PAGE_WRITE_ERRORS,
} from "../spec/page-code.ts";
import { counter, fact, pageByte, text } from "./log-parameter.ts";
import { removalPrevented } from "./prevent.ts";
import { alertsOf, cleaningAsked } from "./tape-alert.ts";

const FLAG_COUNT: u32 = 64;
const MEBIBYTE: u64 = 1048576;
const MEGABYTE: u64 = 1000000;

// Very high frequency data of the DT Device Status page.
const PREVENTED: u32 = 0x80000000;
const MEMORY_ACCESSIBLE: u32 = 0x20000000;
const COMPRESSES: u32 = 0x10000000;
const WRITE_PROTECTED: u32 = 0x08000000;
const CLEANING_REQUESTED: u32 = 0x04000000;
const INITIALIZED: u32 = 0x01000000;
const IN_TRANSITION: u32 = 0x00800000;
const ROBOT_MAY: u32 = 0x00200000;
const PRESENT: u32 = 0x00100000;
const SEATED: u32 = 0x00040000;
const THREADED: u32 = 0x00020000;
const MOUNTED: u32 = 0x00010000;
const LOADS: u32 = 0x00000200;
const UNLOADS: u32 = 0x00000300;

const PAGE_COUNT: u32 = 11;
const PAGES: usize = memory.data(16, 8);
store<u8>(PAGES, LOG_PAGE_SUPPORTED as u8);
store<u8>(PAGES + 1, LOG_PAGE_WRITE_ERRORS as u8);
store<u8>(PAGES + 2, LOG_PAGE_READ_ERRORS as u8);
store<u8>(PAGES + 3, LOG_PAGE_NON_MEDIUM_ERRORS as u8);
store<u8>(PAGES + 4, LOG_PAGE_SEQUENTIAL_ACCESS as u8);
store<u8>(PAGES + 5, LOG_PAGE_DEVICE_STATUS as u8);
store<u8>(PAGES + 6, LOG_PAGE_TAPE_ALERT_RESPONSE as u8);
store<u8>(PAGES + 7, LOG_PAGE_DEVICE_STATISTICS as u8);
store<u8>(PAGES + 8, LOG_PAGE_VOLUME_STATISTICS as u8);
store<u8>(PAGES + 9, LOG_PAGE_TAPE_ALERT as u8);
store<u8>(PAGES + 10, LOG_PAGE_TAPE_CAPACITY as u8);

export function pageKnown(code: u32): bool {
  for (let i: u32 = 0; i < PAGE_COUNT; i++) {
    if ((load<u8>((PAGES as u32) + i) as u32) === code) return true;
  }
  return false;
}

/** Everything behind the header of a page that is known, as that nexus sees it. */
export function putLogPage(code: u32, nexus: u32): void {
  if (code === LOG_PAGE_SUPPORTED) supported();
  else if (code === LOG_PAGE_WRITE_ERRORS) errors(kept.writtenBytes, kept.writeErrors);
  else if (code === LOG_PAGE_READ_ERRORS) errors(kept.readBytes, kept.readErrors);
  else if (code === LOG_PAGE_NON_MEDIUM_ERRORS) counter(0, 4, kept.otherErrors as u64);
  else if (code === LOG_PAGE_SEQUENTIAL_ACCESS) sequentialAccess();
  else if (code === LOG_PAGE_DEVICE_STATUS) fact(0, 4, deviceStatus() as u64);
  else if (code === LOG_PAGE_TAPE_ALERT_RESPONSE) fact(0, 8, firstFlagFirst(alertsOf(nexus)));
  else if (code === LOG_PAGE_DEVICE_STATISTICS) deviceStatistics();
  else if (code === LOG_PAGE_VOLUME_STATISTICS) volumeStatistics();
  else if (code === LOG_PAGE_TAPE_ALERT) tapeAlert(alertsOf(nexus));
  else tapeCapacity();
}

function supported(): void {
  for (let i: u32 = 0; i < PAGE_COUNT; i++) pageByte(load<u8>((PAGES as u32) + i) as u32);
}
/** Nothing that was corrected is the server's to know: bytes, and what could not be corrected. */
function errors(bytes: u64, uncorrected: u32): void {
  for (let code: u32 = 0; code < 5; code++) counter(code, 4, 0);
  counter(5, 8, bytes);
  counter(6, 4, uncorrected as u64);
}
/** Bytes from the server and onto the medium; from the medium and to the server: as if nothing compressed. */
function sequentialAccess(): void {
  counter(0, 8, kept.writtenBytes);
  counter(1, 8, kept.writtenBytes);
  counter(2, 8, kept.readBytes);
  counter(3, 8, kept.readBytes);
  fact(0x0100, 4, cleaningAsked() ? 1 : 0);
}

function deviceStatus(): u32 {
  const isReady = mediumState() === MEDIUM_READY;
  let bits = INITIALIZED | place();
  if (removalPrevented()) bits |= PREVENTED;
  if (isReady && shownMaximumOfAll() !== 0) bits |= MEMORY_ACCESSIBLE;
  if (kept.compression) bits |= COMPRESSES;
  if (isReady && mediumWriteProtected()) bits |= WRITE_PROTECTED;
  return cleaningAsked() ? bits | CLEANING_REQUESTED : bits;
}
/** Where the cartridge is, and what is done with it. */
function place(): u32 {
  if (mediumState() === MEDIUM_EMPTY) return ROBOT_MAY;
  if (mediumState() === MEDIUM_UNLOADED) return ROBOT_MAY | PRESENT;
  const seated = PRESENT | SEATED;
  if (unloadRunning()) return seated | IN_TRANSITION | UNLOADS;
  if (becomesReady()) return seated | IN_TRANSITION | LOADS;
  return mediumState() === MEDIUM_READY ? seated | THREADED | MOUNTED : seated;
}

/** Serial numbers (the manufacturer's and the drive's), whether removal is prevented. */
function deviceStatistics(): void {
  text(0x40, serialAt(), SERIAL_BYTES);
  text(0x41, serialAt(), SERIAL_BYTES);
  fact(0x80, 1, removalPrevented() ? 1 : 0);
}
/** Valid; loads of the volume as when it was mounted; native capacity and how much is used, MB; protection; WORM. */
function volumeStatistics(): void {
  const isReady = mediumState() === MEDIUM_READY;
  const all = isReady ? shownMaximumOfAll() : 0;
  const left = shownRemainingOfAll();
  const used = all > left ? all - left : 0;
  fact(0x0000, 1, isReady ? 1 : 0);
  fact(0x0001, 4, isReady ? (kept.shownLoads as u64) : 0);
  fact(0x0016, 4, (all * MEBIBYTE) / MEGABYTE);
  fact(0x0017, 4, (used * MEBIBYTE) / MEGABYTE);
  fact(0x0080, 1, isReady && mediumWriteProtected() ? 1 : 0);
  fact(0x0081, 1, 0);
}

function tapeAlert(flags: u64): void {
  for (let i: u32 = 0; i < FLAG_COUNT; i++) fact(i + 1, 1, (flags >> (i as u64)) & 1);
}
/** Flag 1 in the highest bit. */
function firstFlagFirst(flags: u64): u64 {
  let turned: u64 = 0;
  for (let i: u32 = 0; i < FLAG_COUNT; i++) {
    turned = (turned << 1) | ((flags >> (i as u64)) & 1);
  }
  return turned;
}

/** Remaining capacity of partitions 0 and 1, and their maximum, MiB; 0 where there is none. */
function tapeCapacity(): void {
  const isReady = mediumState() === MEDIUM_READY;
  const isOne = !isReady || !isDivided();
  fact(1, 4, isReady ? shownRemaining(0) : 0);
  fact(2, 4, isOne ? 0 : shownRemaining(1));
  fact(3, 4, isReady ? shownMaximum(0) : 0);
  fact(4, 4, isOne ? 0 : shownMaximum(1));
}
