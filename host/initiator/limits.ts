/**
 * Every bound of the initiator in one place: what it offers at login, how long it waits, how much
 * it queues. Decides numbers only. Times in milliseconds, sizes in bytes.
 */

/** What a target may send us in one PDU's data segment. */
export const RECEIVE_SEGMENT_BYTES = 1024 * 1024;
/** Offered MaxBurstLength; 2^24-1 is the largest that RFC 7143 allows. */
export const MAX_BURST_BYTES = 16_777_215;
/** Offered FirstBurstLength: a 1 MiB record goes out without waiting for an R2T. */
export const FIRST_BURST_BYTES = 1024 * 1024;
/** Offered MaxOutstandingR2T; each R2T is answered as it comes, so more cost nothing. */
export const OUTSTANDING_R2T_MAX = 8;
/** Seconds, offered DefaultTime2Wait and DefaultTime2Retain: a new login is a new session here. */
export const TIME_TO_WAIT_S = 0;
export const TIME_TO_RETAIN_S = 0;

/** Login or text requests in one exchange; a target that never finishes is given up. */
export const NEGOTIATION_ROUNDS_MAX = 16;
/** Text collected over continued responses (C bit), also of SendTargets. */
export const TEXT_BYTES_MAX = 256 * 1024;
/** Data segment of a text that we send: every target must accept so much. */
export const TEXT_SEGMENT_BYTES_MAX = 8192;

/** Requests accepted by `execute` and not answered yet, sent or waiting for the command window. */
export const REQUESTS_MAX = 128;
/** Tags of aborted tasks whose late PDUs are swallowed. */
export const RETIRED_TAGS_MAX = 64;

/** A connection that was silent so long is asked for a sign of life (NOP-Out). */
export const PING_INTERVAL_MS = 2000;
/** A peer that then sends nothing for so long is dead. */
export const PING_ANSWER_MS = 5000;
export const ABORT_TASK_MS = 5000;
export const LUN_RESET_MS = 10_000;
export const LOGOUT_MS = 2000;
/** How long outstanding tasks may finish when the target asks for a logout. */
export const LOGOUT_DRAIN_MS = 5000;
