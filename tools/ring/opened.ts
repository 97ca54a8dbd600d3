/** A ring that was opened and indexed, and what the parts of the command share. Decides nothing. */
import type { Io } from "../../host/lib/io.ts";
import type { Progress } from "../demo/progress.ts";
import type { RingDevice } from "./device.ts";
import type { RingOptions } from "./options.ts";
import type { Ring, RingImage, SuperblockCopy } from "./read-ring.ts";

/** Of a ring: none, with a key that is kept, with one that goes with its boot. */
export type Encryption = "none" | "kept key" | "key of one boot";

/** Where a ring was found, and who may use it. */
export interface RingPlace {
  readonly path: string;
  /** Several: it is striped over them, in this order. */
  readonly devices: readonly string[];
  readonly sizeBytes: number;
  readonly encryption: Encryption;
  /** The process that may write it now; 0: none was found. */
  readonly writerPid: number;
}

/** A ring with its index. */
export interface Opened {
  readonly file: RingDevice;
  readonly place: RingPlace;
  readonly copies: readonly SuperblockCopy[];
  readonly ring: Ring;
  /** Those that the operator asks for. */
  readonly images: readonly RingImage[];
}

/** What every part of the command needs. */
export interface Work {
  readonly options: RingOptions;
  readonly io: Io;
  readonly progress: Progress;
}
