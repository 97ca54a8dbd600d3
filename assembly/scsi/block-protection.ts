/**
 * Logical block protection: behind each record that goes between server and bridge there are four bytes more, its
 * CRC32C, low byte first. Decides which nexus has chosen it for writes and for reads (page Control Data
 * Protection, mode-table.ts), and says how many bytes that makes; the words themselves are the host's. A choice is
 * of one nexus, and ends with it. Ring and drive never have them. Fields and meaning: SSC as the LTO manual of IBM
 * has them; the order of the bytes as LTFS has it.
 */
import { KEPT_PROTECTIONS, kept } from "../lane/keep.ts";
import { taskNexus } from "../lane/task.ts";
import { act, params, setB, setY } from "../lib/action.ts";
import { NEXUS_COUNT_MAX, PROTECTION_WORD_BYTES, RECORD_BYTES_MAX } from "../spec/abi.ts";
import { AC_PUT, BUFFER_SERVER } from "../spec/action.ts";
import { slotOf } from "./unit-attention.ts";

// The page, and what of it is kept: byte 4 is the method, byte 6 says where it holds.
const METHOD_AT: u32 = 4;
const LENGTH_AT: u32 = 5;
const WHERE_AT: u32 = 6;
const METHOD_CRC32C: u32 = 2;
const WRITES: u32 = 0x80;
const READS: u32 = 0x40;

/** The nexus that was asked for last, and what it has chosen. */
let lastNexus: u32 = 0;
let lastChoice: u32 = 0;

function choiceAt(slot: u32): u32 {
  return load<u8>(KEPT_PROTECTIONS + slot) as u32;
}
/** METHOD_CRC32C with WRITES and READS; 0: none. */
function choiceOf(nexus: u32): u32 {
  if (!kept.anyProtection) return 0;
  if (nexus === lastNexus) return lastChoice;
  const slot = slotOf(nexus);
  lastNexus = nexus;
  lastChoice = slot === NEXUS_COUNT_MAX ? 0 : choiceAt(slot);
  return lastChoice;
}
function choose(nexus: u32, choice: u32): void {
  const slot = slotOf(nexus);
  if (slot === NEXUS_COUNT_MAX || choiceAt(slot) === choice) return;
  store<u8>(KEPT_PROTECTIONS + slot, choice as u8);
  kept.revision += 1;
  lastNexus = 0;
  kept.anyProtection = false;
  for (let i: u32 = 0; i < NEXUS_COUNT_MAX; i++) if (choiceAt(i) !== 0) kept.anyProtection = true;
}

/** Bytes that a server sends behind each record of the command in work. */
export function writeWordBytes(): u32 {
  if (!kept.anyProtection) return 0;
  return (choiceOf(taskNexus()) & WRITES) === 0 ? 0 : PROTECTION_WORD_BYTES;
}
/** Bytes that it gets behind each. */
export function readWordBytes(): u32 {
  if (!kept.anyProtection) return 0;
  return (choiceOf(taskNexus()) & READS) === 0 ? 0 : PROTECTION_WORD_BYTES;
}
/** The word of a record, CRC32C `crc`, goes to `at` in the server's buffer, behind it. */
export function putWord(at: u32, crc: u32): void {
  if (at > RECORD_BYTES_MAX) return;
  act(AC_PUT, 0);
  setB(BUFFER_SERVER);
  setY(at as u64);
  store<u32>(params(PROTECTION_WORD_BYTES), crc);
}

/** What the nexus of the command in work has chosen, into the page at `to`. */
export function putProtection(to: u32): void {
  const choice = choiceOf(taskNexus());
  store<u8>(to + METHOD_AT, (choice & METHOD_CRC32C) as u8);
  store<u8>(to + LENGTH_AT, (choice === 0 ? 0 : PROTECTION_WORD_BYTES) as u8);
  store<u8>(to + WHERE_AT, (choice & (WRITES | READS)) as u8);
}
/** It chooses what the page at `from` says; without a method nothing else means anything. */
export function takeProtection(from: u32): void {
  const method = load<u8>(from + METHOD_AT) as u32;
  choose(taskNexus(), method === 0 ? 0 : method | (load<u8>(from + WHERE_AT) as u32));
}
/** The place in the page at `from` of what cannot be chosen; 0: there is none. */
export function protectionFault(from: u32): u32 {
  const method = load<u8>(from + METHOD_AT) as u32;
  if (method === 0) return 0;
  if (method !== METHOD_CRC32C) return METHOD_AT;
  return load<u8>(from + LENGTH_AT) === PROTECTION_WORD_BYTES ? 0 : LENGTH_AT;
}

/** A nexus has begun, or ends. */
export function protectionForget(nexus: u32): void {
  choose(nexus, 0);
}
/** True where something of it would end with that nexus. */
export function isProtected(nexus: u32): bool {
  return choiceOf(nexus) !== 0;
}
/** A reset: nobody has chosen anything. */
export function protectionClear(): void {
  if (!kept.anyProtection) return;
  memory.fill(KEPT_PROTECTIONS, 0, NEXUS_COUNT_MAX);
  kept.anyProtection = false;
  kept.revision += 1;
  lastNexus = 0;
}
