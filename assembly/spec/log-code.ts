/**
 * What the core says in the log: a code and numbers; the host has the words (host/lane/log-rows.ts).
 * Numbers are stable: operators search for them.
 */
export const LOG_SENSE: u32 = 1; // b device, c key<<16|asc<<8|ascq, d operation code, e class, x SCSI status
export const LOG_SILENT: u32 = 2; // b device, d operation code
export const LOG_LOST: u32 = 3; // b device
export const LOG_VERDICT: u32 = 4; // b kind, c evidence bits, d errors of this drive, e errors of this cartridge
export const LOG_RETRY: u32 = 5; // b device, c attempt, x object
export const LOG_TAIL_VERIFIED: u32 = 6; // x object from which it is rewritten, y first object looked at
export const LOG_TAIL_MISMATCH: u32 = 7; // x object that differs
export const LOG_BLANK_VERIFIED: u32 = 8; // b device
export const LOG_NOT_BLANK: u32 = 9; // b device
export const LOG_READ_FROM_RING: u32 = 10; // x object
export const LOG_READ_DIFFERS: u32 = 11; // x object: medium and ring differ
export const LOG_RING_FAULT: u32 = 12; // b error number
export const LOG_RING_FULL: u32 = 13; // x free bytes
export const LOG_RING_FORMATTED: u32 = 14; // x bytes
export const LOG_RING_OPENED: u32 = 15; // b images, c segments, d bad entries, x objects of the newest image
export const LOG_RING_BAD_ENTRY: u32 = 16; // b reason, x ring offset
export const LOG_DEGRADED: u32 = 17; // b reason
export const LOG_MOUNTED: u32 = 19; // x objects in the image, b 1 image found
export const LOG_UNMOUNTED: u32 = 20;
export const LOG_OWED: u32 = 21; // x objects received, y objects proven on the tape
export const LOG_IMAGE_STALE: u32 = 22; // x objects
export const LOG_ROBOT_RETRY: u32 = 23; // b attempt, c sense
export const LOG_ROBOT_FAILED: u32 = 24; // c sense
export const LOG_INVENTORY: u32 = 25; // b elements, c cartridges, d spare media
export const LOG_NO_SUCH_MEDIUM: u32 = 26; // params volume tag
export const LOG_REPORTED: u32 = 27; // c key<<16|asc<<8|ascq
export const LOG_JOURNAL_BAD: u32 = 28;
export const LOG_NO_CARTRIDGE: u32 = 30; // the library holds none that can be written
export const LOG_MAP_CHANGED: u32 = 29; // params virtual tag, real tag
export const LOG_GONE_BACK: u32 = 31; // x objects that are certain on it, params real volume tag
export const LOG_RESUMED: u32 = 32; // b 1 with an image, c 1 in a recovery, x objects received, y objects in the image
export const LOG_KEEP_BAD: u32 = 33; // b version of the keep block, c version wanted
export const LOG_COPIED: u32 = 34; // x objects: the whole cartridge is in the ring
export const LOG_COPY_ENDED: u32 = 35; // x objects that are in the ring
export const LOG_EARLY_WARNING: u32 = 37; // b 1 the drive's own, x objects on the tape
export const LOG_FULL: u32 = 38; // x objects on the tape, b 1 something that was answered did not fit
export const LOG_SET_ASIDE: u32 = 39; // x first object that is only in the ring, y the one after the last
export const LOG_SHORTENED: u32 = 40; // b capacity proportion of 65535
export const LOG_ATTRIBUTES_LEFT: u32 = 41; // b attributes of the cartridge's memory that there is no room for
export const LOG_ATTRIBUTES_REFUSED: u32 = 42; // b device, c key<<16|asc<<8|ascq
export const LOG_KEY_AWAITED: u32 = 44; // b lane
export const LOG_MENDED: u32 = 36; // x object: the ring had it wrong, it was read from the tape again
