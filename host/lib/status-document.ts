/**
 * The status document: what a running bridge says about itself, the JSON of
 * `understudy status --json`. Decides names and units; a public interface: add, never change.
 */

/** idle, streaming, recovering, degraded (works, not protected) or failed. */
export type LaneState = "idle" | "streaming" | "recovering" | "degraded" | "failed";

/** `reported`: the server got the real error. */
export type RecoveryResult = "running" | "recovered" | "reported" | "abandoned";

/** A physical drive; `element` is its element address in the library. */
export interface DriveStatus {
  readonly serial: string;
  readonly element: number;
}

/** What a ring is on. */
export interface RingDeviceStatus {
  /** One, or those that it is striped over, in their order. */
  readonly paths: readonly string[];
  /** Linux md arrays below them; `missing` of `disks` have failed or are not there. */
  readonly arrays: readonly {
    readonly name: string;
    readonly level: string;
    readonly state: string;
    readonly disks: number;
    readonly missing: number;
    readonly action: string;
  }[];
}

/** One bridged drive as the server sees it. */
export interface LaneStatus {
  /** 1 to 32. */
  readonly lun: number;
  readonly state: LaneState;
  /** null: none is coupled. */
  readonly drive: DriveStatus | null;
  /** null: none is mounted. `volumeTag` is what the server sees, `realVolumeTag` the label. */
  readonly cartridge: { readonly volumeTag: string; readonly realVolumeTag: string } | null;
  /** Logical object identifier of the next object; null: nothing is mounted. */
  readonly position: { readonly partition: number; readonly object: number } | null;
  readonly ring: {
    readonly sizeBytes: number;
    readonly usedBytes: number;
    /** The whole mounted image is in the ring: a recovery is possible. */
    readonly protected: boolean;
    readonly device: RingDeviceStatus;
    /** What is written there is encrypted. */
    readonly encrypted: boolean;
  };
  /** How often another instance of the core took over from one that had failed. */
  readonly restarts: number;
  /** Why the core failed the last time, "" when it never did. */
  readonly lastFailure: string;
}

/** The core that is the media changer and arbitrates between lanes. */
export interface ChangerStatus {
  readonly state: "working" | "failed";
  readonly restarts: number;
  readonly lastFailure: string;
}

/** One recovery, running or over. */
export interface RecoveryStatus {
  readonly id: number;
  /** The lane's LUN. */
  readonly lane: number;
  /** What failed, after the verdict: "medium", "drive", "stuck-drive", "transport". */
  readonly kind: string;
  /** The evidence in words. */
  readonly cause: string;
  /** The steps taken; `label` is the source's numeral ("606"), `atMs` Unix time in milliseconds. */
  readonly steps: readonly { readonly label: string; readonly atMs: number }[];
  readonly result: RecoveryResult;
  readonly rewrittenBytes: number;
  /** The longest that a command of the server had to wait. */
  readonly stallMsMax: number;
}

/** The whole document. */
export interface StatusDocument {
  readonly version: string;
  /** Who runs the core: "wamr" or "v8". */
  readonly runtime: string;
  /** Why "v8" stands in for "wamr"; "" where nothing stands in. Absent in documents of 0.1. */
  readonly runtimeReason?: string | undefined;
  /** `iscsi://HOST:PORT/IQN` as advertised. */
  readonly target: string;
  readonly lanes: readonly LaneStatus[];
  /** The core of the media changer. */
  readonly changer: ChangerStatus;
  readonly recoveries: readonly RecoveryStatus[];
  readonly spareDrives: readonly DriveStatus[];
  readonly spareMedia: readonly { readonly volumeTag: string; readonly element: number }[];
}
