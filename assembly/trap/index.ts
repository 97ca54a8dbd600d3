/**
 * The core for tests of what happens when a core traps: the same `abi` and `step`, but a word in the
 * event record that no host writes (TRAP_AT) makes the step trap, in the way and at the moment that it
 * says. Nothing of the product imports this file.
 */
import { abi as realAbi, step as realStep } from "../index.ts";
import { EVENT_AT } from "../spec/abi.ts";
import { KEEP_AT, KEEP_BYTES_MAX } from "../spec/keep.ts";
import {
  TRAP_AFTER,
  TRAP_AT,
  TRAP_BEFORE,
  TRAP_BOUNDS,
  TRAP_RECURSION,
  TRAP_SCRIBBLE,
  TRAP_UNREACHABLE,
  TRAP_WAY_MASK,
} from "../spec/trap.ts";

/** Beyond the last page of memory. */
const OUTSIDE: u32 = 0xfffffff0;

let depth: u32 = 0;

/** Calls itself until the stack is exhausted; the sum keeps the compiler from making it a loop. */
function recurse(n: u32): u32 {
  depth += 1;
  return recurse(n + 1) + depth;
}

function trap(way: u32): void {
  if (way === TRAP_BOUNDS) store<u32>(OUTSIDE, 1);
  else if (way === TRAP_RECURSION) depth = recurse(0);
  else if (way === TRAP_SCRIBBLE) {
    // A core that has run wild has written over what it kept.
    memory.fill(KEEP_AT, 0xa5, KEEP_BYTES_MAX);
    unreachable();
  } else if (way === TRAP_UNREACHABLE) unreachable();
}

/** That of the core. */
export function abi(): u32 {
  return realAbi();
}

/** One step of the core; the word at TRAP_AT says whether it traps. */
export function step(): u32 {
  const word = load<u32>(EVENT_AT + TRAP_AT);
  if ((word & TRAP_BEFORE) !== 0) trap(word & TRAP_WAY_MASK);
  const count = realStep();
  if ((word & TRAP_AFTER) !== 0) trap(word & TRAP_WAY_MASK);
  return count;
}
