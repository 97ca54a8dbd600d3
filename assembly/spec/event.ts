/**
 * Events: what the host tells the core, one at a time. The record at EVENT_AT:
 *
 *   0 u32 kind      4 u32 tag       8 u64 now (milliseconds of a monotonic clock)
 *  16 u32 a        20 u32 b        24 u32 c        28 u32 d
 *  32 u64 x        40 u64 y        48 u32 paramBytes (valid bytes at PARAM_IN_AT)   52 u32 e
 *
 * Each kind below says what its fields hold; a field that is not named is zero.
 */

export const EVENT_KIND: u32 = 0;
export const EVENT_TAG: u32 = 4;
export const EVENT_NOW: u32 = 8;
export const EVENT_A: u32 = 16;
export const EVENT_B: u32 = 20;
export const EVENT_C: u32 = 24;
export const EVENT_D: u32 = 28;
export const EVENT_X: u32 = 32;
export const EVENT_Y: u32 = 40;
export const EVENT_PARAM_BYTES: u32 = 48;
export const EVENT_E: u32 = 52;

/**
 * Start, the first event (but for the pieces of EV_KEEP), exactly once. a role, b lane number from 1 (0 for the changer),
 * c number of drives, d number of lanes, e drive timeout in milliseconds.
 * Lane: x ring size in bytes, y a random number (the identity of a ring that has to be formatted);
 * params: 16 bytes serial number of the lane, blank padded, then 36 bytes standard INQUIRY data of
 * the lane's first drive. Changer: params: layout in word.ts (START_*).
 */
export const EV_START: u32 = 1;
/**
 * A physical drive is known. a device number, b flags (bit 0 connected); params: standard INQUIRY
 * data (36 bytes), then 32 bytes serial number, blank padded. Sent to every core after EV_START for
 * each drive, to the changer also for the robot (DEVICE_ROBOT).
 */
export const EV_DEVICE: u32 = 2;
/**
 * A SCSI command of the server. tag task, a nexus, b expected data-out bytes, c expected data-in
 * bytes; params: CDB, 16 bytes. The next one comes only after this one was answered or ended.
 */
export const EV_COMMAND: u32 = 3;
/**
 * The data that AC_RECEIVE asked for is whole. tag task, a bytes, b CRC32C of them; of TO_PROTECTED c: behind so
 * many blocks, from the first, the word was right; of TO_SECRET b 0, c the mark.
 */
export const EV_DATA: u32 = 4;
/** The task ended without an answer (abort, reset, lost nexus). tag task. */
export const EV_TASK_END: u32 = 5;
/**
 * Something happened to a nexus. a nexus, b one of NEXUS_*. NEXUS_ESTABLISHED, params: the name of its
 * initiator port, as RFC 7143 writes it (iSCSI name, ",i,0x", ISID in 12 hexadecimal digits), at most
 * PORT_NAME_BYTES_MAX bytes.
 */
export const EV_NEXUS: u32 = 6;
export const NEXUS_ESTABLISHED: u32 = 1;
export const NEXUS_LOST: u32 = 2;
export const NEXUS_LU_RESET: u32 = 3;
export const NEXUS_TARGET_RESET: u32 = 4;
/** Another nexus ended tasks of this one (CLEAR TASK SET). */
export const NEXUS_TASKS_CLEARED: u32 = 5;
/** Tasks of this one ended with the connection that they came on; the session goes on over another. */
export const NEXUS_TASKS_ENDED: u32 = 6;
/**
 * A drive (or robot) command or control ended. tag as given, a one of RESULT_*, b SCSI status,
 * c residual (signed), d bytes of data-in that arrived, e CRC32C of them (transfers into a buffer);
 * params: 64 bytes of sense data (zero padded), then, for transfers into parameters, the data.
 */
export const EV_DEVICE_DONE: u32 = 7;
/** A standing connection broke while no command was outstanding. a device number. */
export const EV_DEVICE_LOST: u32 = 8;
/**
 * A ring write, flush, read or load ended. tag as given, a 0 or an error number of the machine
 * (positive), b CRC32C of the bytes (load), params: the bytes (read).
 */
export const EV_RING_DONE: u32 = 9;
/** A word from another core. a kind (word.ts), b lane number, c d e x y and params as the word says. */
export const EV_WORD: u32 = 10;
/** The journal bytes of AC_JOURNAL are on stable storage (a 0) or could not be written (a error number). tag. */
export const EV_JOURNAL_DONE: u32 = 11;
/** The time of AC_WAKE has come (or earlier: the core looks at `now`). */
export const EV_TIME: u32 = 12;
/** A word of the operator or of the service. a one of OPERATOR_*. */
export const EV_OPERATOR: u32 = 13;
/** The bridge stops: finish or leave what was promised to the ring. Answered by AC_STOPPED. */
export const OPERATOR_STOP: u32 = 1;

/**
 * A piece of the keep block (keep.ts) of an instance that trapped. a its offset; params: the bytes. All
 * pieces come before EV_START, where there are any: then the new instance takes over.
 */
export const EV_KEEP: u32 = 14;

/** Offsets in the parameters of EV_DEVICE_DONE. */
export const DONE_SENSE_AT: u32 = 0;
export const DONE_SENSE_BYTES: u32 = 64;
export const DONE_DATA_AT: u32 = 64;

/** How a device command ended. */
export const RESULT_ANSWERED: u32 = 0;
/** No answer within the time limit; the task was aborted. */
export const RESULT_SILENT: u32 = 1;
/** No connection, or it broke. */
export const RESULT_LOST: u32 = 2;
/** The extent that was to be sent could not be read from the ring (c error number), or its CRC32C is wrong (c 0). */
export const RESULT_EXTENT_BAD: u32 = 3;
