/**
 * Makes PDUs that fit the state of a session, PDUs that are right in themselves and come at the wrong
 * time, and PDUs with wrong bits. Decides what is sent next; all of it from the seed, but for what the
 * target asked for.
 */

import { put32 } from "../../host/iscsi/bytes.ts";
import { encodeDataOut } from "../../host/iscsi/data-out.ts";
import { encodeLogoutRequest } from "../../host/iscsi/logout-request.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_DATA_OUT, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import {
  BHS_BYTES,
  dataSegmentLengthOf,
  newBhs,
  opcodeOf,
  totalAhsBytesOf,
} from "../../host/iscsi/pdu.ts";
import { encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import { encodeTaskManagementRequest } from "../../host/iscsi/task-management-request.ts";
import { formatTextKeys } from "../../host/iscsi/text-key.ts";
import { encodeTextRequest } from "../../host/iscsi/text-request.ts";
import { IMMEDIATE_COMMANDS_MAX } from "../../host/target/limits.ts";
import type { Random } from "../parity/random.ts";
import { OPERATION_READ, OPERATION_WRITE } from "./fuzz-unit.ts";
import type { PduLedger } from "./pdu-ledger.ts";

/** One PDU to send. */
export interface MadePdu {
  readonly bhs: Uint8Array;
  readonly data: Uint8Array;
  /** Its header says another length than it has: what comes behind it is not read as what it is. */
  readonly isBlind: boolean;
}

/** What the maker knows of the session it makes PDUs for. */
export interface Session {
  readonly ledger: PduLedger;
  /** CmdSN of the next numbered request. */
  cmdSN: number;
  readonly immediateData: boolean;
  readonly unsolicitedData: boolean;
}

const LUNS: readonly number[] = [0, 0, 0, 1, 2, 16383];
const FUNCTIONS: readonly number[] = [1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0x55];
const WRITE_BYTES_MAX = 4096;
const BURST_BYTES = 512;
const TAGS = 64;
const OPEN_TAG = 1;
const NOTHING = new Uint8Array(0);

interface Draft {
  readonly bhs: Uint8Array;
  readonly data: Uint8Array;
}

/** See the head of this file. */
export class PduMaker {
  readonly #random: Random;
  readonly #session: Session;

  constructor(random: Random, session: Session) {
    this.#random = random;
    this.#session = session;
  }

  next(): readonly MadePdu[] {
    const random = this.#random;
    if (random.oneIn(40)) {
      return [this.#finish(this.#raw())];
    }
    const drafts = this.#right();
    if (!random.oneIn(12)) {
      return drafts.map((draft) => this.#finish(draft));
    }
    const chosen = random.below(drafts.length);
    return drafts.map((draft, at) => this.#finish(at === chosen ? this.#mutated(draft) : draft));
  }

  #right(): readonly Draft[] {
    const random = this.#random;
    const [open] = this.#session.ledger.r2ts;
    if (open !== undefined && !random.oneIn(4)) {
      return [this.#answer(open)];
    }
    switch (random.below(14)) {
      case 0:
        return [this.#nop()];
      case 1:
        return [this.#management()];
      case 2:
        return [this.#text()];
      case 3:
        return random.oneIn(8) ? [this.#logout()] : this.#crowd();
      case 4:
        return random.oneIn(4) ? [this.#strayData()] : [this.#read()];
      case 5:
      case 6:
      case 7:
        return [this.#read()];
      default:
        return this.#write();
    }
  }

  /** A number now and then that is not the next one. */
  #numbers(): { immediate: boolean; itt: number; cmdSN: number; expStatSN: number } {
    const random = this.#random;
    const immediate = random.oneIn(5);
    const { cmdSN } = this.#session;
    const isOdd = random.oneIn(25);
    if (!immediate && !isOdd) {
      this.#session.cmdSN = (cmdSN + 1) >>> 0;
    }
    const odd = random.oneIn(2) ? random.wild() : (cmdSN + random.below(40) - 8) >>> 0;
    const itt = random.oneIn(100) ? RESERVED_TAG : random.below(TAGS);
    return { immediate, itt, cmdSN: isOdd ? odd : cmdSN, expStatSN: random.wild() };
  }

  /** Immediate commands, now and then more than there may be. */
  #crowd(): readonly Draft[] {
    const count = this.#random.oneIn(6) ? 2 * IMMEDIATE_COMMANDS_MAX : 2;
    return Array.from({ length: count }, () => this.#read({ immediate: true }));
  }

  #read(fields: { immediate?: true } = {}): Draft {
    const random = this.#random;
    const operation = random.oneIn(2) ? OPERATION_READ : random.below(256);
    const bhs = encodeScsiCommand({
      ...this.#numbers(),
      ...fields,
      final: true,
      read: random.oneIn(2),
      write: false,
      attribute: random.below(5),
      lun: random.pick(LUNS),
      expectedDataTransferLength: random.oneIn(4) ? random.wild() : random.below(8192),
      cdb: Uint8Array.of(operation),
      dataSegmentLength: 0,
    });
    return { bhs, data: NOTHING };
  }

  /** A write with as much immediate and unsolicited data as was agreed, or a little less, or more. */
  #write(): readonly Draft[] {
    const random = this.#random;
    const { immediateData, unsolicitedData } = this.#session;
    const isFoul = random.oneIn(30);
    const expected = random.below(WRITE_BYTES_MAX);
    const mayBe = isFoul ? WRITE_BYTES_MAX : Math.min(BURST_BYTES, expected);
    const immediate = immediateData || isFoul ? random.below(mayBe + 1) : 0;
    const rest = unsolicitedData || isFoul ? random.below(mayBe - immediate + 1) : 0;
    const numbers = this.#numbers();
    const bhs = encodeScsiCommand({
      ...numbers,
      final: rest === 0,
      read: false,
      write: true,
      attribute: 1,
      lun: random.pick(LUNS),
      expectedDataTransferLength: expected,
      cdb: Uint8Array.of(random.oneIn(2) ? OPERATION_WRITE : random.below(256)),
      dataSegmentLength: immediate,
    });
    const drafts: Draft[] = [{ bhs, data: random.bytes(immediate) }];
    const half = random.below(rest + 1);
    for (const [from, to, dataSN] of [
      [0, half, 0],
      [half, rest, half > 0 ? 1 : 0],
    ] as const) {
      if (to > from) {
        const place = { ttt: RESERVED_TAG, dataSN, bufferOffset: immediate + from };
        drafts.push(this.#dataOut(numbers.itt, place, to - from, to === rest));
      }
    }
    return drafts;
  }

  #answer(r2t: PduLedger["r2ts"][number]): Draft {
    const { ttt, itt, bufferOffset, desiredDataTransferLength: length } = r2t;
    this.#session.ledger.fulfilled(r2t);
    return this.#dataOut(itt, { ttt, dataSN: 0, bufferOffset }, length, true);
  }

  /** Right in itself, and nobody asked for it. */
  #strayData(): Draft {
    const random = this.#random;
    this.#session.ledger.fouled();
    const [open] = this.#session.ledger.r2ts;
    const ttt = random.pick([RESERVED_TAG, 1, open?.ttt ?? random.word(), random.wild()]);
    const place = { ttt, dataSN: random.below(3), bufferOffset: random.below(2) * BURST_BYTES };
    const itt = open !== undefined && random.oneIn(2) ? open.itt : random.below(TAGS);
    return this.#dataOut(itt, place, random.below(BURST_BYTES), random.oneIn(2));
  }

  #dataOut(
    itt: number,
    place: { ttt: number; dataSN: number; bufferOffset: number },
    length: number,
    final: boolean,
  ): Draft {
    const fields = { ...place, final, lun: 0, itt, expStatSN: 0, dataSegmentLength: length };
    return { bhs: encodeDataOut(fields), data: this.#random.bytes(length) };
  }

  #nop(): Draft {
    const random = this.#random;
    const data = random.bytes(random.oneIn(3) ? random.below(2000) : 0);
    const ttt = random.oneIn(8) ? random.wild() : RESERVED_TAG;
    const fields = { ...this.#numbers(), lun: 0, ttt, dataSegmentLength: data.length };
    return { bhs: encodeNopOut(fields), data };
  }

  #management(): Draft {
    const random = this.#random;
    const bhs = encodeTaskManagementRequest({
      ...this.#numbers(),
      function: random.pick(FUNCTIONS),
      lun: random.pick(LUNS),
      referencedTaskTag: random.below(TAGS),
      refCmdSN: (this.#session.cmdSN - random.below(8)) >>> 0,
    });
    return { bhs, data: NOTHING };
  }

  #text(): Draft {
    const random = this.#random;
    const keys: [string, string][] = Array.from({ length: random.below(12) }, (_, index) => [
      `X-${index}`,
      "1",
    ]);
    const data = formatTextKeys([["SendTargets", ""], ...keys]).subarray(0, random.below(120));
    const bhs = encodeTextRequest({
      ...this.#numbers(),
      final: !random.oneIn(3),
      continue: random.oneIn(4),
      ttt: random.oneIn(3) ? OPEN_TAG : RESERVED_TAG,
      dataSegmentLength: data.length,
    });
    return { bhs, data };
  }

  #logout(): Draft {
    const fields = { reasonCode: this.#random.below(4), cid: this.#random.below(2) };
    return { bhs: encodeLogoutRequest({ ...this.#numbers(), ...fields }), data: NOTHING };
  }

  /** Any operation code, with bytes that mean anything. */
  #raw(): Draft {
    const random = this.#random;
    const data = random.bytes(random.below(64));
    const bhs = newBhs(random.below(256), random.below(256), data.length);
    for (let at = 8; at < BHS_BYTES; at += 4) {
      put32(bhs, at, random.wild());
    }
    this.#session.ledger.fouled();
    return { bhs, data };
  }

  #mutated({ bhs, data }: Draft): Draft {
    const random = this.#random;
    const changed = Uint8Array.from(bhs);
    for (let count = 1 + random.below(3); count > 0; count -= 1) {
      const at = random.below(BHS_BYTES);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
    if ([opcodeOf(bhs), opcodeOf(changed)].includes(OPCODE_DATA_OUT)) {
      this.#session.ledger.fouled();
    }
    return { bhs: changed, data };
  }

  #finish({ bhs, data }: Draft): MadePdu {
    this.#session.ledger.sent(bhs);
    const isBlind = dataSegmentLengthOf(bhs) !== data.length || totalAhsBytesOf(bhs) !== 0;
    return { bhs, data, isBlind };
  }
}
