/**
 * The keep block: what a core must not lose when it traps. It is whole at KEEP_AT after every step; the
 * host copies it after each step that ended well, and gives the last copy to the instance that takes
 * over, in pieces (EV_KEEP), before EV_START. Only the core knows what is inside (lane/keep.ts,
 * changer/keep.ts); the host looks at words 1 to 3.
 *
 *   0 u32 KEEP_VERSION   4 u32 bytes of the whole block   16 what is kept
 *   8 u32 offset of the part that changes seldom, at the end of the block; 0: there is none
 *  12 u32 another number whenever that part has changed: only then it has to be copied
 */

export const KEEP_AT: u32 = 0x20000;
export const KEEP_BYTES_MAX: u32 = 0x40000;
export const KEEP_LENGTH_AT: u32 = 4;
export const KEEP_SELDOM_AT: u32 = 8;
export const KEEP_REVISION_AT: u32 = 12;
/** Changed whenever the content changes: another module's block is refused. */
export const KEEP_VERSION: u32 = 16;
