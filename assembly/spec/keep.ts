/**
 * The keep block: what a lane's core must not lose when it traps. The core lays it at KEEP_AT in every
 * step; the host copies it after each step that ended well, and gives the last copy to the instance that
 * takes over, as the parameters of EV_START behind START_LANE_BYTES (lane-start.ts). Only the core knows what is inside:
 * u32 KEEP_VERSION, then what assembly/lane/keep.ts names, in that order.
 */

export const KEEP_AT: u32 = 0x1200;
export const KEEP_BYTES: u32 = 2560;
/** Changed whenever the content changes: another module's block is refused. */
export const KEEP_VERSION: u32 = 2;
