/**
 * Actions: what the core tells the host to do, in order. The record at ACTION_AT + n * ACTION_BYTES:
 *
 *   0 u32 kind      4 u32 tag       8 u32 a        12 u32 b        16 u32 c        20 u32 d
 *  24 u32 e        28 u32 f        32 u64 x        40 u64 y        48 u32 paramAt  52 u32 paramBytes
 *
 * Tags are chosen by the core and come back in the completion. Parameter bytes lie at the absolute
 * address paramAt and are valid until the next step.
 */

export const ACTION_KIND: u32 = 0;
export const ACTION_TAG: u32 = 4;
export const ACTION_A: u32 = 8;
export const ACTION_B: u32 = 12;
export const ACTION_C: u32 = 16;
export const ACTION_D: u32 = 20;
export const ACTION_E: u32 = 24;
export const ACTION_F: u32 = 28;
export const ACTION_X: u32 = 32;
export const ACTION_Y: u32 = 40;
export const ACTION_PARAM_AT: u32 = 48;
export const ACTION_PARAM_BYTES: u32 = 52;

/**
 * Receive a task's data. tag task, a bytes. d one of TO_*: TO_EXTENT: it becomes the extent at ring
 * offset x (resident in memory until written and sent); TO_PARAM: it is small and comes back as the
 * params of EV_DATA. TO_PROTECTED: as TO_EXTENT, but the server sends four bytes (PROTECTION_WORD_BYTES), the
 * CRC32C of what is in front of them, behind each b bytes; they are not counted in a, and not kept. Answer: EV_DATA.
 */
export const AC_RECEIVE: u32 = 1;
export const TO_EXTENT: u32 = 0;
export const TO_PARAM: u32 = 1;
export const TO_PROTECTED: u32 = 2;
/**
 * A parameter list with a key in it: the host keeps it as SECRET_GIVEN, and the params of EV_DATA are its
 * first SECRET_HEAD_BYTES, c the mark of the key.
 */
export const TO_SECRET: u32 = 3;
/**
 * Answer a task. tag task, a SCSI status, b bytes of sense data, c bytes of data-in, d one of FROM_*,
 * e bytes the command would have transferred (residual counts).
 * Params: the sense data, then (FROM_PARAM) the data-in.
 */
export const AC_REPLY: u32 = 2;
export const FROM_NONE: u32 = 0;
export const FROM_PARAM: u32 = 1;
/** Data-in comes from the start of a transfer buffer (BUFFER_*), number in f. */
export const FROM_BUFFER: u32 = 2;
/**
 * A command to a drive or the robot. tag, a device number, b one of DIRECTION_*, c data bytes,
 * d time limit in milliseconds. Params: CDB (16 bytes, its real length in f), then data-out
 * (DIRECTION_OUT_PARAM). DIRECTION_OUT_EXTENT: x ring offset of the data of the whole extent, y offset
 * inside it | extent bytes << 32, e CRC32C of the whole extent (checked when it comes from the disk).
 * DIRECTION_IN_BUFFER: into buffer y at offset x; e is the CRC32C of what stands before it (the seed of
 * the CRC32C in the completion). DIRECTION_IN_PARAM: into the params of the completion.
 * Answer: EV_DEVICE_DONE.
 */
export const AC_DEVICE: u32 = 3;
export const DIRECTION_NONE: u32 = 0;
export const DIRECTION_OUT_EXTENT: u32 = 1;
export const DIRECTION_OUT_PARAM: u32 = 2;
export const DIRECTION_IN_BUFFER: u32 = 3;
export const DIRECTION_IN_PARAM: u32 = 4;
/** Data-out is the secret x (SECRET_GIVEN, SECRET_KEPT), with e as its encryption mode << 8 | decryption mode. */
export const DIRECTION_OUT_SECRET: u32 = 5;
/** Transfer buffers of a lane, RECORD_BYTES_MAX each and a protection word: what the server reads, what a check reads. */
export const BUFFER_SERVER: u32 = 1;
export const BUFFER_CHECK: u32 = 2;
/** Connection of a device. tag, a device number, b one of CONTROL_*, d time limit. Answer: EV_DEVICE_DONE (RESULT_ANSWERED or RESULT_LOST). */
export const AC_CONTROL: u32 = 4;
/** Connect where there is no connection (a fresh session). */
export const CONTROL_COUPLE: u32 = 1;
/** Disconnect and stay away. */
export const CONTROL_FENCE: u32 = 2;
/**
 * Write to the ring: params (an entry or segment header) at ring offset x, then the extent at ring
 * offset y, a bytes (0: none), padded to the entry's end. tag. Answer: EV_RING_DONE.
 */
export const AC_RING_WRITE: u32 = 5;
/** Make all completed ring writes durable. tag. Answer: EV_RING_DONE. */
export const AC_RING_FLUSH: u32 = 6;
/** Read a bytes (at most 4096) at ring offset x into the params of EV_RING_DONE. tag. */
export const AC_RING_READ: u32 = 7;
/** Load a bytes at ring offset x into buffer b (BUFFER_*; 0: only compute the CRC32C) at offset y. tag. Answer: EV_RING_DONE with CRC32C. */
export const AC_RING_LOAD: u32 = 8;
/** The extent at ring offset x (a bytes, CRC32C e) will be sent soon: read it into memory. No answer. */
export const AC_PREFETCH: u32 = 9;
/** The extent at ring offset x is not needed in memory any more. No answer. */
export const AC_RELEASE: u32 = 10;
/** A word to another core (word.ts). a kind, b lane number, c d e f x y and params as the word says. */
export const AC_WORD: u32 = 11;
/**
 * Send EV_TIME at x (milliseconds of the same clock); replaces an earlier wish. a WAKE_IDLE: nothing waits for
 * it, the core only looks around.
 */
export const AC_WAKE: u32 = 12;
export const WAKE_IDLE: u32 = 1;
/** Keep the params as the core's journal, in place of the last, on stable storage. tag. Answer: EV_JOURNAL_DONE. */
export const AC_JOURNAL: u32 = 13;
/** A line in the log. a code (log-code.ts), b c d e x y its numbers, params its bytes. */
export const AC_LOG: u32 = 14;
/** A step of a recovery. a label (recovery-label.ts), b recovery number from 1, c RECOVERY_KIND_* or 0, d RECOVERY_RESULT_*. */
export const AC_STEP: u32 = 15;
/** The lane stopped after OPERATOR_STOP. a 1 when everything is on the tape, 0 when the ring holds what is owed. */
export const AC_STOPPED: u32 = 16;
/** Started: the ring is open, the inventory read. a 0, or a log code that says why it could not. */
export const AC_STARTED: u32 = 17;
/** This instance has taken over from one that trapped (EV_KEEP). a 0, or a log code that says why it cannot. */
export const AC_RESUMED: u32 = 18;
/** The ring is not used any more: memory that its writes still hold does not count against the bound. */
export const AC_RING_LOST: u32 = 19;
/** What becomes of the host's secrets: a one of SECRET_*. No answer. */
export const AC_SECRET: u32 = 22;
/** SECRET_GIVEN is SECRET_KEPT from now on, in place of the one before; it is dropped; SECRET_KEPT is cleared. */
export const SECRET_KEEP: u32 = 1;
export const SECRET_DROP: u32 = 2;
export const SECRET_CLEAR: u32 = 3;
/** The secret of the command in work, and the one that the lane keeps. */
export const SECRET_GIVEN: u32 = 1;
export const SECRET_KEPT: u32 = 2;
/** What of a secret the core is told: nothing of the key. */
export const SECRET_HEAD_BYTES: u32 = 20;
/** The first a bytes of transfer buffer b are the extent at ring offset x (CRC32C e): kept in memory until AC_RELEASE or sent. */
export const AC_MEND: u32 = 20;
/** The params are put into transfer buffer b at offset y. No answer. */
export const AC_PUT: u32 = 21;
