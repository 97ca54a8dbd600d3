/**
 * States of the recovery and the ways through them. The numbers stand in the lane's journal: never
 * use one for something else.
 */
export const STATE_NONE: u32 = 0;
export const STATE_EVIDENCE: u32 = 1;
export const STATE_RECONNECT: u32 = 2;
export const STATE_ASK_DRIVE: u32 = 3;
export const STATE_ASK_MEDIUM: u32 = 4;
export const STATE_COUPLE: u32 = 5;
export const STATE_UNLOAD: u32 = 6;
export const STATE_ACROSS: u32 = 7;
export const STATE_OUT: u32 = 8;
export const STATE_IN: u32 = 9;
export const STATE_READY: u32 = 10;
export const STATE_BLANK: u32 = 11;
export const STATE_TAIL: u32 = 12;
export const STATE_COPY: u32 = 13;
export const STATE_CATCH_UP: u32 = 14;
export const STATE_REPORT: u32 = 15;
export const STATE_BACK: u32 = 16;
export const STATE_CHECK: u32 = 17;
/** A spare for a divided cartridge is divided, and gets the partitions that are not current. */
export const STATE_DIVIDE: u32 = 18;
export const STATE_COUNT: u32 = 19;

/** The same drive and cartridge once more: reconnect, verify the tail, go on. */
export const PLAN_RETRY: u32 = 0;
/** 611-619: the cartridge moves to a spare drive. */
export const PLAN_DRIVE: u32 = 1;
/** 631-633: a spare medium in the same drive. */
export const PLAN_MEDIUM: u32 = 2;
/** 620-621: a spare medium in a spare drive. */
export const PLAN_BOTH: u32 = 3;
/**
 * Before 609, where a spare medium was tried in vain and the volume's own cartridge holds as much or more:
 * that one goes back into the drive.
 */
export const PLAN_BACK: u32 = 4;
