/** Mode, log and vital product data pages by T10's names. */
export const MODE_PAGE_READ_WRITE_ERROR_RECOVERY: u32 = 0x01;
export const MODE_PAGE_DISCONNECT_RECONNECT: u32 = 0x02;
export const MODE_PAGE_CONTROL: u32 = 0x0a;
/** Subpage of MODE_PAGE_CONTROL: Control Data Protection. */
export const MODE_SUBPAGE_DATA_PROTECTION: u32 = 0xf0;
export const MODE_PAGE_DATA_COMPRESSION: u32 = 0x0f;
export const MODE_PAGE_DEVICE_CONFIGURATION: u32 = 0x10;
/** Subpage of MODE_PAGE_DEVICE_CONFIGURATION: Device Configuration Extension. */
export const MODE_SUBPAGE_CONFIGURATION_EXTENSION: u32 = 0x01;
export const MODE_PAGE_MEDIUM_PARTITION: u32 = 0x11;
export const MODE_PAGE_INFORMATIONAL_EXCEPTIONS: u32 = 0x1c;
export const MODE_PAGE_ALL: u32 = 0x3f;
export const MODE_SUBPAGE_ALL: u32 = 0xff;
/** In the first byte of a page: it has a subpage code and a length of two bytes. */
export const MODE_SUBPAGE_FORMAT: u32 = 0x40;
export const LOG_PAGE_SUPPORTED: u32 = 0x00;
export const LOG_PAGE_WRITE_ERRORS: u32 = 0x02;
export const LOG_PAGE_READ_ERRORS: u32 = 0x03;
export const LOG_PAGE_NON_MEDIUM_ERRORS: u32 = 0x06;
export const LOG_PAGE_SEQUENTIAL_ACCESS: u32 = 0x0c;
export const LOG_PAGE_DEVICE_STATUS: u32 = 0x11;
export const LOG_PAGE_TAPE_ALERT_RESPONSE: u32 = 0x12;
export const LOG_PAGE_DEVICE_STATISTICS: u32 = 0x14;
export const LOG_PAGE_VOLUME_STATISTICS: u32 = 0x17;
export const LOG_PAGE_TAPE_ALERT: u32 = 0x2e;
export const LOG_PAGE_TAPE_CAPACITY: u32 = 0x31;
export const VPD_SUPPORTED: u32 = 0x00;
export const VPD_UNIT_SERIAL_NUMBER: u32 = 0x80;
export const VPD_DEVICE_IDENTIFICATION: u32 = 0x83;
export const VPD_EXTENDED_INQUIRY_DATA: u32 = 0x86;
export const VPD_SEQUENTIAL_ACCESS_CAPABILITIES: u32 = 0xb0;
export const VPD_MANUFACTURER_SERIAL_NUMBER: u32 = 0xb1;
export const VPD_TAPE_ALERT_SUPPORTED: u32 = 0xb2;
export const VPD_LOGICAL_BLOCK_PROTECTION: u32 = 0xb5;

/** SECURITY PROTOCOL of tape data encryption, and its page that sets a key. */
export const PROTOCOL_TAPE_ENCRYPTION: u32 = 0x20;
export const PAGE_SET_DATA_ENCRYPTION: u32 = 0x0010;
/** SCOPE and LOCK of that page: all I_T nexuses, not locked. */
export const SCOPE_ALL_NEXUSES: u32 = 0x40;
