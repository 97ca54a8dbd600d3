/**
 * The show block at SHOW_AT: the lane (or changer) as status, page and panel display it. Of a lane that
 * does nothing but stream it is of the last EV_TIME.
 *
 *   0 u32 state (SHOW_STATE_*)   4 u32 drive (device number)   8 u32 flags (SHOW_*)
 *  12 u32 partition             16 u64 object (the server's position)
 *  24 u64 R received            32 u64 D durable     40 u64 S sent     48 u64 Y synchronized
 *  56 u64 ring bytes            64 u64 ring bytes used
 *  72 u64 lead bytes            80 u64 bytes rewritten in the running or last recovery
 *  88 u32 longest stall in it, milliseconds          92 u32 recovery number (0 none yet)
 *  96 32 bytes virtual volume tag   128 32 bytes real volume tag
 * 160 u64 index bytes in use
 * Changer: 0 u32 state, 24 u16 element address of device 0, 1, ... (DRIVE_COUNT_MAX of them),
 *  88 u16 element address of each of the spare media tags at 160, 96 u32 spare drive bits, 100 u32 failed drive bits, 104 u32 spare media count,
 *  128 u8 drive of lane 1, 2, ...  160 up to 3 spare media tags (32 bytes each)
 */

export const SHOW_STATE: u32 = 0;
export const SHOW_DRIVE: u32 = 4;
export const SHOW_FLAGS: u32 = 8;
export const SHOW_PARTITION: u32 = 12;
export const SHOW_OBJECT: u32 = 16;
export const SHOW_RECEIVED: u32 = 24;
export const SHOW_DURABLE: u32 = 32;
export const SHOW_SENT: u32 = 40;
export const SHOW_SYNCHRONIZED: u32 = 48;
export const SHOW_RING_BYTES: u32 = 56;
export const SHOW_RING_USED: u32 = 64;
export const SHOW_LEAD_BYTES: u32 = 72;
export const SHOW_REWRITTEN_BYTES: u32 = 80;
export const SHOW_STALL_MS: u32 = 88;
export const SHOW_RECOVERY: u32 = 92;
export const SHOW_VIRTUAL_TAG: u32 = 96;
export const SHOW_REAL_TAG: u32 = 128;
export const SHOW_INDEX_BYTES: u32 = 160;
export const SHOW_DRIVE_ELEMENTS: u32 = 24;
export const SHOW_SPARE_ELEMENTS: u32 = 88;
export const SHOW_SPARE_DRIVES: u32 = 96;
export const SHOW_FAILED_DRIVES: u32 = 100;
export const SHOW_SPARE_MEDIA: u32 = 104;
export const SHOW_LANE_DRIVES: u32 = 128;
export const SHOW_SPARE_TAGS: u32 = 160;

/** SHOW_FLAGS: the image is complete, a medium failure would be covered. */
export const SHOW_PROTECTED: u32 = 1;
/** SHOW_FLAGS: a cartridge is in the lane's drive. */
export const SHOW_LOADED: u32 = 2;

export const SHOW_STATE_IDLE: u32 = 0;
export const SHOW_STATE_STREAMING: u32 = 1;
export const SHOW_STATE_RECOVERING: u32 = 2;
export const SHOW_STATE_DEGRADED: u32 = 3;
export const SHOW_STATE_FAILED: u32 = 4;
