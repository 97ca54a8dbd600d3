/**
 * Media changer literals (SMC) by T10's names: element types, READ ELEMENT STATUS layouts, mode pages of
 * a changer. Layouts as Linux ch, mtx and the libraries in the field use them; offsets in bytes.
 */

/** Element type codes. */
export const ELEMENT_TYPE_ALL: u32 = 0;
export const ELEMENT_TYPE_MEDIUM_TRANSPORT: u32 = 1;
export const ELEMENT_TYPE_STORAGE: u32 = 2;
export const ELEMENT_TYPE_IMPORT_EXPORT: u32 = 3;
export const ELEMENT_TYPE_DATA_TRANSFER: u32 = 4;

/** READ ELEMENT STATUS, the CDB: byte 1 holds VOLTAG and the type, byte 6 CURDATA and DVCID. */
export const ELEMENT_CDB_TYPE: u32 = 1;
export const ELEMENT_CDB_START: u32 = 2;
export const ELEMENT_CDB_COUNT: u32 = 4;
export const ELEMENT_CDB_OPTIONS: u32 = 6;
export const ELEMENT_CDB_ALLOCATION: u32 = 7;
export const ELEMENT_CDB_BYTES: u32 = 12;
export const ELEMENT_TYPE_MASK: u32 = 0x0f;
export const ELEMENT_VOLTAG: u32 = 0x10;
export const ELEMENT_DVCID: u32 = 0x01;
export const ELEMENT_CURDATA: u32 = 0x02;

/** Element status data header: first address, number of elements, byte count of report (24 bits). */
export const ELEMENT_HEADER_BYTES: u32 = 8;
export const ELEMENT_HEADER_COUNT: u32 = 2;
export const ELEMENT_HEADER_REPORT: u32 = 5;

/** Element status page header: type, volume tag flags, descriptor length, byte count of descriptors. */
export const ELEMENT_PAGE_BYTES: u32 = 8;
export const ELEMENT_PAGE_FLAGS: u32 = 1;
export const ELEMENT_PAGE_LENGTH: u32 = 2;
export const ELEMENT_PAGE_REPORT: u32 = 5;
export const ELEMENT_PAGE_PVOLTAG: u32 = 0x80;
export const ELEMENT_PAGE_AVOLTAG: u32 = 0x40;

/** Element descriptor: the fixed part, then volume tags, then the device identifier. */
export const DESCRIPTOR_FLAGS: u32 = 2;
export const DESCRIPTOR_ADDITIONAL_SENSE: u32 = 4;
export const DESCRIPTOR_SOURCE_FLAGS: u32 = 9;
export const DESCRIPTOR_SOURCE: u32 = 10;
export const DESCRIPTOR_FIXED_BYTES: u32 = 12;
/** Primary or alternate volume tag information: 32 bytes tag, 2 reserved, 2 sequence number. */
export const DESCRIPTOR_TAG_BYTES: u32 = 36;
/** Code set, designator type, reserved, designator length; length 0 where there is none. */
export const DESCRIPTOR_DEVICE_BYTES: u32 = 4;
export const DESCRIPTOR_DEVICE_LENGTH: u32 = 3;
export const DESCRIPTOR_FULL: u32 = 0x01;
export const DESCRIPTOR_IMPEXP: u32 = 0x02;
export const DESCRIPTOR_EXCEPT: u32 = 0x04;
export const DESCRIPTOR_ACCESS: u32 = 0x08;
export const DESCRIPTOR_EXENAB: u32 = 0x10;
export const DESCRIPTOR_INENAB: u32 = 0x20;
export const DESCRIPTOR_SVALID: u32 = 0x80;

/** Designator: code set ASCII, type T10 vendor identification. */
export const DESIGNATOR_CODE_BINARY: u32 = 1;
export const DESIGNATOR_CODE_ASCII: u32 = 2;
export const DESIGNATOR_TYPE_T10: u32 = 1;
export const DESIGNATOR_TYPE_NAA: u32 = 3;

/** SEND VOLUME TAG: the action in byte 5, the list length in bytes 8 and 9. */
export const SEND_VOLUME_TAG_ACTION: u32 = 5;
export const SEND_VOLUME_TAG_LIST_LENGTH: u32 = 8;
/** Its list: 32 bytes template, then least (34) and greatest (38) sequence number. */
export const SEND_VOLUME_TAG_LIST_BYTES: u32 = 40;
export const SEND_VOLUME_TAG_MINIMUM: u32 = 34;
/** Its actions: search all or primary volume tags, heeding or ignoring sequence numbers. */
export const TRANSLATE_ALL: u32 = 0;
export const TRANSLATE_PRIMARY: u32 = 1;
export const TRANSLATE_ALL_ANY_SEQUENCE: u32 = 4;
export const TRANSLATE_PRIMARY_ANY_SEQUENCE: u32 = 5;
/** Volume element address header: as that of element status, with the action in byte 4. */
export const ELEMENT_HEADER_ACTION: u32 = 4;

/** POSITION TO ELEMENT: as MOVE MEDIUM, but INVERT is in byte 8. */
export const POSITION_CDB_INVERT: u32 = 8;
/** INVERT of MOVE MEDIUM and POSITION TO ELEMENT; INV1 and INV2 of EXCHANGE MEDIUM. */
export const INVERT: u32 = 0x01;
export const INVERT_BOTH: u32 = 0x03;
/** MOVE MEDIUM and EXCHANGE MEDIUM: transport element at 2, source at 4, destinations at 6 and 8. */
export const MOVE_CDB_TRANSPORT: u32 = 2;
export const MOVE_CDB_SOURCE: u32 = 4;
export const MOVE_CDB_DESTINATION: u32 = 6;
export const MOVE_CDB_SECOND_DESTINATION: u32 = 8;
export const MOVE_CDB_INVERT: u32 = 10;
export const MOVE_CDB_BYTES: u32 = 12;

/** Mode pages of a changer, and how long they are after their two first bytes. */
export const MODE_PAGE_ELEMENT_ADDRESS: u32 = 0x1d;
export const MODE_PAGE_DEVICE_CAPABILITIES: u32 = 0x1f;
export const ELEMENT_ADDRESS_PAGE_LENGTH: u32 = 0x12;
export const DEVICE_CAPABILITIES_PAGE_LENGTH: u32 = 0x12;

/** Peripheral device type of a changer. */
export const DEVICE_TYPE_CHANGER: u32 = 0x08;
/** Additional sense: no answer of the library (LOGICAL UNIT COMMUNICATION FAILURE). */
export const ASC_COMMUNICATION_FAILURE: u32 = 0x0800;
