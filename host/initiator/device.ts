/**
 * One physical logical unit over iSCSI: the adapter of the port host/lib/scsi-device.ts. Decides
 * when there is a session and who hears of its end. One session per logical unit, so that the loss
 * of one drive's connection touches no other. No retry: `connect` is the caller's decision.
 */
import type { ScsiDevice, ScsiRequest, ScsiResult } from "../lib/scsi-device.ts";
import type { ChapCredentials } from "./authentication.ts";
import { type ConnectFault, openConnection } from "./connection.ts";
import type { Log } from "./log.ts";
import { logIn } from "./log-in.ts";
import type { DigestOffer } from "./login.ts";
import { SESSION_TIMES, Session, type SessionTimes } from "./session.ts";

/** Where a logical unit is, and as whom we talk to it. */
export interface IscsiDeviceOptions {
  readonly host: string;
  readonly port: number;
  readonly targetName: string;
  /** 0 to 16383. */
  readonly lun: number;
  readonly initiatorName: string;
  /**
   * 0 to 65535, makes the session's ISID. Must differ between devices of one initiator name, and
   * should stay the same over restarts: a target then ends what an earlier session left behind.
   */
  readonly isidQualifier: number;
  /** Absent: no digests. */
  readonly digests?: DigestOffer;
  /** Absent: the target has to let everybody in. */
  readonly chap?: ChapCredentials | undefined;
  readonly log: Log;
  /** Shorter bounds for tests. */
  readonly times?: SessionTimes;
}

/** A device without a connection; `connect` opens one. */
export function openIscsiDevice(options: IscsiDeviceOptions): ScsiDevice {
  return new IscsiDevice(options);
}

/**
 * The ISID for a qualifier, 12 hexadecimal digits: byte 0 type 2 ("random"), bytes 1 to 3 fixed,
 * bytes 4 and 5 the qualifier.
 */
export function isidOf(qualifier: number): string {
  return `80554453${(qualifier & 0xffff).toString(16).padStart(4, "0")}`;
}

class IscsiDevice implements ScsiDevice {
  readonly name: string;
  readonly #options: IscsiDeviceOptions;
  readonly #listeners: ((reason: string) => void)[] = [];
  #session: Session | undefined;
  #connecting: Promise<boolean> | undefined;
  #lastFault = "not connected";

  constructor(options: IscsiDeviceOptions) {
    const { host, port, targetName, lun } = options;
    this.#options = options;
    this.name = `iscsi://${host.includes(":") ? `[${host}]` : host}:${port}/${targetName}/${lun}`;
  }

  execute(request: ScsiRequest): Promise<ScsiResult> {
    return (
      this.#session?.execute(request) ?? Promise.resolve({ kind: "lost", reason: this.#lastFault })
    );
  }

  async connect(timeoutMs: number): Promise<boolean> {
    if (this.#session?.accepting === true) {
      return true;
    }
    this.#connecting ??= this.#open(timeoutMs).finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async disconnect(): Promise<void> {
    // A login on its way is bounded; ending what it brings is simpler than breaking it off.
    await this.#connecting;
    await this.#leave("disconnected");
  }

  onLost(listener: (reason: string) => void): void {
    this.#listeners.push(listener);
  }

  async #leave(reason: string): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#lastFault = reason;
    await session?.leave(reason);
  }

  async #open(timeoutMs: number): Promise<boolean> {
    const start = performance.now();
    await this.#leave("connecting again");
    const { host, port } = this.#options;
    const connection = await openConnection(host, port, timeoutMs);
    if ("reason" in connection) {
      return this.#noSession(connection);
    }
    const { initiatorName, targetName, isidQualifier, digests, chap } = this.#options;
    const names = { initiatorName, targetName, isid: isidOf(isidQualifier) };
    const terms = { ...names, ...(digests && { digests }), ...(chap && { chap }) };
    const leftMs = timeoutMs - (performance.now() - start);
    return await new Promise((resolve) => {
      logIn(connection, terms, leftMs, (outcome) => {
        if ("reason" in outcome) {
          resolve(this.#noSession(outcome));
          return;
        }
        this.#session = this.#begin({ connection, lun: this.#options.lun, ...outcome });
        resolve(true);
      });
    });
  }

  #begin(sender: ConstructorParameters<typeof Session>[0]): Session {
    const log: Log = (level, message) => this.#options.log(level, `${this.name}: ${message}`);
    const { parameters } = sender;
    log(
      "info",
      `logged in, data segments ${parameters.maxRecvDataSegmentLengthPeer} bytes, ` +
        `first burst ${parameters.firstBurstLength}, burst ${parameters.maxBurstLength}, ` +
        `header digest ${parameters.headerDigest}, data digest ${parameters.dataDigest}`,
    );
    const broken = (reason: string): void => {
      this.#session = undefined;
      this.#lastFault = reason;
      log("warn", `connection lost: ${reason}`);
      for (const listener of this.#listeners) {
        listener(reason);
      }
    };
    return new Session(sender, { log, broken }, this.#options.times ?? SESSION_TIMES);
  }

  #noSession(fault: ConnectFault): boolean {
    this.#lastFault = fault.reason;
    this.#options.log("warn", `${this.name}: no connection: ${fault.reason}`);
    return false;
  }
}
