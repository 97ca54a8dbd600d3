/** Sense keys (SPC), and the flag bits that stand in the same byte of fixed format sense data. */
export const KEY_NO_SENSE: u32 = 0x0;
export const KEY_RECOVERED_ERROR: u32 = 0x1;
export const KEY_NOT_READY: u32 = 0x2;
export const KEY_MEDIUM_ERROR: u32 = 0x3;
export const KEY_HARDWARE_ERROR: u32 = 0x4;
export const KEY_ILLEGAL_REQUEST: u32 = 0x5;
export const KEY_UNIT_ATTENTION: u32 = 0x6;
export const KEY_DATA_PROTECT: u32 = 0x7;
export const KEY_BLANK_CHECK: u32 = 0x8;
export const KEY_ABORTED_COMMAND: u32 = 0xb;
export const KEY_VOLUME_OVERFLOW: u32 = 0xd;
export const SENSE_FILEMARK: u32 = 0x80;
export const SENSE_EOM: u32 = 0x40;
export const SENSE_ILI: u32 = 0x20;
/** Beside the response code: the INFORMATION field is valid. */
export const SENSE_VALID: u32 = 0x80;
/** Response codes, fixed format. */
export const RESPONSE_CURRENT: u32 = 0x70;
export const RESPONSE_DEFERRED: u32 = 0x71;
/** The same in descriptor format. */
export const RESPONSE_CURRENT_DESCRIPTORS: u32 = 0x72;
export const RESPONSE_DEFERRED_DESCRIPTORS: u32 = 0x73;
/** SKSV of the sense key specific bytes: they point to a field, of the parameter list where C/D is 0. */
export const SENSE_POINTER_VALID: u32 = 0x80;
/** Fixed format sense data without vendor bytes. */
export const SENSE_FIXED_BYTES: u32 = 18;
/** The same in descriptor format, and its bytes without any descriptor. */
export const RESPONSE_DESCRIPTOR: u32 = 0x72;
export const SENSE_DESCRIPTOR_BYTES: u32 = 8;
