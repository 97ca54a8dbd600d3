/**
 * TapeAlert flags of each I_T nexus (bit n-1 is flag n). Decides which flags a server hears of: what a drive
 * says of the server's cartridge and of cleaning always, what it says of a failure only where the server was
 * told of one. Reading takes them for that nexus alone. Flags: SSC as Seagate's, HP's and Oracle's manuals have
 * them.
 */
import { KEPT_ALERTS, kept } from "../lane/keep.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";
import { slotOf } from "./unit-attention.ts";

export const ALERT_HARD_ERROR: u64 = 1 << 2;
export const ALERT_READ_FAILURE: u64 = 1 << 4;
export const ALERT_WRITE_FAILURE: u64 = 1 << 5;
/** 20 clean now, 21 clean periodic. */
const ALERT_CLEANING: u64 = 0x180000;
/**
 * 7 to 12 and 15 to 19 (the cartridge: its life, its grade, protected, of another format, its chip), 20 to 24
 * (cleaning, retension), 49 to 51 (capacity, directory), 59 to 61 (WORM, encryption).
 */
const ALERT_OF_SERVER: u64 = 0x1c070000_00ffcfc0;

function flagsAt(slot: u32): u64 {
  return load<u64>(KEPT_ALERTS + (slot << 3));
}
function setFlags(slot: u32, flags: u64): void {
  if (flagsAt(slot) === flags) return;
  store<u64>(KEPT_ALERTS + (slot << 3), flags);
  kept.revision += 1;
}

/** A nexus has begun: it hears of what holds now. */
export function alertsNexus(nexus: u32): void {
  const slot = slotOf(nexus);
  if (slot !== NEXUS_COUNT_MAX) setFlags(slot, kept.alertsStanding);
}
/** Every nexus, present and to come, shall hear of them. */
export function alertsRaise(flags: u64): void {
  kept.alertsStanding |= flags;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) setFlags(i, flagsAt(i) | flags);
}
/** The drive has these. */
export function alertsFound(flags: u64): void {
  alertsRaise(kept.alertsOpen ? flags : flags & ALERT_OF_SERVER);
}
/** Those of a nexus. */
export function alertsOf(nexus: u32): u64 {
  const slot = slotOf(nexus);
  return slot === NEXUS_COUNT_MAX ? 0 : flagsAt(slot);
}
/** That nexus has read its flags. */
export function alertsRead(nexus: u32): void {
  const slot = slotOf(nexus);
  if (slot !== NEXUS_COUNT_MAX) setFlags(slot, 0);
}
/** Cleaning is asked for. */
export function cleaningAsked(): bool {
  return (kept.alertsStanding & ALERT_CLEANING) !== 0;
}
/** A reset, LOG SELECT, or a failure that nobody shall hear of: no flag is set, nothing holds. */
export function alertsClear(): void {
  kept.alertsStanding = 0;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) setFlags(i, 0);
}
/** A recovery has covered what its drive or cartridge had to say. */
export function alertsCovered(): void {
  kept.alertsOpen = false;
  alertsClear();
}
/** A cartridge is loaded: of what was before it only a wish for cleaning still holds. Unread flags stay. */
export function alertsLoad(): void {
  kept.alertsOpen = false;
  kept.alertsStanding &= ALERT_CLEANING;
}
/** The drive has been cleaned. */
export function alertsCleaned(): void {
  kept.alertsStanding = 0;
}
