/**
 * What `understudy start` is told, checked and complete. Decides the shape only; everything that
 * must be found out from the library (drives, cartridges) stays `undefined` until then.
 */

import type { KeyPlace } from "../cache/key-source.ts";
import type { RuntimeChoice } from "../core/runtime.ts";

/** A TCP address; IPv6 hosts without brackets. */
export interface HostPort {
  readonly host: string;
  /** 0 to 65535; 0 lets the system choose. */
  readonly port: number;
}

/** Where the real library is. */
export interface LibraryAddress extends HostPort {
  readonly targetName: string;
}

/** None are offered, they are offered with None behind, or without. */
export type LibraryDigests = "none" | "prefer" | "require";

/** How a cartridge that the ring does not know is copied into it. */
export interface Copying {
  /** Filemarks that end the header, which is read at load; 0: nothing is read then. */
  readonly headerMarks: number;
  /** The rest is copied where less of the cartridge is used; 0: never. */
  readonly percent: number;
  /** The longest that a command of the server may wait for it. */
  readonly waitMs: number;
}

/** The whole configuration of one bridge. */
export interface BridgeConfig {
  readonly library: LibraryAddress;
  /** Digests of iSCSI towards it. */
  readonly libraryDigests: LibraryDigests;
  /** Where the account is by which the bridge logs in there; undefined: it needs none. */
  readonly libraryChapFile: KeyPlace | undefined;
  /** Drives that the server sees, 1 to 32; undefined: all that the library has but one. */
  readonly laneCount: number | undefined;
  /** Volume tags held back; empty: none; undefined: the cartridge in the last full storage element. */
  readonly spareMedia: readonly string[] | undefined;
  readonly listen: HostPort;
  /** undefined: what `listen` turned out to be. */
  readonly advertise: HostPort | undefined;
  readonly targetName: string;
  /** Where the list of servers is that may log in, absolute; undefined: every server may. */
  readonly accessFile: string | undefined;
  /** Where the accounts are by which servers log in; undefined: every server may. */
  readonly chapFile: KeyPlace | undefined;
  /**
   * Directories (one ring file per lane in each) or block devices, absolute; at least one. Each ring is
   * striped over all of them.
   */
  readonly ringPaths: readonly string[];
  /** Size of each lane's ring, at least 64 MiB. */
  readonly ringBytes: number;
  /** What encrypts the rings; undefined: they are not encrypted. */
  readonly ringKey: KeyPlace | undefined;
  /** Journal, virtual inventory, control socket; absolute. */
  readonly stateDirectory: string;
  readonly runtime: RuntimeChoice;
  /** How long a drive may be silent on a write before it counts as failed, 1 s to 600 s. */
  readonly driveTimeoutMs: number;
  readonly copying: Copying;
  /** Of each cartridge so many MB are left before the drive's early warning; undefined: by its capacity. */
  readonly padMegabytes: number | undefined;
  /** Where events and actions are recorded; undefined: nowhere. Absolute. */
  readonly traceDirectory: string | undefined;
  /** The ready line is a JSON document. */
  readonly json: boolean;
}
