/** SCSI status bytes (SAM) as the core uses them. */
export const STATUS_GOOD: u32 = 0x00;
export const STATUS_CHECK_CONDITION: u32 = 0x02;
export const STATUS_BUSY: u32 = 0x08;
export const STATUS_RESERVATION_CONFLICT: u32 = 0x18;
