/**
 * A device whose connection stands: when it breaks it is sought again, in growing intervals, until
 * somebody disconnects. Decides only that; whether a drive is used, given up or fenced is the cores'.
 * Invariants: nothing is executed before the device has shown that it is the one we know (a library
 * that was restarted may have given its number to another drive); one attempt at a time.
 */

import type { Log } from "../lib/log.ts";
import type { ScsiDevice, ScsiRequest, ScsiResult } from "../lib/scsi-device.ts";
import type { Clock } from "./clock.ts";

/** Between two attempts: at first, and at most. */
const RETRY_MS_FIRST = 1_000;
const RETRY_MS_MAX = 30_000;
/** Bounds one attempt. */
const ATTEMPT_MS_MAX = 10_000;

const UNKNOWN: ScsiResult = { kind: "lost", reason: "not connected" };

export interface StandingDeviceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Is this the device that we know? Must not reject. */
  readonly isOurs: (device: ScsiDevice, timeoutMs: number) => Promise<boolean>;
}

/** The port `ScsiDevice` over another, with `onStanding`. */
export class StandingDevice implements ScsiDevice {
  readonly #inner: ScsiDevice;
  readonly #options: StandingDeviceOptions;
  readonly #listeners: (() => void)[] = [];
  #isStanding = false;
  #isWanted = false;
  #attempt: Promise<boolean> | undefined;
  #retryMs = RETRY_MS_FIRST;
  #callOff: (() => void) | undefined;

  constructor(inner: ScsiDevice, options: StandingDeviceOptions) {
    this.#inner = inner;
    this.#options = options;
    inner.onLost(() => {
      this.#isStanding = false;
      this.#seekLater();
    });
  }

  get name(): string {
    return this.#inner.name;
  }

  execute(request: ScsiRequest): Promise<ScsiResult> {
    return this.#isStanding ? this.#inner.execute(request) : Promise.resolve(UNKNOWN);
  }

  connect(timeoutMs: number): Promise<boolean> {
    this.#isWanted = true;
    this.#retryMs = RETRY_MS_FIRST;
    return this.#try(timeoutMs);
  }

  disconnect(): Promise<void> {
    this.#isWanted = false;
    this.#isStanding = false;
    this.#callOff?.();
    this.#callOff = undefined;
    return this.#inner.disconnect();
  }

  onLost(listener: (reason: string) => void): void {
    this.#inner.onLost(listener);
  }

  /** Called whenever a connection stands that did not before. */
  onStanding(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #try(timeoutMs: number): Promise<boolean> {
    if (this.#isStanding) {
      return Promise.resolve(true);
    }
    this.#attempt ??= this.#open(timeoutMs).finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #open(timeoutMs: number): Promise<boolean> {
    const { isOurs, log } = this.#options;
    const isConnected = await this.#inner.connect(timeoutMs);
    const isKnown = isConnected && (await isOurs(this.#inner, timeoutMs));
    if (isConnected && !isKnown) {
      log("warn", "another device answers there, or none", { device: this.name });
    }
    if (isConnected && !(isKnown && this.#isWanted)) {
      await this.#inner.disconnect();
    }
    this.#isStanding = isKnown && this.#isWanted;
    if (!this.#isStanding) {
      this.#seekLater();
      return false;
    }
    this.#retryMs = RETRY_MS_FIRST;
    for (const listener of this.#listeners) {
      listener();
    }
    return true;
  }

  #seekLater(): void {
    if (!this.#isWanted || this.#callOff !== undefined) {
      return;
    }
    this.#callOff = this.#options.clock.after(this.#retryMs, () => {
      this.#callOff = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MS_MAX);
      this.#try(ATTEMPT_MS_MAX).catch(() => this.#seekLater());
    });
  }
}
