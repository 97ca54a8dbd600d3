/**
 * The port between an iSCSI target and what answers SCSI commands behind it (a lane, the changer,
 * a practice drive). The target owns order, PDUs and residuals; the unit owns every SCSI byte.
 * Invariants: `command` is called in CmdSN order of each nexus, and again only after the previous
 * task of the same logical unit was answered or aborted (one command at a time, as a tape drive
 * works); immediate commands keep that rule too. A unit answers each task exactly once.
 */

/** One I_T nexus: one full-feature session of one initiator. `id` is never used twice. */
export interface Nexus {
  readonly id: number;
  readonly initiatorName: string;
  /** Initiator session identifier, 12 hexadecimal digits. */
  readonly isid: string;
}

/** One SCSI command on its way through a logical unit. */
export interface TargetTask {
  /** Unique in the process, 1 to 2^32-1, wraps. */
  readonly id: number;
  readonly nexus: Nexus;
  /** The CDB as received, at least 16 bytes (padded with zeros). */
  readonly cdb: Uint8Array;
  /** Expected transfer length of a write in bytes, 0 where the W bit is not set. */
  readonly dataOutBytes: number;
  /** Expected transfer length of a read in bytes, 0 where the R bit is not set. */
  readonly dataInBytes: number;
  /**
   * Collects the first `into.length` bytes (at most dataOutBytes) of the command's data: immediate,
   * unsolicited, then asked for by R2T. Calls `done` once when they are all there; never calls it
   * when the task is aborted. To be called at most once.
   */
  receive(into: Uint8Array, done: () => void): void;
  /**
   * Answers the task: data-in first (also with CHECK CONDITION), then status and sense data
   * (fixed or descriptor format, without a length prefix). Residual counts are the target's work:
   * Overflow where `wantedBytes` (what the command would have transferred, default what was
   * transferred) exceeds the expected length, underflow where it is smaller.
   * `dataIn` may be reused by the caller after the `sent` callback.
   * A late answer to an aborted task is ignored (then `sent` is still called).
   */
  reply(answer: TaskAnswer): void;
}

export interface TaskAnswer {
  /** SCSI status byte: 00h GOOD, 02h CHECK CONDITION, 08h BUSY, 18h RESERVATION CONFLICT ... */
  readonly status: number;
  readonly sense?: Uint8Array;
  readonly dataIn?: Uint8Array;
  readonly wantedBytes?: number;
  readonly sent?: () => void;
}

/** What happened to a nexus; the unit adjusts unit attentions, reservations and tasks. */
export type NexusEvent =
  | "established"
  | "lost"
  | "lu-reset"
  | "target-reset"
  | "tasks-cleared"
  | "tasks-ended";

export interface LogicalUnit {
  command(task: TargetTask): void;
  /** The task ended without an answer (ABORT TASK, reset, lost session). The unit must stop using its buffers. */
  abort(task: TargetTask): void;
  /**
   * For resets: called after every task of the unit was aborted; `nexus` is the one that asked. For
   * cleared tasks: `nexus` is the one that lost some of its own to another's CLEAR TASK SET. For ended
   * tasks: it lost some of its own with their connection, and goes on over another one.
   */
  nexus(nexus: Nexus, event: NexusEvent): void;
}
