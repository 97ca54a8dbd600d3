/**
 * Parameters of a lane's EV_START: serial number (16), standard INQUIRY data (36), then how a cartridge
 * that is not in the ring is copied into it, and the pad at its end (all numbers little endian). Behind START_LANE_BYTES, where an
 * instance takes over, the keep block (keep.ts).
 */
/** u16: so many filemarks are read at load, with what stands before them; 0: nothing. */
export const START_HEADER_MARKS: u32 = 52;
/** u16: the rest is copied where less than so many percent of the cartridge are used; 0: never. */
export const START_COPY_PERCENT: u32 = 54;
/** u32: a command of the server may wait so long for the copying, milliseconds. */
export const START_COPY_WAIT_MS: u32 = 56;
/** u32: the pad before the drive's early warning, MB. */
export const START_PAD: u32 = 60;
/** The core chooses it by the capacity of the cartridge. */
export const PAD_AUTO: u32 = 0xffffffff;
/** u32: 1, keys for the drive's encryption are passed on: the ring is encrypted. */
export const START_KEYS: u32 = 64;
export const START_LANE_BYTES: u32 = 68;
