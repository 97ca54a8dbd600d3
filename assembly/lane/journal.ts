/**
 * The lane's journal: whether a recovery is owed, and for which cartridge. Little endian:
 * 0 u32 version, 4 u32 owed, 8 u32 plan, 12 u32 state, 16 u64 synchronized, 24 u64 sent,
 * 32 virtual volume tag (32 bytes), 64 real volume tag (32 bytes), 96 u32 drive.
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
import { realTag, virtualTag } from "./medium.ts";

const VERSION: u32 = 1;
const JOURNAL_BYTES: u32 = 104;
const JOURNAL: usize = memory.data(104, 8);

/** What the journal of an earlier run does not say. */
export const JOURNAL_NOTHING: u64 = 0xffffffffffffffff;

function isOfMounted(at: u32): bool {
  if (ringJournalBytes() !== JOURNAL_BYTES || load<u32>(at) !== VERSION) return false;
  if (memory.compare(at + 32, virtualTag(), VOLUME_TAG_BYTES) !== 0) return false;
  return memory.compare(at + 64, realTag(), VOLUME_TAG_BYTES) === 0;
}
/** The journal says that the mounted cartridge may lack, or hold older data in place of, what the ring has. */
export function journalOwes(): bool {
  const at = ringJournalAt();
  return load<u32>(at + 4) !== 0 && isOfMounted(at);
}
/** The object up to which an earlier run knew the mounted cartridge to be synchronized. */
export function journalSynchronized(): u64 {
  const at = ringJournalAt();
  return isOfMounted(at) ? load<u64>(at + 16) : JOURNAL_NOTHING;
}

/** The change of the superblock that took "owed" back. */
let settledBy: u32 = 0;

/**
 * Everything received is on the medium: the journal does not say "owed" any more, and that is on stable
 * storage. Before, a promise that only the tape has would be taken for older data by the next start.
 */
export function journalSettled(): bool {
  if (ringState() === RING_BROKEN) return true;
  if (journalOwes()) {
    settledBy = superNextChange();
    journalRecovery(false);
  }
  return superChangeDurable(settledBy);
}

/** Writes down where the recovery stands; `owed`: the tape is not proven to hold everything. */
export function journalRecovery(owed: bool): void {
  const at = JOURNAL as u32;
  store<u32>(at, VERSION);
  store<u32>(at + 4, owed ? 1 : 0);
  store<u32>(at + 8, recoveryPlan());
  store<u32>(at + 12, recoveryState());
  store<u64>(at + 16, cursorSynchronized());
  store<u64>(at + 24, cursorSent());
  memory.copy(at + 32, virtualTag(), VOLUME_TAG_BYTES);
  memory.copy(at + 64, realTag(), VOLUME_TAG_BYTES);
  store<u32>(at + 96, currentDrive());
  ringJournalWrite(at, JOURNAL_BYTES);
}
