/**
 * The lane's journal: whether a recovery is owed, or the bridge is writing where a failed write leaves
 * something behind, and on which cartridge. Little endian:
 * 0 u32 version, 4 u32 owed (bits below), 8 u32 plan, 12 u32 state, 16 u64 synchronized, 24 u64 sent,
 * 32 virtual volume tag (32 bytes), 64 real volume tag (32 bytes), 96 u32 drive, 100 u32 JOURNAL_*,
 * 104 u32 mark of a key that encrypts (key.ts), 0: none; earlier programs wrote nothing there. 108 u8 the current
 * partition, 109 u8 bytes of the layout, 0: not divided, 110 the layout (partition.ts; 14 bytes). 124 what hosts have
 * written into the volume's memory (host-attributes.ts), up to the end. Version 1 has that at 108, and one partition.
 */
import { recoveryPlan, recoveryState } from "../recovery/state.ts";
import { ringState } from "../ring/geometry.ts";
import {
  ringJournalAt,
  ringJournalBytes,
  ringJournalWrite,
  superChangeDurable,
  superNextChange,
} from "../ring/superblock.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { RING_BROKEN } from "../spec/ring-layout.ts";
import { cursorSent, cursorSynchronized } from "../tape/cursor.ts";
import { currentDrive } from "./device.ts";
import { hostAttributes, hostAttributesEnd, keepHostAttributes } from "./host-attributes.ts";
import { keyToNote } from "./key.ts";
import { realTag, virtualTag } from "./medium.ts";
import {
  currentPartition,
  foundPartitions,
  isBlankVerified,
  LAYOUT_BYTES,
  layoutAt,
  partitionCount,
  partitionsOwed,
} from "./partition.ts";

const VERSION: u32 = 2;
const HEAD_BYTES: u32 = 124;
const VERSION_1: u32 = 1;
const HEAD_BYTES_1: u32 = 108;
const HEAD_BYTES_MIN: u32 = 104;
const KEY_AT: u32 = 104;
/** What the u32 at 4 says. */
const OWED: u32 = 1;
const BLANK_VERIFIED: u32 = 2;
const PARTITIONS_OWED: u32 = 4;
const PARTITION_AT: u32 = 108;
const LAYOUT_BYTES_AT: u32 = 109;
const LAYOUT_AT: u32 = 110;
const JOURNAL: usize = memory.data(1024, 8);

/** Nothing that the bridge left behind can be on the cartridge. */
export const JOURNAL_WRITES_NOT: u32 = 0;
/** A write that failed may have left a record, at the synchronized object or behind it. */
export const JOURNAL_WRITES: u32 = 1;
/**
 * One has failed at the synchronized object: everything before that is on the tape, and what stands there a failed
 * write has left.
 */
export const JOURNAL_WRITE_FAILED: u32 = 2;

/** What the journal of an earlier run does not say. */
export const JOURNAL_NOTHING: u64 = 0xffffffffffffffff;

/** Length of the journal's head; 0: there is none that this program knows. */
function headBytes(at: u32): u32 {
  const bytes = ringJournalBytes();
  const version = load<u32>(at);
  if (version === VERSION) return bytes < HEAD_BYTES ? 0 : HEAD_BYTES;
  return version !== VERSION_1 || bytes < HEAD_BYTES_MIN ? 0 : min(bytes, HEAD_BYTES_1);
}
function isOfVolume(at: u32): bool {
  return headBytes(at) !== 0 && memory.compare(at + 32, virtualTag(), VOLUME_TAG_BYTES) === 0;
}
function isOfMounted(at: u32): bool {
  if (!isOfVolume(at)) return false;
  return memory.compare(at + 64, realTag(), VOLUME_TAG_BYTES) === 0;
}
/** The journal says that the mounted cartridge may lack, or hold older data in place of, what the ring has. */
export function journalOwes(): bool {
  const at = ringJournalAt();
  return load<u32>(at + 4) !== 0 && isOfMounted(at);
}
/**
 * Of a spare that stands in for a divided volume an earlier run owed other partitions than the current one; or it had
 * just been put in (`standsIn`: the changer says so), and the journal knows only the cartridge before it.
 */
export function journalOwesPartitions(standsIn: bool): bool {
  if (!isOfMounted(ringJournalAt())) return standsIn && journalLayoutAt() !== 0;
  return owedBitsNoted(PARTITIONS_OWED);
}
/** It had verified that the cartridge was blank when it was put in. */
export function journalKnowsBlank(): bool {
  return owedBitsNoted(BLANK_VERIFIED);
}
function owedBitsNoted(bits: u32): bool {
  const at = ringJournalAt();
  return isOfMounted(at) && (load<u32>(at + 4) & bits) !== 0;
}
/** The object up to which an earlier run knew the mounted cartridge to be synchronized. */
export function journalSynchronized(): u64 {
  const at = ringJournalAt();
  return isOfMounted(at) ? load<u64>(at + 16) : JOURNAL_NOTHING;
}

/**
 * JOURNAL_*: whether the bridge, in an earlier run or in this one, has begun to write on the mounted cartridge, and
 * has neither unloaded it since nor ended in order.
 */
export function journalWrites(): u32 {
  const at = ringJournalAt();
  return isOfMounted(at) ? load<u32>(at + 100) : JOURNAL_WRITES_NOT;
}

/** The mark of the key that encrypted when an earlier run ended, whatever was in the drive; 0: none did. */
export function journalKey(): u32 {
  const at = ringJournalAt();
  return headBytes(at) > KEY_AT ? load<u32>(at + KEY_AT) : 0;
}
/** Another key, or none, is in force: it says so. */
export function journalKeyChanged(): void {
  if (journalKey() !== keyToNote()) journalNote();
}

/** The partition of the mounted volume that was current; 0 where it does not say. */
export function journalPartition(): u32 {
  const at = ringJournalAt();
  return isOfVolume(at) && headBytes(at) > PARTITION_AT ? load<u8>(at + PARTITION_AT) : 0;
}
/** How the volume is divided: LAYOUT_BYTES at that address; 0: it is not, or the journal is another volume's. */
export function journalLayoutAt(): u32 {
  const at = ringJournalAt();
  const has = isOfVolume(at) && headBytes(at) > LAYOUT_AT;
  return has && load<u8>(at + LAYOUT_BYTES_AT) === LAYOUT_BYTES ? at + LAYOUT_AT : 0;
}
/** Another partition is current, or the cartridge is divided in another way: it says so. */
export function journalPartitionChanged(): void {
  journalNote();
}
/** That is on stable storage. */
export function journalPartitionDurable(): bool {
  return journalDurable();
}

/** Something that it keeps has changed: key, partition, layout, what hosts have written into the volume's memory. */
export function journalNote(): void {
  write(journalOwes(), journalWrites());
}
/** It is on stable storage as last written; a ring that was given up keeps nothing. */
export function journalDurable(): bool {
  return ringState() === RING_BROKEN || superChangeDurable(writtenBy);
}
/** The change of the superblock that has it as last written. */
let writtenBy: u32 = 0;

/** The last change of the superblock that does not say "owed". */
let settledBy: u32 = 0;
/** The journal of this run says "writing" of the mounted cartridge. */
let writing: bool = false;

/**
 * Everything received is on the medium: the journal does not say "owed" any more, and that is on stable
 * storage. Before, a promise that only the tape has would be taken for older data by the next start.
 */
export function journalSettled(): bool {
  if (ringState() === RING_BROKEN) return true;
  if (journalOwes()) journalRecovery(false);
  return superChangeDurable(settledBy);
}

/**
 * The same, and nothing more is going to be written on it: the bridge may end. What a failed write has left is on
 * it all the same.
 */
export function journalClosed(): bool {
  const isOpen = ringState() !== RING_BROKEN && journalWrites() === JOURNAL_WRITES;
  if (isOpen) write(false, JOURNAL_WRITES_NOT);
  return journalSettled();
}
/** The cartridge is out of the drive, or another one than it seemed: nothing is known of what was left on it. */
export function journalForget(): void {
  if (journalWrites() !== JOURNAL_WRITES_NOT) write(false, JOURNAL_WRITES_NOT);
}

/** The journal says on stable storage that the bridge writes on the mounted cartridge. False: not yet. */
export function journalWriting(): bool {
  if (ringState() === RING_BROKEN) return true;
  if (!writing) write(journalOwes(), JOURNAL_WRITES);
  return superChangeDurable(writtenBy);
}
/**
 * What is promised is on the tape, and no failed write will be looked for before it any more. To be called when
 * everything is synchronized; false: that is not on stable storage yet.
 */
export function journalPromised(): bool {
  const isBehind =
    journalWrites() === JOURNAL_WRITES && journalSynchronized() < cursorSynchronized();
  if (isBehind) write(false, JOURNAL_WRITES);
  return superChangeDurable(writtenBy);
}
/** Another cartridge, or another place on it: before it is written on, the journal says what is certain then. */
export function journalMoved(): void {
  writing = false;
}

/**
 * Writes down where the recovery stands; `owed`: the tape is not proven to hold everything, `writes`: what the
 * bridge may have left on it (JOURNAL_*).
 */
export function journalRecovery(owed: bool, writes: u32 = journalWrites()): void {
  write(owed, writes);
}

/** Another cartridge stands in: what hosts had written on the volume's own is what an earlier run has noted. */
export function journalTakeAttributes(): void {
  const at = ringJournalAt();
  const head = headBytes(at);
  if (isOfVolume(at) && head > KEY_AT) keepHostAttributes(at + head, ringJournalBytes() - head);
}

function owedBits(): u32 {
  return OWED | (isBlankVerified() ? BLANK_VERIFIED : 0) | (partitionsOwed() ? PARTITIONS_OWED : 0);
}
/** The cartridge has not said yet how it is divided: what an earlier run has noted of that, and behind it, stays. */
function isDivisionNoted(at: u32): bool {
  return foundPartitions() === 0 && isOfMounted(at) && headBytes(at) === HEAD_BYTES;
}
/** Answers how many bytes the journal has. */
function putNoted(to: u32, from: u32, owed: bool): u32 {
  if (owed) store<u32>(to + 4, load<u32>(from + 4) | OWED);
  memory.copy(to + PARTITION_AT, from + PARTITION_AT, ringJournalBytes() - PARTITION_AT);
  return ringJournalBytes();
}
function putDivision(to: u32): u32 {
  store<u8>(to + PARTITION_AT, currentPartition() as u8);
  store<u8>(to + LAYOUT_BYTES_AT, (partitionCount() > 1 ? LAYOUT_BYTES : 0) as u8);
  memory.copy(to + LAYOUT_AT, layoutAt(), LAYOUT_BYTES);
  const bytes = hostAttributesEnd() - hostAttributes();
  memory.copy(to + HEAD_BYTES, hostAttributes(), bytes);
  return HEAD_BYTES + bytes;
}

function write(owed: bool, writes: u32): void {
  const at = JOURNAL as u32;
  writing = writes === JOURNAL_WRITES;
  writtenBy = superNextChange();
  if (!owed) settledBy = writtenBy;
  store<u32>(at, VERSION);
  store<u32>(at + 4, owed ? owedBits() : 0);
  store<u32>(at + 8, recoveryPlan());
  store<u32>(at + 12, recoveryState());
  store<u64>(at + 16, cursorSynchronized());
  store<u64>(at + 24, cursorSent());
  memory.copy(at + 32, virtualTag(), VOLUME_TAG_BYTES);
  memory.copy(at + 64, realTag(), VOLUME_TAG_BYTES);
  store<u32>(at + 96, currentDrive());
  store<u32>(at + 100, writes);
  store<u32>(at + KEY_AT, keyToNote());
  const before = ringJournalAt();
  const bytes = isDivisionNoted(before) ? putNoted(at, before, owed) : putDivision(at);
  ringJournalWrite(at, bytes);
}
