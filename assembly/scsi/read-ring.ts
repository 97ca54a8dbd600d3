/**
 * One record from the ring into the server's buffer, compared with its CRC32C on the way: what the drive
 * cannot give, or cannot be asked for while a recovery runs.
 */
import { PHASE_LOAD, PHASE_NEW, setTaskPhase } from "../lane/task.ts";
import { act, logNumbers, setA, setB, setX, setY } from "../lib/action.ts";
import { eventB } from "../lib/event.ts";
import {
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFirst,
  walkerIsSingle,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { RECORD_BYTES_MAX } from "../spec/abi.ts";
import { AC_RING_LOAD, BUFFER_SERVER } from "../spec/action.ts";
import { LOG_READ_FROM_RING } from "../spec/log-code.ts";
import { WALKER_SERVER } from "../spec/ring-layout.ts";

/** Tag of loads from the ring for the server (top byte differs from the ring's own). */
const LOAD_TAG: u32 = 0x4c000000;

/** How a load ended; LOADED_OTHER: it was not this command's. */
export const LOADED_OTHER: u32 = 0;
export const LOADED_WHOLE: u32 = 1;
export const LOADED_BAD: u32 = 2;
/** The CRC32C is right, the record itself is on its way. */
export const LOADED_HALF: u32 = 3;

let loadTag: u32 = 0;
let partLoading: bool = false;
let wanted: u64 = 0;
/** Where in the buffer the record goes. */
let offset: u32 = 0;

function begin(part: bool): void {
  partLoading = part;
  loadTag = LOAD_TAG | ((loadTag + 1) & 0xffffff);
  act(AC_RING_LOAD, loadTag);
  setTaskPhase(PHASE_LOAD);
}

/** Object `object`, in the entry that the server's walker has found, to `to` in the buffer. */
export function ringLoad(object: u64, to: u32): void {
  logNumbers(LOG_READ_FROM_RING, 0, 0);
  setX(object);
  wanted = object;
  offset = to;
  begin(false);
  setA(walkerDataBytes(WALKER_SERVER));
  // Of many records, or one that is too long here, only the CRC32C is wanted first; the part comes after it.
  setB(isWhole() ? BUFFER_SERVER : 0);
  setX(walkerDataAt(WALKER_SERVER));
  setY(to as u64);
}

/** The entry is that one record, and there is room for it. */
function isWhole(): bool {
  return walkerIsSingle(WALKER_SERVER) && walkerDataBytes(WALKER_SERVER) <= room();
}
function room(): u32 {
  return RECORD_BYTES_MAX - offset;
}

/** A load ended (tag as in `begin`). */
export function ringLoaded(tag: u32, errorNumber: u32): u32 {
  if (tag !== loadTag) return LOADED_OTHER;
  setTaskPhase(PHASE_NEW);
  if (errorNumber !== 0 || (!partLoading && eventB() !== walkerCrc(WALKER_SERVER))) {
    return LOADED_BAD;
  }
  if (partLoading || isWhole()) return LOADED_WHOLE;
  loadPart();
  return LOADED_HALF;
}

/** Only the wanted record of an entry whose CRC32C has just been seen to be right. */
function loadPart(): void {
  begin(true);
  const bytes = walkerObjectBytes(WALKER_SERVER);
  setA(min(bytes, room()));
  setB(BUFFER_SERVER);
  setX(walkerDataAt(WALKER_SERVER) + (wanted - walkerFirst(WALKER_SERVER)) * (bytes as u64));
  setY(offset as u64);
}
