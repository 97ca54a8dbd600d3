/**
 * What every unit of the practice library does around a command: order, faults that silence it,
 * reservation, unit attention, look-up by operation code. Decides whether a command runs, not what
 * it does. Invariants: one command at a time, in order of arrival; each task is answered exactly
 * once, except one that a fault rule holds; nothing that a command throws gets out.
 */

import type { LogicalUnit, Nexus, NexusEvent, TargetTask } from "../../host/lib/logical-unit.ts";
import type { Answer } from "./answer.ts";
import { check, RESERVATION_CONFLICT, send } from "./answer.ts";
import type { NexusTable } from "./nexus-table.ts";
import type { Effect, ReservingWay } from "./reservations.ts";
import { descriptorSense, SENSE } from "./sense.ts";
import type { Turnstile } from "./turnstile.ts";

/** One command as its code sees it. */
export interface Call {
  /** The CDB, at least 16 bytes. */
  readonly cdb: Buffer;
  readonly nexus: Nexus;
  /** Bytes that the initiator is ready to send. */
  readonly dataOutBytes: number;
  /** Fills `into` with the command's data; false when the task was aborted before it was full. */
  receive(into: Buffer): Promise<boolean>;
}

/** Answers a call; undefined only after an abort, when nobody listens. */
export type Run = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

/** A row of a unit's command table. */
export interface Command {
  readonly run: Run;
  /** What it does to others: which reservations stop it; a function where that hangs on the CDB. */
  readonly effect: Effect | ((cdb: Buffer) => Effect);
  /** It is about reservations itself. */
  readonly reserves?: ReservingWay;
  /** Runs without reporting a waiting unit attention or deferred error. */
  readonly ignoresAttention?: boolean;
}

/** hold: never answered, until `releaseHeld`; drop: the connection goes instead. */
export type Gate = "open" | "hold" | "drop";

/** What makes a unit a drive or a changer. */
export interface UnitCharacter {
  readonly commands: ReadonlyMap<number, Command>;
  /** Asked first for each command. */
  gate(): Promise<Gate>;
  /** A condition to report instead of running the command, such as a deferred error. */
  pending(): Answer | undefined;
  /** Mode parameters and the like back to their defaults. */
  reset(): void;
  /** A command with that operation code has received so many bytes and is answered. */
  answered?(operation: number, receivedBytes: number, answer: Answer): void;
  /** The format of sense data that was chosen by D_SENSE. */
  hasDescriptorSense(): boolean;
}

/** What a unit needs of its surroundings. */
export interface UnitSurroundings {
  /** Closes the connection of a nexus. */
  disconnect(nexus: Nexus): void;
  /** One line for the operator. */
  log(message: string): void;
}

interface Served {
  readonly task: TargetTask;
  isAborted: boolean;
  receivedBytes: number;
  stop: () => void;
}

/** A logical unit of the practice library. */
export class UnitShell implements LogicalUnit {
  readonly nexuses: NexusTable;
  readonly #character: UnitCharacter;
  readonly #surroundings: UnitSurroundings;
  readonly #turnstile: Turnstile;
  readonly #served = new Map<number, Served>();
  readonly #held = new Set<Served>();

  /** `turnstile` is shared with whoever else may touch the unit's medium. */
  constructor(
    character: UnitCharacter,
    nexuses: NexusTable,
    turnstile: Turnstile,
    surroundings: UnitSurroundings,
  ) {
    this.#character = character;
    this.nexuses = nexuses;
    this.#turnstile = turnstile;
    this.#surroundings = surroundings;
  }

  /** LogicalUnit: takes a command; its answer comes through the task. */
  command(task: TargetTask): void {
    const served: Served = { task, isAborted: false, receivedBytes: 0, stop: () => undefined };
    this.#served.set(task.id, served);
    void this.#turnstile.run(() => this.#serve(served));
  }

  /** LogicalUnit: forgets a task; a data phase that waits ends here. */
  abort(task: TargetTask): void {
    const served = this.#served.get(task.id);
    if (served !== undefined) {
      served.isAborted = true;
      this.#held.delete(served);
      this.#served.delete(task.id);
      served.stop();
    }
  }

  /** LogicalUnit: what became of a nexus. */
  nexus(nexus: Nexus, event: NexusEvent): void {
    switch (event) {
      case "established":
        this.nexuses.establish(nexus);
        break;
      case "lost":
        this.nexuses.lose(nexus);
        break;
      case "lu-reset":
      case "target-reset":
        this.#character.reset();
        this.nexuses.reset(SENSE.deviceReset);
        break;
      case "tasks-cleared":
        this.nexuses.tell(nexus, SENSE.commandsCleared);
        break;
      case "tasks-ended":
        this.nexuses.tell(nexus, SENSE.commandsEnded);
        break;
    }
  }

  /** Runs what a fault rule held, as commands that came after the power was back. */
  releaseHeld(): void {
    const waiting = [...this.#held];
    this.#held.clear();
    for (const served of waiting) {
      void this.#turnstile.run(() => this.#serve(served));
    }
  }

  async #serve(served: Served): Promise<void> {
    const { task } = served;
    if (served.isAborted) {
      return;
    }
    const gate = await this.#character.gate();
    if (served.isAborted) {
      return;
    }
    if (gate === "hold") {
      this.#held.add(served);
      return;
    }
    if (gate === "drop") {
      this.#served.delete(task.id);
      this.#surroundings.disconnect(task.nexus);
      return;
    }
    const answer = await this.#answer(served);
    this.#served.delete(task.id);
    if (answer !== undefined && !served.isAborted) {
      this.#character.answered?.(task.cdb[0] ?? 0, served.receivedBytes, answer);
      send(task, this.#inChosenFormat(answer));
    }
  }

  #inChosenFormat(answer: Answer): Answer {
    const { sense } = answer;
    return sense !== undefined && this.#character.hasDescriptorSense()
      ? { ...answer, sense: descriptorSense(Buffer.from(sense)) }
      : answer;
  }

  async #answer(served: Served): Promise<Answer | undefined> {
    const { task } = served;
    const cdb = Buffer.from(task.cdb.buffer, task.cdb.byteOffset, task.cdb.byteLength);
    const command = this.#character.commands.get(cdb.readUInt8(0));
    try {
      const refusal = this.#refusal(task.nexus, command, cdb);
      if (refusal !== undefined || command === undefined) {
        return refusal ?? check(SENSE.invalidOperation);
      }
      const { nexus, dataOutBytes } = task;
      const receive = (into: Buffer) => receiveData(served, into);
      return await command.run({ cdb, nexus, dataOutBytes, receive });
    } catch (fault) {
      const operation = cdb.readUInt8(0).toString(16).padStart(2, "0");
      this.#surroundings.log(`command ${operation}h failed: ${String(fault)}`);
      return check(SENSE.internalFailure);
    }
  }

  /** What stands between a nexus and its command: reservation, attention, deferred error. */
  #refusal(nexus: Nexus, command: Command | undefined, cdb: Buffer): Answer | undefined {
    const effect = effectOf(command, cdb);
    if (this.nexuses.reservations.stops(nexus, effect, command?.reserves)) {
      return RESERVATION_CONFLICT;
    }
    if (command?.ignoresAttention === true) {
      return undefined;
    }
    const attention = this.nexuses.takeAttention(nexus);
    return attention === undefined ? this.#character.pending() : check(attention);
  }
}

function receiveData(served: Served, into: Buffer): Promise<boolean> {
  if (served.isAborted) {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    served.stop = () => resolve(false);
    served.task.receive(into, () => {
      served.receivedBytes += into.length;
      resolve(true);
    });
  });
}

/** A command that is refused anyway asks for nothing. */
function effectOf(command: Command | undefined, cdb: Buffer): Effect {
  const { effect } = command ?? { effect: "none" };
  return typeof effect === "function" ? effect(cdb) : effect;
}
