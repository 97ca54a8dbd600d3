/**
 * The end of the medium as the server is told it ([027]): early warning is the bridge's own, a pad before
 * the drive's. The drive itself says when the pad begins (its programmable early warning), whatever its
 * compression made of the data; a drive that cannot leaves its own early warning. While a recovery runs,
 * or the drive is far behind, the bytes of the image are counted; what a drive says in it is told when it
 * is over, for the next spare may be longer. Decides where the server is warned, and
 * from where on it has to wait for the drive. Places are numbers of logical objects; 0: not reached.
 */
import { logNumbers, setX } from "../lib/action.ts";
import { recovering } from "../recovery/state.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { PAD_AUTO, START_PAD } from "../spec/lane-start.ts";
import { LOG_EARLY_WARNING } from "../spec/log-code.ts";
import { cursorImageBytes, cursorReceived } from "../tape/cursor.ts";
import { kept } from "./keep.ts";

/** The pad where nobody chose one, in MB: a part of the capacity, but room for what is on its way. */
const PAD_PART: u64 = 400;
const PAD_MIN: u64 = 64;
/** A pad takes no larger part of a cartridge than this, and no more than the mode page can say. */
const PAD_PART_MAX: u64 = 8;
const MEGABYTES_MAX: u64 = 0xffff;
const MEBIBYTE: u64 = 1048576;
const MEGABYTE: u64 = 1000000;
/** What the drive's own early warning, filemarks and gaps take of a cartridge, at most. */
const OVERHEAD_PART: u64 = 32;

/** In MB, for that capacity; no cartridge has the one that it begins with. */
let pad: u64 = 0;
let padIsFor: u64 = u64.MAX_VALUE;

/** Takes the setting from the parameters of EV_START. */
export function warningSettings(): void {
  padIsFor = u64.MAX_VALUE;
  kept.pad = load<u32>(PARAM_IN_AT + START_PAD);
}

/** Another cartridge of the server's. */
export function warningReset(): void {
  kept.warnedAt = 0;
  warningMoved();
  kept.programmedAt = 0;
  kept.programmedTold = false;
}
/** The server leaves a partition: its three places go to `at`; true where the programmable one was told. */
export function warningsOut(at: u32): bool {
  store<u64>(at, kept.warnedAt);
  store<u64>(at + 8, kept.endsAt);
  store<u64>(at + 16, kept.programmedAt);
  return kept.programmedTold;
}
/** It comes to one, whose places are at `at`. */
export function warningsIn(at: u32, isTold: bool): void {
  kept.warnedAt = load<u64>(at);
  kept.endsAt = load<u64>(at + 8);
  kept.copyWarnedAt = 0;
  kept.programmedAt = load<u64>(at + 16);
  kept.programmedTold = isTold;
}
/** The volume is on another medium: its end is somewhere else, but what the server was told stays true. */
export function warningMoved(): void {
  kept.endsAt = 0;
  kept.copyWarnedAt = 0;
}
/** The server writes at `object`: what was found behind it is to be found again. */
export function warningTruncate(object: u64): void {
  if (kept.warnedAt > object) kept.warnedAt = 0;
  if (kept.endsAt > object) kept.endsAt = 0;
  if (kept.copyWarnedAt > object) kept.copyWarnedAt = 0;
  if (kept.programmedAt <= object) return;
  kept.programmedAt = 0;
  kept.programmedTold = false;
}

/** The capacity of the cartridge in MB, 0: not known. */
function capacity(): u64 {
  return (kept.maximumCapacity * MEBIBYTE) / MEGABYTE;
}
/** The pad in MB: each record asks, so it is reckoned once for a capacity. */
function padMegabytes(): u64 {
  if (kept.maximumCapacity !== padIsFor) {
    padIsFor = kept.maximumCapacity;
    pad = reckonPad();
  }
  return pad;
}
function reckonPad(): u64 {
  const known = capacity();
  const wanted = kept.pad === PAD_AUTO ? max(PAD_MIN, known / PAD_PART) : (kept.pad as u64);
  const most = known === 0 ? MEGABYTES_MAX : min(MEGABYTES_MAX, known / PAD_PART_MAX);
  return min(wanted, most);
}
/** The programmable early warning that the drive shall have, in MB: the server's own comes before the pad. */
export function warningWanted(): u32 {
  const servers: u64 = kept.programmedAt === 0 ? (kept.serverWarning as u64) : 0;
  return min(padMegabytes() + servers, MEGABYTES_MAX) as u32;
}
/** The drive has taken `objects`, and said that its programmable early warning begins there. */
export function warningReached(objects: u64): void {
  if (kept.programmedAt === 0 && kept.serverWarning !== 0) {
    kept.programmedAt = objects;
    return;
  }
  warnedByDrive(objects);
}
/** The drive has taken `objects`, and said early warning: the pad is used up, or there was none. */
export function endReached(objects: u64): void {
  if (kept.endsAt === 0) kept.endsAt = objects;
  warnedByDrive(objects);
}
/** A recovery has ended: the medium that it has copied to is the volume's. */
export function warningSettled(): void {
  if (kept.copyWarnedAt !== 0) warn(kept.copyWarnedAt);
  kept.copyWarnedAt = 0;
}
function warnedByDrive(objects: u64): void {
  if (!recovering()) warn(objects);
  else if (kept.copyWarnedAt === 0) kept.copyWarnedAt = objects;
}
function warn(objects: u64): void {
  if (kept.warnedAt !== 0) return;
  kept.warnedAt = objects;
  logNumbers(LOG_EARLY_WARNING, kept.endsAt !== 0 ? 1 : 0, 0);
  setX(objects);
}
/**
 * No drive can be asked, or it is far behind: the image, as it is without compression, comes near what a
 * cartridge holds. One that was larger before the last `bytes` is compressed, and its size says nothing.
 */
export function warnByCount(bytes: u64): void {
  const all = kept.maximumCapacity * MEBIBYTE;
  const limit = all - all / OVERHEAD_PART - padMegabytes() * MEGABYTE;
  const image = cursorImageBytes();

  if (all !== 0 && image >= limit && image - bytes < all) warn(cursorReceived());
}

/** The server's last object lies behind early warning. */
export function earlyWarned(): bool {
  return kept.warnedAt !== 0 && cursorReceived() >= kept.warnedAt;
}
/** Behind the drive's own early warning: what the drive has not taken may not fit. */
export function nearEnd(): bool {
  return kept.endsAt !== 0 && cursorReceived() >= kept.endsAt;
}
/** The server's programmable early warning has been passed, and it was not told yet. */
function isProgrammedWaiting(): bool {
  return kept.programmedAt !== 0 && !kept.programmedTold;
}
/** Asking tells it, once. */
export function takeProgrammed(): bool {
  const tell = isProgrammedWaiting();
  if (tell) kept.programmedTold = true;
  return tell;
}
/** The next write does not end with GOOD. */
export function hasEndToTell(): bool {
  return (kept.warnedAt | kept.programmedAt) !== 0 && (earlyWarned() || isProgrammedWaiting());
}
/** Of a position in READ POSITION: behind early warning; behind the programmable one. */
export function isBehindWarning(object: u64): bool {
  return kept.warnedAt !== 0 && object >= kept.warnedAt;
}
export function isBehindProgrammed(object: u64): bool {
  return kept.programmedAt !== 0 && object >= kept.programmedAt;
}

/** The programmable early warning that the server has set, MB. */
export function serverWarning(): u32 {
  return kept.serverWarning;
}
export function setServerWarning(megabytes: u32): void {
  kept.serverWarning = megabytes;
  kept.programmedAt = 0;
  kept.programmedTold = false;
}
