/** Bounds of the changer role: sizes of its tables, time limits, numbers of tries. Literals only. */

/** No element, no cartridge, no device, no time. */
export const NONE: u32 = 0xffffffff;
/** No element address. */
export const ADDRESS_NONE: u32 = 0xffff;
export const NEVER: u64 = 0xffffffffffffffff;

/** Element numbers: each type has its own range, in the order of addresses. */
export const DRIVE_BASE: u32 = 0;
export const DRIVE_ELEMENT_MAX: u32 = 32;
export const STORAGE_BASE: u32 = 32;
export const STORAGE_ELEMENT_MAX: u32 = 1024;
export const PORT_BASE: u32 = 1056;
export const PORT_ELEMENT_MAX: u32 = 64;
export const TRANSPORT_BASE: u32 = 1120;
export const TRANSPORT_ELEMENT_MAX: u32 = 4;
export const ELEMENT_COUNT_MAX: u32 = 1124;

/** One for every element, and those that are remembered while they are not in the library. */
export const CARTRIDGE_COUNT_MAX: u32 = 1216;

/** The journal's bytes, whatever it holds. */
export const JOURNAL_BYTES_MAX: u32 = 8192;

/** Spare media that can be named at start. */
export const SPARE_NAMES_MAX: u32 = 64;

/** Robot jobs that wait: one for each lane, one for each task of the server, one reading. */
export const JOB_COUNT_MAX: u32 = 48;
/** Moves that the server has asked for and that are not answered yet. */
export const TASK_COUNT_MAX: u32 = 8;

/** Data of one READ ELEMENT STATUS, and how many elements it asks for. */
export const READ_BYTES: u32 = 8192;
export const READ_ELEMENTS: u32 = 64;

/** The longest parameter list of the server that is taken. */
export const PARAMETER_LIST_BYTES_MAX: u32 = 4096;

/** Time limits of robot commands, milliseconds. */
export const ROBOT_MOVE_MS: u32 = 300000;
export const ROBOT_STATUS_MS: u32 = 120000;
export const ROBOT_READY_MS: u32 = 30000;
export const ROBOT_COUPLE_MS: u32 = 30000;

/** Unit attentions that one robot command takes without another word. */
export const ROBOT_ATTENTIONS_MAX: u32 = 8;
/** A move that failed is tried again so often, after a wait that doubles each time. */
export const ROBOT_RETRIES: u32 = 3;
export const ROBOT_RETRY_WAIT_MS: u32 = 500;
/** The same where the robot's connection is lost: it may be starting again (31.5 s in all). */
export const ROBOT_LOST_RETRIES: u32 = 6;
/** A library that is not ready yet at start: tries, and the wait between two. */
export const ROBOT_READY_TRIES: u32 = 300;
export const ROBOT_READY_WAIT_MS: u32 = 1000;

/** A library with nothing to do is asked so often whether somebody opened it. */
export const WATCH_MS: u32 = 15000;

/** How long the server's move waits for the lane to have mounted; then it is answered all the same. */
export const MOUNT_WAIT_MS: u32 = 60000;
/** How long it waits for the lane to give the cartridge up: longer than any recovery may hold it. */
export const RELEASE_WAIT_MS: u32 = 1800000;
