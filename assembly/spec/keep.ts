/**
 * The keep block: what a core must not lose when it traps. It is whole at KEEP_AT after every step; the
 * host copies it after each step that ended well, and gives the last copy to the instance that takes
 * over, in pieces (EV_KEEP), before EV_START. Only the core knows what is inside (lane/keep.ts,
 * changer/keep.ts); the host looks at the second word.
 *
 *   0 u32 KEEP_VERSION   4 u32 bytes of the whole block   8 what is kept
 */

export const KEEP_AT: u32 = 0x20000;
export const KEEP_BYTES_MAX: u32 = 0x30000;
export const KEEP_LENGTH_AT: u32 = 4;
/** Changed whenever the content changes: another module's block is refused. */
export const KEEP_VERSION: u32 = 5;
