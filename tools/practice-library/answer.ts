/**
 * What a command of the practice library ends with. Decides the SCSI status; how the answer travels
 * is the target's. Invariant: CHECK CONDITION always carries sense data.
 */

import type { TargetTask } from "../../host/lib/logical-unit.ts";
import type { SenseCode, SenseDetails } from "./sense.ts";
import { fixedSense } from "./sense.ts";

export const STATUS_GOOD = 0x00;
export const STATUS_CHECK_CONDITION = 0x02;
export const STATUS_RESERVATION_CONFLICT = 0x18;

/** A finished command. `dataIn` may be longer than the initiator expects: it is cut on the way. */
export interface Answer {
  readonly status: number;
  readonly sense?: Uint8Array;
  readonly dataIn?: Uint8Array;
  /** What the command would have transferred in either direction; without it what it did. */
  readonly wantedBytes?: number;
  /** Called when `dataIn` has left and its buffer is free again; never after an abort. */
  readonly sent?: () => void;
}

/** GOOD, with data-in where there is some. */
export function good(dataIn?: Uint8Array): Answer {
  return dataIn === undefined ? { status: STATUS_GOOD } : { status: STATUS_GOOD, dataIn };
}

/** GOOD with parameter data cut at the CDB's allocation length. */
export function goodUpTo(dataIn: Uint8Array, allocationBytes: number): Answer {
  return good(dataIn.subarray(0, allocationBytes));
}

/** CHECK CONDITION, with data-in where there is some. */
export function check(code: SenseCode, details?: SenseDetails, dataIn?: Uint8Array): Answer {
  const sense = fixedSense(code, details);
  const status = STATUS_CHECK_CONDITION;
  return dataIn === undefined ? { status, sense } : { status, sense, dataIn };
}

export const RESERVATION_CONFLICT: Answer = { status: STATUS_RESERVATION_CONFLICT };

/** Sends the answer on its way, its data-in cut at what the initiator expects. */
export function send(task: TargetTask, answer: Answer): void {
  const { dataIn } = answer;
  if (dataIn === undefined) {
    task.reply(answer);
    return;
  }
  task.reply({
    ...answer,
    dataIn: dataIn.subarray(0, task.dataInBytes),
    wantedBytes: answer.wantedBytes ?? dataIn.length,
  });
}
