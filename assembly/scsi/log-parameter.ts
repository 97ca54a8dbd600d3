/**
 * A log page being put together: header, then parameters in ascending order of their codes. Decides bytes, which
 * parameters a parameter pointer leaves out, and what a counter says under each page control: thresholds
 * are the most that it can hold, for none is ever compared; the default is zero.
 */
import { put16 } from "../lib/bytes.ts";

const PAGE_BYTES_MAX: u32 = 512;
const PAGE: usize = memory.data(512, 8);
const AT: u32 = PAGE as u32;
const HEADER_BYTES: u32 = 4;
const PARAMETER_HEADER_BYTES: u32 = 4;

// Page control.
const CUMULATIVE: u32 = 1;
export const DEFAULT_CUMULATIVE: u32 = 3;

// Format and linking, of the parameter control byte: a counter, text, a binary list.
const COUNTER: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 3;

let next: u32 = 0;
let control: u32 = CUMULATIVE;
let first: u32 = 0;

/** Begins a page; parameters whose code is less than `pointer` are left out. */
export function beginPage(code: u32, pageControl: u32, pointer: u32): void {
  memory.fill(AT, 0, HEADER_BYTES);
  store<u8>(AT, code as u8);
  next = AT + HEADER_BYTES;
  control = pageControl;
  first = pointer;
}
/** A byte that is no parameter. */
export function pageByte(value: u32): void {
  store<u8>(next, value as u8);
  next += 1;
}
/** The head of a parameter; answers where its value goes, 0: it is left out. */
function parameter(code: u32, format: u8, bytes: u32): u32 {
  if (code < first) return 0;
  const at = next;
  next = at + PARAMETER_HEADER_BYTES + bytes;
  assert(next <= AT + PAGE_BYTES_MAX);
  put16(at, code);
  store<u8>(at + 2, format);
  store<u8>(at + 3, bytes as u8);
  return at + PARAMETER_HEADER_BYTES;
}
function putValue(at: u32, bytes: u32, value: u64): void {
  if (at === 0) return;
  for (let i: u32 = 0; i < bytes; i++) {
    store<u8>(at + i, (value >> (((bytes - 1 - i) << 3) as u64)) as u8);
  }
}
/** A counter of 1 to 8 bytes. */
export function counter(code: u32, bytes: u32, value: u64): void {
  const other: u64 = control === DEFAULT_CUMULATIVE ? 0 : u64.MAX_VALUE;
  putValue(parameter(code, COUNTER, bytes), bytes, control === CUMULATIVE ? value : other);
}
/** What is as it is, 1 to 8 bytes. */
export function fact(code: u32, bytes: u32, value: u64): void {
  putValue(parameter(code, BINARY, bytes), bytes, value);
}
/** Text of `bytes` bytes at `from`. */
export function text(code: u32, from: u32, bytes: u32): void {
  const at = parameter(code, TEXT, bytes);
  if (at !== 0) memory.copy(at, from, bytes);
}

/** Finishes; its bytes, with the header, are at `pageAt`. */
export function endPage(): u32 {
  put16(AT + 2, next - AT - HEADER_BYTES);
  return next - AT;
}
/** All parameters were left out: the pointer is behind the last one. */
export function pageEmpty(): bool {
  return next === AT + HEADER_BYTES;
}
export function pageAt(): u32 {
  return AT;
}
