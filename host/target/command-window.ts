/**
 * The order of commands in one session: which CmdSN may come, and when its turn is. Decides nothing
 * about what the commands are. Invariants: deliveries happen in CmdSN order, each number once;
 * MaxCmdSN never goes back; at most COMMAND_WINDOW commands are under way or wait for their turn.
 */
import { serialAdd, serialLess, serialNext } from "../iscsi/serial-number.ts";
import { COMMAND_WINDOW } from "./limits.ts";

/** CmdSN window of one session. */
export class CommandWindow {
  #expCmdSN: number;
  #underWay = 0;
  readonly #early = new Map<number, () => void>();

  /** `firstCmdSN`: CmdSN of the login, which the first command of the session repeats. */
  constructor(firstCmdSN: number) {
    this.#expCmdSN = firstCmdSN;
  }

  /** The next CmdSN to be delivered. */
  get expCmdSN(): number {
    return this.#expCmdSN;
  }

  /** The last CmdSN that may be sent now. */
  get maxCmdSN(): number {
    return serialAdd(this.#expCmdSN, COMMAND_WINDOW - this.#underWay - 1);
  }

  /** True when a command with this number may come: inside of the window, and not there yet. */
  takes(cmdSN: number): boolean {
    const outside = serialLess(cmdSN, this.#expCmdSN) || serialLess(this.maxCmdSN, cmdSN);
    return !outside && !this.#early.has(cmdSN);
  }

  /** Calls `deliver` when it is the turn of `cmdSN` (which `takes` accepted): now, or later. */
  accept(cmdSN: number, deliver: () => void): void {
    this.#early.set(cmdSN, deliver);
    for (;;) {
      const next = this.#early.get(this.#expCmdSN);
      if (next === undefined) {
        return;
      }
      this.#early.delete(this.#expCmdSN);
      this.#expCmdSN = serialNext(this.#expCmdSN);
      next();
    }
  }

  /**
   * The command that is being delivered was rejected: its number counts as not received (RFC 7143), and
   * the initiator fills the gap.
   */
  takeBack(): void {
    this.#expCmdSN = serialAdd(this.#expCmdSN, -1);
  }

  /** A command that holds a place in the window begins, ends. */
  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }
}
