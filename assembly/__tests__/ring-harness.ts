/**
 * The ring alone as a module with the core's ABI, so that every runtime can run it: a step calls one
 * function of the ring. Where the core has its show block stand: u32 number of the function (the
 * order of RING_CALLS in tests/ring/ring-machine.ts), from 8 on up to five arguments as u64, at 64 the
 * answer as u64 (signed ones extended).
 */
import { actionCount, beginActions } from "../lib/action.ts";
import { ringCommit, ringReserve, ringRoom, ringWaiting } from "../ring/append.ts";
import { ringFault, ringState } from "../ring/geometry.ts";
import { imageBase, imageEnd, imageFilemarks, imageFind } from "../ring/image-table.ts";
import { imageCreate, imageDrop, imageSelect, imageTruncate } from "../ring/images.ts";
import { ringEvent, ringStartWith } from "../ring/open.ts";
import { ringKeep, ringUsed } from "../ring/reclaim.ts";
import { ringIndexBytes } from "../ring/segment-table.ts";
import {
  ringJournalAt,
  ringJournalBytes,
  ringJournalDurable,
  ringJournalWrite,
} from "../ring/superblock.ts";
import {
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFilemarksBefore,
  walkerFind,
  walkerFindFilemark,
  walkerFirst,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { ringDurable, ringFlush, ringFlushPending } from "../ring/writes.ts";
import { ABI_VERSION, SHOW_AT } from "../spec/abi.ts";

const ARGUMENTS_AT: u32 = SHOW_AT + 8;
const ANSWER_AT: u32 = SHOW_AT + 64;
/** Room for a volume tag or a journal that the test hands over. */
const SCRATCH: u32 = memory.data(1024, 8) as u32;

function argument(n: u32): u64 {
  return load<u64>(ARGUMENTS_AT + (n << 3));
}

function commit(): void {
  ringCommit(
    argument(0) as u32,
    argument(1) as u32,
    argument(2) as u32,
    argument(3) as u32,
    argument(4) as u32,
  );
}

/** Images, entries, journal. */
function callFirst(n: u32): u64 {
  switch (n) {
    case 0:
      return imageBase(argument(0) as i32);
    case 1:
      return imageCreate(argument(0) as u32, argument(1), argument(2)) as i64 as u64;
    case 2:
      imageDrop(argument(0) as i32);
      return 0;
    case 3:
      return imageEnd(argument(0) as i32);
    case 4:
      return imageFilemarks(argument(0) as i32);
    case 5:
      return imageFind(argument(0) as u32) as i64 as u64;
    case 6:
      imageSelect(argument(0) as i32);
      return 0;
    case 7:
      imageTruncate(argument(0) as i32, argument(1));
      return 0;
    case 8:
      commit();
      return 0;
    case 9:
      return ringDurable();
    case 10:
      ringEvent();
      return 0;
    case 11:
      return ringFault() as u64;
    case 12:
      ringFlush();
      return 0;
    case 13:
      return (ringFlushPending() ? 1 : 0) as u64;
    case 14:
      return ringIndexBytes();
    case 15:
      return ringJournalAt() as u64;
    case 16:
      return ringJournalBytes() as u64;
    case 17:
      return (ringJournalDurable() ? 1 : 0) as u64;
    case 18:
      ringJournalWrite(argument(0) as u32, argument(1) as u32);
      return 0;
    case 19:
      ringKeep(argument(0));
      return 0;
    default:
      return 0;
  }
}

/** Room, start, walkers. */
function callRest(n: u32): u64 {
  switch (n) {
    case 20:
      return ringReserve(argument(0) as u32);
    case 21:
      return ringRoom();
    case 22:
      return ringState() as u64;
    case 23:
      return ringUsed();
    case 24:
      return (ringWaiting() ? 1 : 0) as u64;
    case 25:
      return SCRATCH as u64;
    case 26:
      ringStartWith(argument(0), argument(1), argument(2));
      return 0;
    case 27:
      return walkerCount(argument(0) as u32) as u64;
    case 28:
      return walkerCrc(argument(0) as u32) as u64;
    case 29:
      return walkerDataAt(argument(0) as u32);
    case 30:
      return walkerDataBytes(argument(0) as u32) as u64;
    case 31:
      return walkerFilemarksBefore(argument(0) as u32);
    case 32:
      return walkerFind(argument(0) as u32, argument(1)) as u64;
    case 33:
      return walkerFindFilemark(argument(0) as u32, argument(1)) as u64;
    case 34:
      return walkerFirst(argument(0) as u32);
    case 35:
      return walkerKind(argument(0) as u32) as u64;
    case 36:
      return walkerObjectBytes(argument(0) as u32) as u64;
    default:
      return 0;
  }
}

/** The version of the memory map. */
export function abi(): u32 {
  return ABI_VERSION;
}
/** One call; answers how many actions lie at ACTION_AT. */
export function step(): u32 {
  const n = load<u32>(SHOW_AT);
  beginActions();
  store<u64>(ANSWER_AT, n < 20 ? callFirst(n) : callRest(n));
  return actionCount();
}
