/**
 * The key that a server has given for the drive's encryption (SECURITY PROTOCOL 20h): that there is one, its
 * mark, its modes, and what the drive was told of it. The bytes are the host's, in memory only; the mark is a
 * number that the host makes of key and key-associated data (the same for the same, 0 never). Decides which
 * key a record is written and read with, and what is not done without it.
 * Invariants: a record that the server wanted encrypted is never sent under another key or in clear; what is
 * encrypted is given from the ring under its own key only; the records of an image have one key at most.
 */
import { recovering } from "../recovery/state.ts";
import { imageKey, imageSelected } from "../ring/image-table.ts";
import { PARAM_IN_AT } from "../spec/abi.ts";
import { START_KEYS } from "../spec/lane-start.ts";
import { ENTRY_ENCRYPTED, ENTRY_RECORD } from "../spec/ring-layout.ts";
import { kept } from "./keep.ts";

/** Modes of encryption and of decryption. */
export const KEY_MODE_OFF: u32 = 0;
export const KEY_MODE_ON: u32 = 2;
/** Of decryption: what is in clear is read too. */
export const KEY_MODE_MIXED: u32 = 3;

/** The drive has been told nothing that counts. */
const UNTOLD: u64 = 0xffffffffffffffff;
/** Of a key that nobody has seen. */
const UNKNOWN_MARK: u32 = 1;
/** Any drive may have one. */
const ALL_DRIVES: u32 = 0xffffffff;

let passes: bool = false;

kept.keyInDrive = UNTOLD;

/** Takes the setting from the parameters of EV_START. */
export function keySettings(): void {
  passes = load<u32>(PARAM_IN_AT + START_KEYS) === 1;
}
/** Keys are passed on: what the ring has in clear is encrypted on its disk. */
export function keysPass(): bool {
  return passes;
}
/** A first start: that key was in force when the bridge ended (0: none). The server has to set it again. */
export function keyStart(mark: u32): void {
  if (!passes || mark === 0) return;
  kept.keyMissed = mark;
  kept.keyedDrives = ALL_DRIVES;
}

/** The server has set a key: its mark, modes (encryption << 8 | decryption), length of the list, CKOD. */
export function keySet(mark: u32, modes: u32, bytes: u32, clears: bool): void {
  kept.keyMark = modes === KEY_MODE_OFF ? 0 : mark;
  kept.keyModes = modes;
  kept.keyListBytes = bytes;
  kept.keyClears = clears && modes !== KEY_MODE_OFF;
  kept.keyMissed = 0;
}
/** There is a key. */
export function keyInForce(): bool {
  return kept.keyMark !== 0;
}
/** Records of a WRITE are encrypted on the tape. */
export function keyEncrypts(): bool {
  return kept.keyMark !== 0 && kept.keyModes >> 8 === KEY_MODE_ON;
}
/** What the journal keeps: the mark of a key that encrypts, also of one that was lost with an earlier run. */
export function keyToNote(): u32 {
  return keyEncrypts() ? kept.keyMark : kept.keyMissed;
}
/** What kind of entry a record of a WRITE becomes. */
export function recordForm(): u32 {
  return keyEncrypts() ? ENTRY_RECORD | ENTRY_ENCRYPTED : ENTRY_RECORD;
}
/** What is encrypted in that image can be written and read again: nothing is, or its key is here. */
export function keyOpens(image: i32): bool {
  const mark = imageKey(image);
  return mark === 0 || mark === kept.keyMark;
}
/** The same of the selected image. */
export function keyIsHere(): bool {
  const image = imageSelected();
  return image < 0 || keyOpens(image);
}
/** The same, and the server may read what is encrypted. */
export function keyReads(): bool {
  return keyIsHere() && (kept.keyModes & 0xff) !== KEY_MODE_OFF;
}

/** What a drive is told, as `keyInDrive` has it: mark << 16 | modes; 0: no key. */
export function keyAsGiven(): u64 {
  return kept.keyMark === 0 ? 0 : ((kept.keyMark as u64) << 16) | (kept.keyModes as u64);
}
/** The same for a record; in a recovery, which reads what there is, whatever is in clear is read too. */
export function keyFor(isEncrypted: bool): u64 {
  if (kept.keyMark === 0) return 0;
  const decryption = recovering() ? KEY_MODE_MIXED : kept.keyModes & 0xff;
  const modes = ((isEncrypted ? KEY_MODE_ON : KEY_MODE_OFF) << 8) | decryption;
  return modes === KEY_MODE_OFF ? 0 : ((kept.keyMark as u64) << 16) | (modes as u64);
}

function bitOfDrive(): u32 {
  return 1 << kept.drive;
}
/** The current drive has to be told that first. */
export function keyStale(told: u64): bool {
  if (!passes || kept.keyInDrive === told) return false;
  return told !== 0 || (kept.keyedDrives & bitOfDrive()) !== 0;
}
/** Since the start nobody has asked the current drive whether it encrypts. */
export function keyUnasked(): bool {
  return passes && (kept.keyAskedDrives & bitOfDrive()) === 0;
}
/**
 * It has answered. One that encrypts by a key that this run knows nothing of has it from an earlier one, or from
 * elsewhere: it goes, and outside of a recovery, which may meet it in a spare drive, the server has to speak first.
 */
export function keyAnswered(encrypts: bool): void {
  kept.keyAskedDrives |= bitOfDrive();
  if (!encrypts || kept.keyMark !== 0) return;
  kept.keyedDrives |= bitOfDrive();
  if (!recovering() && kept.keyMissed === 0) kept.keyMissed = UNKNOWN_MARK;
}
/** Something is on its way to the drive that changes it. */
export function keyTelling(): void {
  kept.keyInDrive = UNTOLD;
  kept.keyedDrives |= bitOfDrive();
  kept.keyAskedDrives |= bitOfDrive();
}
/** The drive has taken it. */
export function keyTold(told: u64): void {
  kept.keyInDrive = told;
  if (told === 0) kept.keyedDrives &= ~bitOfDrive();
}
/** Another drive, a reset, a load: what the drive has is not known. */
export function keyForget(): void {
  kept.keyInDrive = UNTOLD;
}
