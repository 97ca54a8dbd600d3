/**
 * The server's side of one core: tasks and nexuses become events, AC_RECEIVE and AC_REPLY are
 * executed. Decides only when a command may enter (not while both transfer buffers are still on
 * their way to the server, not while a core is being restarted), that a restarted core gets the command
 * in work again, with the data that came before, and that a failed core's tasks, and a command that cores
 * trap on, are answered BUSY.
 * Invariants: every task is answered once or ended; data is received into the very bytes that ring
 * and drive get (but for a command that outlives its core, and for records with protection words: they are
 * copied once).
 */

import { crc32c } from "@node-rs/crc32";
import {
  FROM_BUFFER,
  FROM_PARAM,
  TO_PARAM,
  TO_PROTECTED,
  TO_SECRET,
} from "../../assembly/spec/action.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_NEXUS,
  EV_TASK_END,
  NEXUS_ESTABLISHED,
  NEXUS_LOST,
  NEXUS_LU_RESET,
  NEXUS_TARGET_RESET,
  NEXUS_TASKS_CLEARED,
  NEXUS_TASKS_ENDED,
} from "../../assembly/spec/event.ts";
import { STATUS_BUSY } from "../../assembly/spec/status.ts";
import type { ActionReader } from "../core/action-reader.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type {
  LogicalUnit,
  Nexus,
  NexusEvent,
  TargetTask,
  TaskAnswer,
} from "../lib/logical-unit.ts";
import { Arrival } from "./arrival.ts";
import type { ActionHandler, Post } from "./core-loop.ts";
import type { Extent, Extents } from "./extents.ts";
import { bytesWithWords, takeWords } from "./protection-words.ts";
import type { SecretStore } from "./secret-store.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";

/** Bytes of a CDB in EV_COMMAND. */
const CDB_FIELD_BYTES = 16;

const NEXUS_EVENTS: ReadonlyMap<NexusEvent, number> = new Map([
  ["established", NEXUS_ESTABLISHED],
  ["lost", NEXUS_LOST],
  ["lu-reset", NEXUS_LU_RESET],
  ["target-reset", NEXUS_TARGET_RESET],
  ["tasks-cleared", NEXUS_TASKS_CLEARED],
  ["tasks-ended", NEXUS_TASKS_ENDED],
]);

export interface TaskPortOptions {
  readonly post: Post;
  /** Of a lane; the changer has none and receives into parameters only. */
  readonly extents?: Extents;
  readonly buffers: ReadonlyMap<number, TransferBuffer>;
  /** Of a lane that passes keys on. */
  readonly secrets?: SecretStore;
  readonly hasFailed: () => boolean;
}

interface OpenTask {
  readonly task: TargetTask;
  /** Its data, once they were asked for. */
  arrival: Arrival | undefined;
  /** Ends a reception that is going on or waiting for room; harmless after it. */
  stopReceiving: (() => void) | undefined;
  /** The core that asked for the data has gone; the same for another one begins anew. */
  detach: (() => void) | undefined;
  /** Traps on this command itself or its data: as long as there are no others nothing of it was done. */
  harmCount: number;
  hasOtherTraps: boolean;
}

/** A command that two instances trapped on is not given to a third. */
const HARM_COUNT_MAX = 2;

/** The logical unit that the target serves. */
export class TaskPort implements LogicalUnit {
  readonly #options: TaskPortOptions;
  readonly #open = new Map<number, OpenTask>();
  /** Commands that wait for a transfer buffer: one, since the target gives one at a time. */
  #waiting: TargetTask[] = [];
  #isPaused = false;

  constructor(options: TaskPortOptions) {
    this.#options = options;
  }

  command(task: TargetTask): void {
    if (this.#options.hasFailed()) {
      task.reply({ status: STATUS_BUSY });
      return;
    }
    if (this.#mayEnter()) {
      this.#enter(task);
    } else {
      this.#waiting.push(task);
    }
  }

  abort(task: TargetTask): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== task);
    const open = this.#open.get(task.id);
    if (open !== undefined) {
      this.#open.delete(task.id);
      open.stopReceiving?.();
      open.arrival?.drop();
      this.#options.secrets?.drop();
      this.#options.post(coreEvent(EV_TASK_END, task.id));
    }
  }

  nexus(nexus: Nexus, event: NexusEvent): void {
    const message = coreEvent(EV_NEXUS);
    message.a = nexus.id;
    message.b = NEXUS_EVENTS.get(event) ?? 0;
    if (event === "established") {
      message.params = portNameOf(nexus);
    }
    this.#options.post(message);
  }

  /**
   * The core has gone and another one is on its way: commands are held, and what comes for them.
   * `trappedOn`: the event that it died of, where it did.
   */
  pause(trappedOn: CoreEvent | undefined): void {
    this.#isPaused = true;
    for (const open of [...this.#open.values()]) {
      open.detach?.();
      const isItself =
        (trappedOn?.kind === EV_COMMAND || trappedOn?.kind === EV_DATA) &&
        trappedOn.tag === open.task.id;
      open.harmCount += isItself ? 1 : 0;
      open.hasOtherTraps ||= !isItself;
      if (!open.hasOtherTraps && open.harmCount >= HARM_COUNT_MAX) {
        this.#open.delete(open.task.id);
        open.arrival?.drop();
        open.task.reply({ status: STATUS_BUSY });
      }
    }
  }

  /** The other core is there: it gets the command in work, then what has come since. */
  resume(): void {
    this.#isPaused = false;
    for (const { task } of this.#open.values()) {
      this.#give(task);
    }
    this.#letIn();
  }

  /** Answers BUSY to everything that is open: the core has failed. */
  failAll(): void {
    this.#isPaused = false;
    const tasks = [...this.#open.values()].map(({ task }) => task);
    const waiting = this.#waiting;
    this.#open.clear();
    this.#waiting = [];
    for (const task of [...tasks, ...waiting]) {
      task.reply({ status: STATUS_BUSY });
    }
  }

  /** AC_RECEIVE. */
  readonly receive: ActionHandler = (action) => {
    const { tag, a: bytes } = action;
    const open = this.#open.get(tag);
    if (open === undefined) {
      return;
    }
    if (action.d === TO_PARAM) {
      const params = new Uint8Array(bytes);
      open.detach = () => open.arrival?.detach(() => undefined);
      collect(open, params, () => this.#received(open, params, params));
      return;
    }
    if (action.d === TO_SECRET) {
      this.#receiveSecret(open, bytes);
      return;
    }
    this.#receiveExtent(open, action.x, bytes, action.d === TO_PROTECTED ? action.b : 0);
  };

  /** AC_PUT. */
  readonly put: ActionHandler = (action) => {
    this.#bufferOf(action.b).bytes.set(action.params, action.yLow);
  };

  /** AC_REPLY. */
  readonly reply: ActionHandler = (action) => {
    const open = this.#open.get(action.tag);
    if (open === undefined) {
      return;
    }
    this.#open.delete(action.tag);
    open.task.reply(this.#answerOf(action));
  };

  #mayEnter(): boolean {
    if (this.#isPaused) {
      return false;
    }
    for (const buffer of this.#options.buffers.values()) {
      if (buffer.isExhausted) {
        return false;
      }
    }
    return true;
  }

  #enter(task: TargetTask): void {
    this.#open.set(task.id, {
      task,
      arrival: undefined,
      stopReceiving: undefined,
      detach: undefined,
      harmCount: 0,
      hasOtherTraps: false,
    });
    this.#give(task);
  }

  #give(task: TargetTask): void {
    const event = coreEvent(EV_COMMAND, task.id);
    event.a = task.nexus.id;
    event.b = task.dataOutBytes;
    event.c = task.dataInBytes;
    event.params = task.cdb.subarray(0, CDB_FIELD_BYTES);
    this.#options.post(event);
  }

  #receiveSecret(open: OpenTask, bytes: number): void {
    const { secrets } = this.#options;
    if (secrets === undefined) {
      throw new Error("there is no room for secrets here");
    }
    const list = new Uint8Array(bytes);
    open.detach = () => open.arrival?.detach(() => undefined);
    collect(open, list, () => {
      const { head, mark } = secrets.give(list);
      const event = coreEvent(EV_DATA, open.task.id);
      event.a = bytes;
      event.c = mark;
      event.params = head;
      this.#options.post(event);
    });
  }

  /** `blockBytes` not 0: a protection word comes behind each. */
  #receiveExtent(open: OpenTask, at: number, bytes: number, blockBytes: number): void {
    const { extents } = this.#options;
    if (extents === undefined) {
      throw new Error("there are no extents here");
    }
    let receiving: Extent | undefined;
    const callOff = extents.allocate(at, bytes, (extent) => {
      receiving = extent;
      // Data that came with the command may be whole at once.
      const into =
        blockBytes === 0 ? extent.view : new Uint8Array(bytesWithWords(bytes, blockBytes));
      collect(open, into, () => {
        receiving = undefined;
        const rightCount = blockBytes === 0 ? 0 : takeWords(into, extent.view, blockBytes);
        extent.crc = crc32c(extent.view);
        this.#received(open, extent.view, undefined, extent.crc, rightCount);
        extents.unpin(extent);
      });
    });
    open.stopReceiving = () => {
      callOff();
      if (receiving !== undefined) {
        dropExtent(extents, receiving);
      }
    };
    open.detach = () => {
      callOff();
      const extent = receiving;
      receiving = undefined;
      const isTakenOver = open.arrival?.detach(() => {
        if (extent !== undefined) {
          dropExtent(extents, extent);
        }
      });
      if (isTakenOver !== true && extent !== undefined) {
        dropExtent(extents, extent);
      }
    };
  }

  #received(
    open: OpenTask,
    data: Uint8Array,
    params: Uint8Array | undefined,
    crc = crc32c(data),
    rightCount = 0,
  ): void {
    const event = coreEvent(EV_DATA, open.task.id);
    event.a = data.length;
    event.b = crc;
    event.c = rightCount;
    event.params = params;
    this.#options.post(event);
  }

  #answerOf(action: ActionReader): TaskAnswer {
    const { a: status, b: senseBytes, c: dataBytes, d: from, e: wantedBytes } = action;
    const params = action.params.slice();
    const answer: TaskAnswer = {
      status,
      wantedBytes,
      ...(senseBytes > 0 ? { sense: params.subarray(0, senseBytes) } : {}),
    };
    if (from === FROM_PARAM) {
      return { ...answer, dataIn: params.subarray(senseBytes, senseBytes + dataBytes) };
    }
    if (from !== FROM_BUFFER) {
      return answer;
    }
    const buffer = this.#bufferOf(action.f);
    const dataIn = buffer.bytes.subarray(0, dataBytes);
    const giveBack = buffer.lend();
    return { ...answer, dataIn, sent: () => this.#sent(giveBack) };
  }

  #bufferOf(number: number): TransferBuffer {
    const buffer = this.#options.buffers.get(number);
    if (buffer === undefined) {
      throw new Error(`there is no transfer buffer ${number}`);
    }
    return buffer;
  }

  #sent(giveBack: () => void): void {
    giveBack();
    this.#letIn();
  }

  #letIn(): void {
    while (this.#waiting.length > 0 && this.#mayEnter()) {
      const task = this.#waiting.shift();
      if (task !== undefined) {
        this.#enter(task);
      }
    }
  }
}

/** The name of its initiator port (RFC 7143). */
function portNameOf({ initiatorName, isid }: Nexus): Uint8Array {
  return Buffer.from(`${initiatorName},i,0x${isid}`);
}

/** The task's data to `into`: from the server, or, after a restart, from where they came to. */
function collect(open: OpenTask, into: Uint8Array, whenWhole: () => void): void {
  if (open.arrival === undefined) {
    open.arrival = new Arrival(open.task, into, whenWhole);
  } else {
    open.arrival.take(into, whenWhole);
  }
}

function dropExtent(extents: Extents, extent: Extent): void {
  extents.sent(extent);
  extents.unpin(extent);
}
