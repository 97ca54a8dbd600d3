/**
 * What kinds of drives lack or get wrong, as data: a row is a vendor identification of standard
 * INQUIRY data and the bits below. A drive that no row names is PROFILE_STANDARD.
 */
export const PROFILE_LOCATE: u32 = 1;
export const PROFILE_READ_POSITION: u32 = 2;
export const PROFILE_LOG_SENSE: u32 = 4;
/** UNLOAD needs RETEN (bit 1 of byte 4), or nothing happens (tgtd 1.0.85). */
export const PROFILE_UNLOAD_RETEN: u32 = 8;
/**
 * A failed write leaves one record of its length on the tape, and the end of data behind it: never try again on
 * the same cartridge (tgtd).
 */
export const PROFILE_NO_RETRY: u32 = 16;
/** MODE SELECT(6) with a block descriptor works. */
export const PROFILE_MODE_SELECT: u32 = 32;
/** READ ATTRIBUTE works: what a cartridge says of itself. */
export const PROFILE_ATTRIBUTES: u32 = 64;
/** A READ that asks for more, or less, than the record has says how long the record is. */
export const PROFILE_READ_ANY_LENGTH: u32 = 128;
/** Mode page 11h may be asked for, and LOCATE knows partitions. */
export const PROFILE_PARTITIONS: u32 = 256;
export const PROFILE_STANDARD: u32 = 487;

/** First and second half of the vendor identification "TGT     ", as little endian numbers. */
export const PROFILE_VENDOR_TGT_LOW: u32 = 0x20544754;
export const PROFILE_VENDOR_TGT_HIGH: u32 = 0x20202020;
export const PROFILE_TGT: u32 = 56;
