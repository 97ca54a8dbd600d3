/**
 * How the core of tests is made to trap (assembly/trap): u32 at TRAP_AT of the event record, where the
 * product has zero and never looks. A way, and whether before the step or behind it: then the state has
 * changed and no action is executed.
 */

export const TRAP_AT: u32 = 56;

export const TRAP_UNREACHABLE: u32 = 1;
/** A store outside of the memory. */
export const TRAP_BOUNDS: u32 = 2;
/** The stack is exhausted. */
export const TRAP_RECURSION: u32 = 3;
/** The keep block is overwritten, then it traps. */
export const TRAP_SCRIBBLE: u32 = 4;
export const TRAP_WAY_MASK: u32 = 0xff;

export const TRAP_BEFORE: u32 = 0x100;
export const TRAP_AFTER: u32 = 0x200;
