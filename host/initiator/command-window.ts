/**
 * The numbers that order a session: CmdSN given out, the target's window, and the status that was
 * acknowledged. Decides whether a command may go out now; not which one. Invariant: a
 * non-immediate command gets a CmdSN only inside the window [ExpCmdSN, MaxCmdSN].
 */

import { serialLess, serialNext } from "../iscsi/serial-number.ts";

/** CmdSN and StatSN of one session with one connection. */
export class CommandWindow {
  #cmdSN: number;
  #maxCmdSN: number;
  #expStatSN = 0;

  /** Starts at the first CmdSN, which the login requests carry; the window is closed until told. */
  constructor(firstCmdSN: number) {
    this.#cmdSN = firstCmdSN;
    this.#maxCmdSN = (firstCmdSN - 1) >>> 0;
  }

  /** CmdSN of the next command; immediate commands carry it without using it up. */
  get cmdSN(): number {
    return this.#cmdSN;
  }

  /** The StatSN expected next: everything before it is acknowledged. */
  get expStatSN(): number {
    return this.#expStatSN;
  }

  /** Whether the target takes one more non-immediate command. */
  get open(): boolean {
    return !serialLess(this.#maxCmdSN, this.#cmdSN);
  }

  /** Uses up a CmdSN. Only while `open`. */
  take(): number {
    const cmdSN = this.#cmdSN;
    this.#cmdSN = serialNext(cmdSN);
    return cmdSN;
  }

  /**
   * ExpCmdSN and MaxCmdSN of any PDU of the target. A window that would end before its begin is
   * ignored, and its end only ever moves forward (RFC 7143, "Command Numbering").
   */
  update(expCmdSN: number, maxCmdSN: number): void {
    if (serialLess(maxCmdSN, (expCmdSN - 1) >>> 0)) {
      return;
    }
    if (serialLess(this.#maxCmdSN, maxCmdSN)) {
      this.#maxCmdSN = maxCmdSN;
    }
  }

  /** StatSN of a PDU that carries a status; the first one sets the count. */
  acknowledge(statSN: number): void {
    this.#expStatSN = serialNext(statSN);
  }
}
