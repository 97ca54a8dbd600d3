/**
 * Write data that came before its unit asked for it. Decides how much of it is kept, of all sessions
 * together and of each. Invariant: what is kept is at most EARLY_DATA_BYTES_MAX, and beyond that
 * EARLY_SHARE_BYTES a session, so that nobody takes the place of all others.
 */
import { EARLY_DATA_BYTES_MAX, EARLY_SHARE_BYTES } from "./limits.ts";

/** Of all sessions of a target. */
export interface EarlyTotal {
  bytes: number;
}

/** Of one session. */
export class EarlyData {
  readonly #total: EarlyTotal;
  #bytes = 0;

  constructor(total: EarlyTotal) {
    this.#total = total;
  }

  /** No more is kept for this session now. */
  get isFull(): boolean {
    return this.#bytes >= EARLY_SHARE_BYTES && this.#total.bytes >= EARLY_DATA_BYTES_MAX;
  }

  /** So many bytes more are kept, or, where negative, fewer. */
  add(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}
