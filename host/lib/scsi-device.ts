/**
 * The port to one physical SCSI logical unit: a tape drive or a media changer. Adapters: an iSCSI
 * initiator session, later /dev/sgN. Executes, never decides: no retry, no sense data is looked at.
 */

export type ScsiResult =
  | {
      readonly kind: "answered";
      readonly status: number;
      /** Sense data without a length prefix; empty where there is none. */
      readonly sense: Uint8Array;
      /** How many bytes of data-in arrived in `dataIn`. */
      readonly dataInBytes: number;
      /** Residual count: positive underflow, negative overflow, 0 none. */
      readonly residual: number;
    }
  /** No answer within the time limit; the task was aborted (ABORT TASK, then LOGICAL UNIT RESET). */
  | { readonly kind: "silent" }
  /** The connection is gone, or could not be had. */
  | { readonly kind: "lost"; readonly reason: string };

export interface ScsiRequest {
  readonly cdb: Uint8Array;
  /** Parts sent one after the other without being copied together. */
  readonly dataOut?: readonly Uint8Array[];
  /** Filled from the start; its length is the expected transfer length. */
  readonly dataIn?: Uint8Array;
  readonly timeoutMs: number;
}

export interface ScsiDevice {
  /** For logs: where it is. */
  readonly name: string;
  /** One command; never rejects. Requests are sent in the order of the calls. */
  execute(request: ScsiRequest): Promise<ScsiResult>;
  /** Connects (again) where there is no connection; true when commands can be sent. Bounded by `timeoutMs`. */
  connect(timeoutMs: number): Promise<boolean>;
  /** Ends the connection; outstanding requests become `lost`. A later `connect` opens a new one. */
  disconnect(): Promise<void>;
  /** Called at once when a standing connection breaks. */
  onLost(listener: (reason: string) => void): void;
}
