/**
 * When the journal is written: at the end of every step that changed something, and it is waited for
 * (`journalClean`) before a robot moves or the server is answered. Its bytes are journal-bytes.ts.
 */

import { act, logNumbers, params } from "../lib/action.ts";
import { eventA, eventTag } from "../lib/event.ts";
import { keep32, keepBytes, keepFlag } from "../lib/keep.ts";
import { AC_JOURNAL } from "../spec/action.ts";
import { LOG_JOURNAL_BAD } from "../spec/log-code.ts";
import { journalLeft, journalRight, packJournal, takeJournal } from "./journal-bytes.ts";
import { JOURNAL_BYTES_MAX } from "./limits.ts";

/** What was given at start, until the inventory is read. */
const KEPT: usize = memory.data(8192, 8);
/** Packed here first, so that only its real length travels. */
const PACKED: usize = memory.data(8192, 8);
let keptBytes: u32 = 0;
let dirty: bool = false;
let sent: u32 = 0;
let done: u32 = 0;

/**
 * Why LOG_JOURNAL_BAD: its bytes are wrong, other storage elements, no room (c left out), not written
 * (c error number), more cartridges than the table holds (c element).
 */
export const JOURNAL_BAD_BYTES: u32 = 1;
export const JOURNAL_BAD_LIBRARY: u32 = 2;
export const JOURNAL_BAD_ROOM: u32 = 3;
export const JOURNAL_BAD_WRITE: u32 = 4;
export const JOURNAL_BAD_TABLE: u32 = 5;

/** Keeps the bytes that EV_START brought. */
export function keepJournal(at: u32, bytes: u32): void {
  keptBytes = min(bytes, JOURNAL_BYTES_MAX);
  memory.copy(KEPT, at, keptBytes);
}
/** Takes what was kept into the tables; false: there was nothing (or nothing right). */
export function openJournal(): bool {
  if (keptBytes === 0) return false;
  if (!journalRight(KEPT as u32, keptBytes)) {
    logNumbers(LOG_JOURNAL_BAD, JOURNAL_BAD_BYTES, keptBytes);
    return false;
  }
  if (!takeJournal(KEPT as u32)) logNumbers(LOG_JOURNAL_BAD, JOURNAL_BAD_LIBRARY, 0);
  keptBytes = 0;
  return true;
}
/** Something that must outlive a restart has changed. */
export function touchJournal(): void {
  dirty = true;
}
/** Writes it when something has changed: once at the end of a step. */
export function flushJournal(): void {
  if (!dirty) return;
  dirty = false;
  const bytes = packJournal(clean());
  if (journalLeft() > 0) logNumbers(LOG_JOURNAL_BAD, JOURNAL_BAD_ROOM, journalLeft());
  sent += 1;
  act(AC_JOURNAL, sent);
  memory.copy(params(bytes), PACKED, bytes);
}
function clean(): u32 {
  memory.fill(PACKED, 0, JOURNAL_BYTES_MAX);
  return PACKED as u32;
}
/** EV_JOURNAL_DONE: what could not be written is logged; the bridge works on without. */
export function journalDone(): void {
  if (eventA() !== 0) logNumbers(LOG_JOURNAL_BAD, JOURNAL_BAD_WRITE, eventA());
  // Ends may come in another order than the writes went out: a later one has all of an earlier one.
  done = max(done, eventTag());
}
/** Everything that has changed is on stable storage. */
export function journalClean(): bool {
  return !dirty && done === sent;
}
/** What outlives a trap (keep.ts): what was given at start, and how far writing is. */
export function keepJournals(): void {
  keptBytes = keep32(keptBytes);
  keepBytes(KEPT as u32, keptBytes);
  dirty = keepFlag(dirty);
  sent = keep32(sent);
  done = keep32(done);
}
