/** Every bound of the target by name, and what it is willing to negotiate. */
import { NEXUS_COUNT_MAX } from "../../assembly/spec/abi.ts";
import {
  DEFAULT_PARAMETERS,
  type SessionParameters,
  VALUE_CRC32C,
  VALUE_NONE,
} from "../iscsi/negotiate.ts";

/**
 * Connections at the same time: so many nexuses the core remembers. One more ends the oldest that has not logged in, or, where all have,
 * is itself closed at once.
 */
export const CONNECTIONS_MAX = NEXUS_COUNT_MAX;

/** Connections that have not logged in; one more ends the oldest of them. */
export const LOGINS_MAX = 64;

/** Sessions of one initiator name; one more is refused: out of resources. */
export const SESSIONS_OF_INITIATOR_MAX = 128;

/** Lines of the log in a minute. */
export const LOG_LINES_PER_MINUTE = 300;

/** Commands of one session that may be under way: the span of the CmdSN window. */
export const COMMAND_WINDOW = 32;

/** Immediate SCSI commands of one session under way; one more is rejected. */
export const IMMEDIATE_COMMANDS_MAX = 8;

/** Tasks that wait for one logical unit, over all sessions; one more gets TASK SET FULL. */
export const UNIT_QUEUE_MAX = 256;

/** Write data of all sessions that came before its unit asked; past it, TASK SET FULL. */
export const EARLY_DATA_BYTES_MAX = 64 * 1024 * 1024;

/** Of that, what is kept for a session whatever the others hold. */
export const EARLY_SHARE_BYTES = 256 * 1024;

/** Data of texts and pings of one session that wait for a command that is missing; past it, its end. */
export const WAITING_PDU_BYTES_MAX = 64 * 1024;

/** Bytes that a peer has not read yet before nothing more is read from it. */
export const SEND_QUEUE_BYTES_MAX = 8 * 1024 * 1024;

/** Text of one login or text exchange, over all PDUs with the C bit. */
export const TEXT_BYTES_MAX = 65536;

/** R2Ts of one task that may be under way; an initiator may agree to fewer. */
export const OUTSTANDING_R2T_MAX = 8;

/** Data segment of a login PDU; before the keys are agreed, RFC 7143 says 8192. */
export const LOGIN_SEGMENT_BYTES_MAX = 8192;

/** Login Requests of one connection; an honest login has two to four. */
export const LOGIN_REQUESTS_MAX = 64;

/** Time that `close` gives connections to take their last bytes. */
export const CLOSE_GRACE_MS = 1000;

/** Timers of one connection. */
export interface TargetTimings {
  /** From the connection to the end of its login. */
  readonly loginMs: number;
  /** Silence of the initiator before the target pings it. */
  readonly idleMs: number;
  /** Silence after the ping before the connection counts as dead. */
  readonly answerMs: number;
  /** Between two looks at what an initiator owes; the same at both, and its connection ends. */
  readonly stallMs: number;
  /** From the request to log out, when the target closes, to the end of who does not. */
  readonly logoutMs: number;
}

/** Timers of the product. */
export const TARGET_TIMINGS: TargetTimings = {
  loginMs: 15_000,
  idleMs: 30_000,
  answerMs: 30_000,
  stallMs: 60_000,
  logoutMs: 3000,
};

/** The only portal group. */
export const TARGET_PORTAL_GROUP_TAG = 1;

/**
 * What the target agrees to. Long bursts, so that a tape record of 1 MiB comes without an R2T and
 * a longer one with few R2Ts; tasks are not kept over a lost connection; digests as the
 * initiator prefers.
 */
export const TARGET_PARAMETERS: SessionParameters = {
  ...DEFAULT_PARAMETERS,
  maxRecvDataSegmentLengthOwn: 1024 * 1024,
  maxBurstLength: 16_776_192,
  firstBurstLength: 1024 * 1024,
  initialR2T: false,
  maxOutstandingR2T: OUTSTANDING_R2T_MAX,
  defaultTime2Wait: 0,
  defaultTime2Retain: 0,
  headerDigest: `${VALUE_NONE},${VALUE_CRC32C}`,
  dataDigest: `${VALUE_NONE},${VALUE_CRC32C}`,
};
