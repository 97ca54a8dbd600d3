/**
 * A logical unit that behaves in as many ways as units can: the operation code chooses. Decides
 * nothing about iSCSI. What it holds is bounded by BUFFER_BYTES.
 */

import type { LogicalUnit, TargetTask } from "../../host/lib/logical-unit.ts";

/** Takes all data, then GOOD. */
export const OPERATION_WRITE = 0x0a;
/** Gives back what was written last. */
export const OPERATION_READ = 0x08;

const BUFFER_BYTES = 64 * 1024;
const STATUS_GOOD = 0x00;
const STATUS_CHECK_CONDITION = 0x02;
const STATUS_BUSY = 0x08;
const SENSE = Uint8Array.of(0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0);
const BEHAVIOURS = 8;

/** See the head of this file. */
export class FuzzUnit implements LogicalUnit {
  readonly #record = new Uint8Array(BUFFER_BYTES);
  #recordBytes = 0;

  command(task: TargetTask): void {
    const operation = task.cdb[0] ?? 0;
    if (operation === OPERATION_WRITE) {
      this.#receive(task, task.dataOutBytes);
    } else if (operation === OPERATION_READ) {
      this.#give(task);
    } else {
      this.#behave(task, operation % BEHAVIOURS);
    }
  }

  abort(): void {
    // Nothing of a task is kept here but what it writes to by `receive`.
  }

  nexus(): void {
    // No unit attentions.
  }

  #behave(task: TargetTask, behaviour: number): void {
    switch (behaviour) {
      case 0:
        task.reply({ status: STATUS_GOOD });
        return;
      case 1:
        this.#give(task);
        return;
      case 2:
        this.#receive(task, task.dataOutBytes);
        return;
      case 3:
        this.#receive(task, Math.floor(task.dataOutBytes / 2));
        return;
      case 4:
        task.reply({ status: STATUS_CHECK_CONDITION, sense: SENSE, wantedBytes: 512 });
        return;
      case 5:
        setImmediate(() => task.reply({ status: STATUS_GOOD }));
        return;
      case 6:
        // Never: until somebody aborts it.
        return;
      default:
        task.reply({ status: STATUS_BUSY });
    }
  }

  #give(task: TargetTask): void {
    task.reply({ status: STATUS_GOOD, dataIn: this.#record.subarray(0, this.#recordBytes) });
  }

  #receive(task: TargetTask, length: number): void {
    const bytes = Math.min(length, BUFFER_BYTES);
    task.receive(this.#record.subarray(0, bytes), () => {
      this.#recordBytes = bytes;
      task.reply({ status: STATUS_GOOD });
    });
  }
}
