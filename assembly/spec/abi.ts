/**
 * The memory map of the core, as the host sees it: fixed addresses in linear memory, all numbers
 * little endian. One call is: the host writes one event record (and its parameter bytes), calls
 * `step()`, and reads the returned number of action records (and their parameter bytes) before the
 * next call. Nothing else crosses. Version: changed whenever a layout or a meaning changes.
 */

/** Answered by the export `abi()`. */
export const ABI_VERSION: u32 = 3;

/** The event record: EVENT_BYTES bytes, layout in event.ts. */
export const EVENT_AT: u32 = 0x1000;
export const EVENT_BYTES: u32 = 64;
/** The show block: what status and front panel display, layout in show.ts; valid after every step. */
export const SHOW_AT: u32 = 0x1100;
export const SHOW_BYTES: u32 = 256;
/** Action records of one step: ACTION_BYTES each, layout in action.ts. */
export const ACTION_AT: u32 = 0x2000;
export const ACTION_BYTES: u32 = 64;
export const ACTION_COUNT_MAX: u32 = 64;
/** Parameter bytes of the event (CDB, sense data, small data-in). */
export const PARAM_IN_AT: u32 = 0x4000;
export const PARAM_IN_BYTES: u32 = 32768;
/** Parameter bytes of the actions of one step (replies, CDBs, ring headers). */
export const PARAM_OUT_AT: u32 = 0xc000;
export const PARAM_OUT_BYTES: u32 = 65536;
/** First byte that belongs to the core alone (`memoryBase` in asconfig.json). */
export const STATIC_AT: u32 = 0x60000;

/** Roles, chosen by the first event. */
export const ROLE_LANE: u32 = 1;
export const ROLE_CHANGER: u32 = 2;

/** Device numbers: data transfer elements in the order of their addresses from 0; and the robot. */
export const DEVICE_ROBOT: u32 = 255;
export const DRIVE_COUNT_MAX: u32 = 32;
export const LANE_COUNT_MAX: u32 = 32;
/** I_T nexuses at the same time, all of which one core keeps unit attentions for: so many connections a target has at most. */
export const NEXUS_COUNT_MAX: u32 = 256;
/** Initiator ports that one core remembers as registered for persistent reservations. */
export const REGISTRANT_COUNT_MAX: u32 = 32;
/** An initiator port name: iSCSI name (223 at most), ",i,0x" and 12 digits. */
export const PORT_NAME_BYTES_MAX: u32 = 240;
/** A volume tag (primary volume tag information of SMC without the sequence number), blank padded. */
export const VOLUME_TAG_BYTES: u32 = 32;
/** The longest record a server may write, in bytes. */
export const RECORD_BYTES_MAX: u32 = 8388608;
/** Of logical block protection, behind a record: a transfer buffer has room for one more. */
export const PROTECTION_WORD_BYTES: u32 = 4;
