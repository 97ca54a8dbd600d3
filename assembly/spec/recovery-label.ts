/**
 * Steps of the recovery, by the reference numerals of the source ([047]-[056]). One label = one log
 * word = one scenario test. They appear in logs, status and the journal: never reuse a number.
 */

export const LABEL_601: u32 = 601; // data arrives from the server
export const LABEL_602: u32 = 602; // it goes to ring and drive at once
export const LABEL_603: u32 = 603; // the ring keeps the exact image
export const LABEL_604: u32 = 604; // the operation fails at the drive
export const LABEL_605: u32 = 605; // the drive's error message (or its silence) is received
export const LABEL_606: u32 = 606; // the drive is not fed any more, acknowledgements wait
export const LABEL_607: u32 = 607; // drive or medium?
export const LABEL_608: u32 = 608; // is there a spare?
export const LABEL_609: u32 = 609; // no: the server gets the drive's own error
export const LABEL_611: u32 = 611; // the ring accepts data at a reduced rate
export const LABEL_612: u32 = 612; // couple to the spare drive
export const LABEL_613: u32 = 613; // can the medium be unloaded from the failed drive?
export const LABEL_614: u32 = 614; // yes: move it to the spare drive
export const LABEL_615: u32 = 615; // verify what was written last against the ring, position
export const LABEL_616: u32 = 616; // copy the rest of the image from the ring
export const LABEL_617: u32 = 617; // still accepting data from the server?
export const LABEL_618: u32 = 618; // yes: ring and medium both again
export const LABEL_619: u32 = 619; // no: stop reporting BUSY
export const LABEL_620: u32 = 620; // no: move a spare medium to the spare drive
export const LABEL_621: u32 = 621; // copy the whole image to it
export const LABEL_631: u32 = 631; // replace the medium in the same drive
export const LABEL_632: u32 = 632; // verify that the new medium is empty and works
export const LABEL_633: u32 = 633; // copy the whole image to it

/** What a recovery is about, after the verdict. */
export const RECOVERY_KIND_NONE: u32 = 0;
export const RECOVERY_KIND_MEDIUM: u32 = 1;
export const RECOVERY_KIND_DRIVE: u32 = 2;
export const RECOVERY_KIND_STUCK_DRIVE: u32 = 3;
export const RECOVERY_KIND_TRANSPORT: u32 = 4;

/** How it stands or ended. */
export const RECOVERY_RESULT_RUNNING: u32 = 0;
export const RECOVERY_RESULT_RECOVERED: u32 = 1;
export const RECOVERY_RESULT_REPORTED: u32 = 2;
export const RECOVERY_RESULT_ABANDONED: u32 = 3;
