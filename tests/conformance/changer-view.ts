/**
 * What both changers say, as if their addresses were the same: slots of the bridge's spare cartridges are not
 * seen, so those behind them have higher addresses. Decides what of reports of elements is compared: all but
 * ACCESS of a drive that holds a cartridge, which the bare library gives only when it is unloaded.
 */

import { type Answer, answerWords } from "./answer.ts";

const READ_ELEMENT_STATUS = 0xb8;
const REQUEST_VOLUME_ADDRESS = 0xb5;
const HEAD_BYTES = 8;
const TAG_AT = 12;
const TAG_BYTES = 32;
const SOURCE_VALID = 0x80;
const DRIVE_TYPE = 4;
const FULL = 0x01;
const ACCESS = 0x08;
/** Places of addresses in CDBs, by operation code. */
const ADDRESSES: ReadonlyMap<number | undefined, readonly number[]> = new Map([
  [0xa5, [4, 6]],
  [0xa6, [4, 6, 8]],
  [0x2b, [4]],
  [READ_ELEMENT_STATUS, [2]],
  [REQUEST_VOLUME_ADDRESS, [2]],
  [0xb6, [2]],
  [0x37, [2]],
  [0xe7, [2]],
]);

/** Slots from `from` on are `by` higher behind the bridge. */
export interface Shift {
  readonly from: number;
  readonly by: number;
}

/** The CDB for the bridge. */
export function shiftedCdb(cdb: Uint8Array, { from, by }: Shift): Uint8Array {
  const shifted = Buffer.from(cdb);
  for (const at of ADDRESSES.get(cdb[0]) ?? []) {
    const address = shifted.readUInt16BE(at);
    shifted.writeUInt16BE(address >= from ? address + by : address, at);
  }
  return shifted;
}

/** The answer in lines, one an element, with addresses `by` lower from there on, and without that ACCESS. */
export function changerView(cdb: Uint8Array, answer: Answer, { from, by }: Shift): string[] {
  const isReport = cdb[0] === READ_ELEMENT_STATUS || cdb[0] === REQUEST_VOLUME_ADDRESS;
  if (!isReport || answer.data.length < 2) {
    return [answerWords(answer)];
  }
  const data = Buffer.from(answer.data);
  const lower = (at: number): void => {
    const address = data.readUInt16BE(at);
    data.writeUInt16BE(address >= from + by ? address - by : address, at);
  };
  lower(0);
  const lines = [`${answerWords({ ...answer, data: data.subarray(0, HEAD_BYTES) })}`];
  for (let page = HEAD_BYTES; page < data.length; ) {
    const first = page + HEAD_BYTES;
    const bytes = data.readUInt16BE(page + 2);
    const pageEnd = Math.min(first + data.readUIntBE(page + 5, 3), data.length);
    const isDrive = data.readUInt8(page) === DRIVE_TYPE;
    lines.push(`page ${data.subarray(page, first).toString("hex")}`);
    for (let at = first; at < pageEnd; at += bytes) {
      lower(at);
      const flags = data.readUInt8(at + 2);
      data.writeUInt8(isDrive && (flags & FULL) !== 0 ? flags & ~ACCESS : flags, at + 2);
      if ((data.readUInt8(at + 9) & SOURCE_VALID) !== 0) {
        lower(at + 10);
      }
      const end = at + bytes;
      const tagEnd = Math.min(at + TAG_AT + TAG_BYTES, end);
      const tag = data
        .subarray(at + TAG_AT, tagEnd)
        .toString("latin1")
        .trim();
      const rest = data.subarray(tagEnd, end).toString("hex");
      lines.push(`${data.subarray(at, at + TAG_AT).toString("hex")} ${tag} ${rest}`);
    }
    page = pageEnd;
  }
  return lines;
}
