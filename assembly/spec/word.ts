/**
 * Words between a lane's core and the changer's core (the arbiter of what lanes share: robot, spare
 * drives, spare media, virtual inventory). Travel as AC_WORD and arrive as EV_WORD with the same a
 * (kind), b (lane number from 1), c d e x y and params; the host only carries them.
 * "result": 0 done; otherwise the sense of the device as key << 16 | asc << 8 | ascq, or WORD_NONE.
 */

/** Nothing to be had, or no answer from the robot. */
export const WORD_NONE: u32 = 0xffffffff;

// From a lane to the changer.
/** Give me a spare drive. Answer: WORD_DRIVE. */
export const WORD_ASK_DRIVE: u32 = 1;
/** Give me a spare medium. Answer: WORD_MEDIUM. */
export const WORD_ASK_MEDIUM: u32 = 2;
/** Move the cartridge in drive c to the storage element that is kept for it (its own slot). Answer: WORD_MOVED. */
export const WORD_MOVE_OUT: u32 = 3;
/** Move the cartridge in drive c to drive d. Answer: WORD_MOVED. */
export const WORD_MOVE_ACROSS: u32 = 4;
/**
 * Move spare medium c into drive d; from now on it stands for the lane's volume. Params: serial number of the
 * volume's own cartridge (32 bytes), or nothing where that is not known. Answer: WORD_MOVED.
 */
export const WORD_MOVE_IN: u32 = 5;
/** Drive c has failed: never give it to anyone. The lane's drive is d from now on. No answer. */
export const WORD_FENCED: u32 = 6;
/**
 * The recovery ended. c 0: the lane's volume is on the same cartridge; 1: it is on the spare medium for
 * good (the volume tag follows, the failed cartridge is hidden); 2: given up, the volume is what it was.
 */
export const WORD_RECOVERED: u32 = 7;
/**
 * The spare medium c (WORD_NONE: the one that an interrupted recovery has put into the lane's drive) was not
 * blank or does not work: never give it to anyone. No answer.
 */
export const WORD_BAD_MEDIUM: u32 = 8;
/** Answer to WORD_MOUNT: c result (0 ready). */
export const WORD_MOUNTED: u32 = 9;
/** Answer to WORD_RELEASE: c 0 released (unloaded, everything is on the tape), else result. */
export const WORD_RELEASED: u32 = 10;
/** Move the cartridge that the lane's volume was on before the recovery into drive c. Answer: WORD_MOVED. */
export const WORD_MOVE_BACK: u32 = 11;

// From the changer to a lane.
/** c device number of the spare drive, or WORD_NONE. */
export const WORD_DRIVE: u32 = 32;
/** c number of the spare medium or WORD_NONE; params: its real volume tag (32 bytes). */
export const WORD_MEDIUM: u32 = 33;
/** c result. */
export const WORD_MOVED: u32 = 34;
/**
 * A cartridge is in the lane's drive c (moved there by the server, or found there at start).
 * d flags: bit 0 found at start; bit 1 a spare medium that an interrupted recovery has put in. x spares: low 16 bits number of spare drives, next 16 number of spare media.
 * Params: virtual volume tag (32 bytes), real volume tag (32 bytes), and where the cartridge stands in for another
 * one whose serial number is known, that (32 bytes). Answer: WORD_MOUNTED.
 */
export const WORD_MOUNT: u32 = 35;
/** The server wants the cartridge out: finish, unload. Answer: WORD_RELEASED. */
export const WORD_RELEASE: u32 = 36;
/** The cartridge has left the lane's drive (after WORD_RELEASED), or could not be moved (c result). No answer. */
export const WORD_GONE: u32 = 37;
/** How many spares there are now: c drives, d media; sent at start and at each change. The lane's drive is e. */
export const WORD_SPARES: u32 = 38;

/**
 * Params of the changer's EV_START: u16 lanes, u16 drives, u16 journal bytes, u16 spare media named,
 * then that many volume tags (32 bytes each), then per drive 32 bytes serial number, then per lane
 * 16 bytes serial number of the lane, then the journal bytes (as last given by AC_JOURNAL).
 */
export const START_LANES: u32 = 0;
export const START_DRIVES: u32 = 2;
export const START_JOURNAL_BYTES: u32 = 4;
export const START_SPARE_MEDIA: u32 = 6;
export const START_TAGS: u32 = 8;
/** Spare media named = this: take the last full storage element. */
export const SPARE_MEDIA_DEFAULT: u32 = 0xffff;
