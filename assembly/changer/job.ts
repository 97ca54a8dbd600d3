/**
 * What waits for the robot, first come first served: readings of the inventory, moves, and questions of the
 * changer's own. A job has an
 * owner, who is told how it ended (arbiter.ts). Where a move goes is said in words of the virtual
 * library and looked up only when its turn comes, because moves before it change what is where.
 */
import { keep32, keepBytes } from "../lib/keep.ts";
import { JOB_COUNT_MAX } from "./limits.ts";

export const JOB_READ: u32 = 1;
export const JOB_MOVE: u32 = 2;
export const JOB_WATCH: u32 = 3;

/** Owners: the start, a change that somebody noticed, the watch, lanes by number, tasks by slot. */
export const OWNER_START: u32 = 0;
export const OWNER_CHANGE: u32 = 1;
export const OWNER_WATCH: u32 = 2;
export const OWNER_LANE: u32 = 0x100;
export const OWNER_TASK: u32 = 0x200;

/** Destinations: a virtual element (number), a drive (device number), wherever it belongs. */
export const TO_ELEMENT: u32 = 0x10000;
export const TO_DRIVE: u32 = 0x20000;
export const TO_HOME: u32 = 0x30000;
export const TO_KIND: u32 = 0xf0000;
export const TO_INDEX: u32 = 0xffff;

const QUEUE: usize = memory.data(768, 4);
const BYTES: u32 = 16;
let first: u32 = 0;
let count: u32 = 0;

function at(place: u32): u32 {
  return (QUEUE as u32) + ((first + place) % JOB_COUNT_MAX) * BYTES;
}
function add(kind: u32, owner: u32, cartridge: u32, to: u32): void {
  assert(count < JOB_COUNT_MAX);
  const row = at(count);
  store<u32>(row, kind);
  store<u32>(row + 4, owner);
  store<u32>(row + 8, cartridge);
  store<u32>(row + 12, to);
  count += 1;
}
/** A reading of the inventory; an owner has at most one job. */
export function addReading(owner: u32): void {
  add(JOB_READ, owner, 0, 0);
}
/** A move of a cartridge to TO_* | index. */
export function addMove(owner: u32, cartridge: u32, to: u32): void {
  add(JOB_MOVE, owner, cartridge, to);
}
/** What the changer asks by itself. */
export function addWatch(): void {
  add(JOB_WATCH, OWNER_WATCH, 0, 0);
}
/** Whether an owner's job waits. */
export function jobWaits(owner: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(at(i) + 4) === owner) return true;
  return false;
}
export function jobCount(): u32 {
  return count;
}
/** The job whose turn it is; only where `jobCount` is not zero. */
export function jobKind(): u32 {
  return load<u32>(at(0));
}
export function jobOwner(): u32 {
  return load<u32>(at(0) + 4);
}
export function jobCartridge(): u32 {
  return load<u32>(at(0) + 8);
}
export function jobTo(): u32 {
  return load<u32>(at(0) + 12);
}
/** It has ended. */
export function dropJob(): void {
  assert(count > 0);
  first = (first + 1) % JOB_COUNT_MAX;
  count -= 1;
}
/** Forgets all jobs but the one that runs (`keep` 1) or all (0). */
export function dropJobs(keep: u32): void {
  if (count > keep) count = keep;
}
/** What outlives a trap (keep.ts). */
export function keepJobs(): void {
  keepBytes(QUEUE as u32, JOB_COUNT_MAX * BYTES);
  first = keep32(first);
  count = keep32(count);
}
