/**
 * What was sent on one connection, and what may come back for it. Decides whether a PDU of the target
 * can be right: numbers go on by one, nothing is answered that was not asked, no more is asked for or
 * given than a command said.
 */

import { get32 } from "../../host/iscsi/bytes.ts";
import { decodeDataIn } from "../../host/iscsi/data-in.ts";
import {
  OPCODE_ASYNC_MESSAGE,
  OPCODE_DATA_IN,
  OPCODE_DATA_OUT,
  OPCODE_LOGOUT_RESPONSE,
  OPCODE_NOP_IN,
  OPCODE_R2T,
  OPCODE_REJECT,
  OPCODE_SCSI_COMMAND,
  OPCODE_SCSI_RESPONSE,
  OPCODE_TASK_MANAGEMENT_REQUEST,
  OPCODE_TASK_MANAGEMENT_RESPONSE,
  OPCODE_TEXT_RESPONSE,
  RESERVED_TAG,
} from "../../host/iscsi/opcode.ts";
import {
  dataSegmentLengthOf,
  getResponseNumbers,
  ittOf,
  opcodeOf,
  type RawPdu,
} from "../../host/iscsi/pdu.ts";
import { decodeR2t, type R2t } from "../../host/iscsi/r2t.ts";
import { serialLess, serialNext } from "../../host/iscsi/serial-number.ts";
import { COMMAND_WINDOW } from "../../host/target/limits.ts";

interface Tag {
  requests: number;
  answers: number;
  /** Longest transfer that a command of this tag spoke of. */
  expectedBytes: number;
}

/** Operation codes with a status: each takes a StatSN and answers a request. */
const ANSWERS: readonly number[] = [
  OPCODE_SCSI_RESPONSE,
  OPCODE_TASK_MANAGEMENT_RESPONSE,
  OPCODE_TEXT_RESPONSE,
  OPCODE_LOGOUT_RESPONSE,
];

/** What the login agreed on. */
export interface Agreed {
  readonly outstandingR2tMax: number;
  readonly segmentBytesMax: number;
}

/** See the head of this file. */
export class PduLedger {
  readonly #agreed: Agreed;
  readonly #tags = new Map<number, Tag>();
  #r2ts: R2t[] = [];
  /** Which R2Ts are open, only the target knows: there was data out of order, or an abort. */
  #isFoul = false;
  #statSN: number;
  #expCmdSN: number;
  #maxCmdSN: number;

  constructor(agreed: Agreed, statSN: number, cmdSN: number) {
    this.#agreed = agreed;
    this.#statSN = statSN;
    this.#expCmdSN = cmdSN;
    this.#maxCmdSN = cmdSN;
  }

  /** What the target asked for and did not get. */
  get r2ts(): readonly R2t[] {
    return this.#r2ts;
  }

  get expCmdSN(): number {
    return this.#expCmdSN;
  }

  /** A PDU went out with this header, whatever was meant. */
  sent(bhs: Uint8Array): void {
    const tag = this.#tag(ittOf(bhs));
    if (opcodeOf(bhs) === OPCODE_DATA_OUT) {
      return;
    }
    tag.requests += 1;
    if (opcodeOf(bhs) === OPCODE_SCSI_COMMAND) {
      tag.expectedBytes = Math.max(tag.expectedBytes, get32(bhs, 20));
    } else if (opcodeOf(bhs) === OPCODE_TASK_MANAGEMENT_REQUEST) {
      this.fouled();
    }
  }

  /** An R2T got all that it asked for. */
  fulfilled(r2t: R2t): void {
    this.#r2ts = this.#r2ts.filter((one) => one !== r2t);
  }

  /** Something went out that may touch the data of any task, perhaps much later (a gap in CmdSN). */
  fouled(): void {
    this.#isFoul = true;
  }

  /** Says what is wrong with what came. */
  arrived({ bhs }: RawPdu): string | undefined {
    return this.#wrongNumbers(bhs) ?? this.#wrongContent(bhs);
  }

  #wrongContent(bhs: Uint8Array): string | undefined {
    const opcode = opcodeOf(bhs);
    switch (opcode) {
      case OPCODE_DATA_IN:
        return this.#wrongDataIn(bhs);
      case OPCODE_R2T:
        return this.#wrongR2t(decodeR2t(bhs));
      case OPCODE_NOP_IN:
        return ittOf(bhs) === RESERVED_TAG ? undefined : this.#wrongAnswer(bhs);
      case OPCODE_ASYNC_MESSAGE:
      case OPCODE_REJECT:
        return this.#wrongStatSN(bhs);
      default:
        return ANSWERS.includes(opcode) ? this.#wrongAnswer(bhs) : `operation code ${opcode} came`;
    }
  }

  #wrongNumbers(bhs: Uint8Array): string | undefined {
    const { expCmdSN, maxCmdSN } = getResponseNumbers(bhs);
    const goesBack = serialLess(expCmdSN, this.#expCmdSN) || serialLess(maxCmdSN, this.#maxCmdSN);
    const span = (maxCmdSN - expCmdSN + 1) >>> 0;
    if (goesBack || span > COMMAND_WINDOW) {
      return `window ${expCmdSN} to ${maxCmdSN} after ${this.#expCmdSN} to ${this.#maxCmdSN}`;
    }
    this.#expCmdSN = expCmdSN;
    this.#maxCmdSN = maxCmdSN;
    return undefined;
  }

  #wrongStatSN(bhs: Uint8Array): string | undefined {
    const { statSN } = getResponseNumbers(bhs);
    const expected = this.#statSN;
    this.#statSN = serialNext(expected);
    return statSN === expected ? undefined : `StatSN ${statSN}, expected ${expected}`;
  }

  #wrongAnswer(bhs: Uint8Array): string | undefined {
    const itt = ittOf(bhs);
    const tag = this.#tag(itt);
    tag.answers += 1;
    this.#r2ts = this.#r2ts.filter((r2t) => r2t.itt !== itt);
    const wrong = this.#wrongStatSN(bhs);
    return tag.answers > tag.requests ? `answer for tag ${itt} that nobody asked for` : wrong;
  }

  #wrongDataIn(bhs: Uint8Array): string | undefined {
    const dataIn = decodeDataIn(bhs);
    const end = dataIn.bufferOffset + dataIn.dataSegmentLength;
    const isRight = end <= this.#tag(dataIn.itt).expectedBytes;
    if (!isRight || dataSegmentLengthOf(bhs) > this.#agreed.segmentBytesMax) {
      return `Data-In up to ${end} in a segment of ${dataIn.dataSegmentLength} bytes`;
    }
    return dataIn.statusPresent ? this.#wrongAnswer(bhs) : undefined;
  }

  #wrongR2t(r2t: R2t): string | undefined {
    const tag = this.#tag(r2t.itt);
    const end = r2t.bufferOffset + r2t.desiredDataTransferLength;
    if (end > tag.expectedBytes || r2t.desiredDataTransferLength === 0) {
      return `R2T up to ${end}, of ${tag.expectedBytes} bytes`;
    }
    this.#r2ts.push(r2t);
    const open = this.#r2ts.filter(({ itt }) => itt === r2t.itt).length;
    const isTooMany = open > this.#agreed.outstandingR2tMax && !this.#isFoul;
    return isTooMany ? `${open} R2Ts at a time` : undefined;
  }

  #tag(itt: number): Tag {
    const known = this.#tags.get(itt);
    if (known !== undefined) {
      return known;
    }
    const fresh: Tag = { requests: 0, answers: 0, expectedBytes: 0 };
    this.#tags.set(itt, fresh);
    return fresh;
  }
}
