/**
 * The differences that are meant, as a table: the rows of "Bridge and bare drive" in SPEC.md with the
 * same numbers. Each is matched narrowly: a row says what the bridge's answer would be without
 * this one difference, and leaves every other answer alone. Decides nothing else.
 */

import type { Answer } from "./answer.ts";

/** What was asked. */
export interface Asked {
  readonly cdb: Uint8Array;
  readonly out?: Uint8Array | undefined;
}

/** One row. */
export interface MeantDifference {
  /** Its number in SPEC.md. */
  readonly number: number;
  /** It is looked for only where a failure was covered. */
  readonly isOfFailure?: true;
  /** Nothing behind it can be compared. */
  readonly ends?: true;
  /** The bridge's answer without this difference; undefined where it is not this one. */
  readonly undo: (asked: Asked, bare: Answer, bridge: Answer) => Answer | undefined;
}

const READ_POSITION = 0x34;
const BYTE_COUNT_UNKNOWN = 0x10;

/** Where a form of READ POSITION says what is in a buffer. */
interface BufferFields {
  readonly first: number;
  readonly last: number;
  readonly bytesEach: number;
  readonly count: number;
  readonly end: number;
}
const COUNT_BYTES = 3;
const SHORT: BufferFields = { first: 4, last: 8, bytesEach: 4, count: 13, end: 20 };
const EXTENDED: BufferFields = { first: 8, last: 16, bytesEach: 8, count: 5, end: 32 };
const FORMS = new Map<number | undefined, BufferFields>([
  [0, SHORT],
  [1, SHORT],
  [8, EXTENDED],
]);

/** As if nothing were buffered, where the numbers of what is go together. */
function withoutBuffer(answer: Answer, fields: BufferFields): Answer | undefined {
  const { first, last, bytesEach, count, end } = fields;
  const data = Buffer.from(answer.data);
  if (data.length < end || ((data[0] ?? 0) & BYTE_COUNT_UNKNOWN) === 0) {
    return undefined;
  }
  const numberAt = (at: number) =>
    data.readUIntBE(at + Math.max(0, bytesEach - 6), Math.min(bytesEach, 6));
  if (numberAt(last) + data.readUIntBE(count, COUNT_BYTES) !== numberAt(first)) {
    return undefined;
  }
  data.writeUInt8((data[0] ?? 0) & ~BYTE_COUNT_UNKNOWN, 0);
  data.copy(data, last, first, first + bytesEach);
  data.fill(0, count, count + COUNT_BYTES);
  return { ...answer, data };
}

const INQUIRY = 0x12;
const IS_VITAL = 1;
/** Vital product data pages that hold a serial number or a name made of it. */
const IDENTITY_PAGES: readonly (number | undefined)[] = [0x80, 0x83, 0xb1];

/** The bare drive's answer, where both are the same page with other serial numbers. */
function ofOwnIdentity(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer | undefined {
  const isIdentity = cdb[1] === IS_VITAL && IDENTITY_PAGES.includes(cdb[2]);
  const isSamePage = bare.data.subarray(0, 2).equals(bridge.data.subarray(0, 2));
  return isIdentity && isSamePage && bridge.status === 0 ? bare : undefined;
}

/** Page 00h lists B5h last, behind the seven of the bare drive; standard data have PROTECT, page 86h has SPT. */
const PAGE_LIST_BYTES = 12;
const PROTECTION_PAGE = 0xb5;
/** Peripheral device type of a drive, the first byte. */
const SEQUENTIAL_ACCESS = 0x01;
const PROTECT = { at: 5, bits: 0x01 };
const PROTECTION_TYPE = { at: 4, bits: 0x08 };

/** The bridge's INQUIRY data as if there were no logical block protection. */
function withoutProtection(cdb: Uint8Array, answer: Answer): Answer | undefined {
  const data = Buffer.from(answer.data);
  if (data.at(0) !== SEQUENTIAL_ACCESS) {
    return undefined;
  }
  if (cdb[1] === IS_VITAL && cdb[2] === 0 && data.length > 3) {
    data.writeUInt8(data.readUInt8(3) - 1, 3);
    const isWhole = data.length === PAGE_LIST_BYTES && data.at(-1) === PROTECTION_PAGE;
    return isWhole
      ? { ...answer, data: data.subarray(0, -1), residual: answer.residual + 1 }
      : { ...answer, data };
  }
  const isVital = cdb[1] === IS_VITAL;
  const { at, bits } = isVital ? PROTECTION_TYPE : PROTECT;
  const byte = data.at(at);
  if ((isVital && cdb[2] !== 0x86) || byte === undefined || (byte & bits) === 0) {
    return undefined;
  }
  data.writeUInt8(byte & ~bits, at);
  return { ...answer, data };
}

const LOG_SENSE = 0x4d;
/** In the pages Volume Statistics (loads, used capacity) and Tape Capacity (remaining): from, up to. */
const LOGGED_OF_CARTRIDGE: ReadonlyMap<number, readonly (readonly [number, number])[]> = new Map([
  [
    0x17,
    [
      [13, 17],
      [29, 33],
    ],
  ],
  [0x31, [[8, 12]]],
]);
const READ_ATTRIBUTE = 0x8c;
const ATTRIBUTES_AT = 4;
const ATTRIBUTE_HEAD_BYTES = 5;
/** Remaining capacity, load count. */
const OF_CARTRIDGE: readonly number[] = [0x0000, 0x0003];

/** The bridge's answer with what the bare drive says of these bytes. */
function withBytesOf(bare: Answer, bridge: Answer, from: number, to: number): Answer {
  const data = Buffer.from(bridge.data);
  data.set(bare.data.subarray(from, to), Math.min(from, data.length));
  return { ...bridge, data };
}

/** The bridge's answer, with what a cartridge says of itself as the bare drive's says it. */
function ofOwnCartridge(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer | undefined {
  if (bare.data.length !== bridge.data.length || bridge.data.equals(bare.data)) {
    return undefined;
  }
  if (cdb[0] === LOG_SENSE) {
    const fields = LOGGED_OF_CARTRIDGE.get((cdb[2] ?? 0) & 0x3f) ?? [];
    return fields.reduce((sum: Answer, [from, to]) => withBytesOf(bare, sum, from, to), bridge);
  }
  if (cdb[0] !== READ_ATTRIBUTE || cdb[1] !== 0) {
    return undefined;
  }
  let answer = bridge;
  for (let at = ATTRIBUTES_AT; at + ATTRIBUTE_HEAD_BYTES <= bare.data.length; ) {
    const end = at + ATTRIBUTE_HEAD_BYTES + bare.data.readUInt16BE(at + 3);
    if (OF_CARTRIDGE.includes(bare.data.readUInt16BE(at))) {
      answer = withBytesOf(bare, answer, at + ATTRIBUTE_HEAD_BYTES, end);
    }
    at = end;
  }
  return answer;
}

const PERSISTENT_RESERVE_IN = 0x5e;
const READ_KEYS = 0;
const READ_FULL_STATUS = 3;
const LIST_AT = 8;
const KEY_BYTES = 8;
const STATUS_BYTES = 24;
const STATUS_LENGTH_AT = 20;

/** The bare drive's answer, where both list the same registrants in another order. */
function ofSameRegistrants(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer | undefined {
  const isList = cdb[1] === READ_KEYS || cdb[1] === READ_FULL_STATUS;
  const isSameHead = bare.data.subarray(0, LIST_AT).equals(bridge.data.subarray(0, LIST_AT));
  if (!isList || !isSameHead || bridge.status !== 0 || bridge.data.equals(bare.data)) {
    return undefined;
  }
  const [one, other] = [bare, bridge].map(({ data }) => registrants(data, cdb[1] === READ_KEYS));
  return one !== undefined && one === other ? bare : undefined;
}

/** Their lines, sorted. */
function registrants(data: Buffer, isKeys: boolean): string {
  const lines: string[] = [];
  for (let at = LIST_AT; at + KEY_BYTES <= data.length; ) {
    const bytes = isKeys ? KEY_BYTES : STATUS_BYTES + data.readUInt32BE(at + STATUS_LENGTH_AT);
    lines.push(data.subarray(at, at + bytes).toString("hex"));
    at += bytes;
  }
  return lines.sort().join();
}

const TAPE_ALERT = 0x2e;
const TAPE_ALERT_RESPONSE = 0x12;
const PARAMETERS_AT = 4;
/** TapeAlert flags about the cartridge or about cleaning: those of the drive are the lane's. */
const SHOWN_FLAGS: ReadonlySet<number> = new Set(
  [
    [7, 12],
    [15, 24],
    [49, 51],
    [59, 61],
  ].flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, at) => from + at)),
);

/** The bridge's answer, with these flags as the bare drive has them. */
function ofOwnFlags(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer | undefined {
  const page = (cdb[2] ?? 0) & 0x3f;
  const isAsked = cdb[0] === LOG_SENSE && [TAPE_ALERT, TAPE_ALERT_RESPONSE].includes(page);
  if (!isAsked || bare.data.length !== bridge.data.length || bare.data.equals(bridge.data)) {
    return undefined;
  }
  const data = Buffer.from(bridge.data);
  if (page === TAPE_ALERT) {
    for (let at = PARAMETERS_AT; at + PARAMETERS_AT < data.length; at += 5) {
      const isShown = SHOWN_FLAGS.has(data.readUInt16BE(at));
      data.writeUInt8((isShown ? bare.data : data).readUInt8(at + 4), at + 4);
    }
    return { ...bridge, data };
  }
  for (const flag of SHOWN_FLAGS) {
    const at = 2 * PARAMETERS_AT + ((flag - 1) >> 3);
    const bit = 0x80 >> ((flag - 1) & 7);
    data.writeUInt8((data.readUInt8(at) & ~bit) | (bare.data.readUInt8(at) & bit), at);
  }
  return { ...bridge, data };
}

const MAINTENANCE_IN = 0xa3;
const REPORT_CODES = 0x0c;
const OPTIONS_MASK = 0x07;
const CODES_HEAD_BYTES = 4;
const CODE_HEAD_BYTES = 8;
const TIMEOUTS_BYTES = 12;
/** In a command timeouts descriptor. */
const RECOMMENDED_AT = 8;
/** Operation codes in whose byte 1 other bits are looked at: RESERVE and RELEASE, INQUIRY. */
const OTHER_BITS: readonly (number | undefined)[] = [0x16, 0x17, 0x56, 0x57, 0x12];

/** The bridge's answer with what the bare changer recommends as time, and with its bits of those CDBs. */
function ofOwnCodes(cdb: Uint8Array, bare: Answer, bridge: Answer): Answer | undefined {
  const isAsked = cdb[0] === MAINTENANCE_IN && ((cdb[1] ?? 0) & 0x1f) === REPORT_CODES;
  if (!isAsked || bare.data.length !== bridge.data.length || bridge.data.equals(bare.data)) {
    return undefined;
  }
  if (((cdb[2] ?? 0) & OPTIONS_MASK) !== 0) {
    const usageEnd = CODES_HEAD_BYTES + bridge.data.readUInt16BE(2);
    const timed = withRecommended(bare, bridge, usageEnd);
    const at = CODES_HEAD_BYTES + 1;
    return OTHER_BITS.includes(cdb[3]) ? withBytesOf(bare, timed, at, at + 1) : timed;
  }
  let answer = bridge;
  const each = CODE_HEAD_BYTES + TIMEOUTS_BYTES;
  for (let at = CODES_HEAD_BYTES; at < bridge.data.length; at += each) {
    answer = withRecommended(bare, answer, at + CODE_HEAD_BYTES);
  }
  return answer;
}

/** `at`: where a command timeouts descriptor begins, if there is one. */
function withRecommended(bare: Answer, bridge: Answer, at: number): Answer {
  return withBytesOf(bare, bridge, at + RECOMMENDED_AT, at + TIMEOUTS_BYTES);
}

const VERIFY: readonly (number | undefined)[] = [0x13, 0x8f];
/** In words, or as descriptors. */
const MEDIUM_ERROR = /^(3\/11\/00 valid \d+|bytes 72031100\w+)$/;

const MODE_SELECT_6 = 0x15;
const MODE_SELECT_10 = 0x55;
const PARTITION_PAGE = 0x11;
const PARTITION_SIZES_AT = 8;
const POINTER_IS_VALID = 0x80;

/** Sense data 5/26/00 of a parameter list that point at that byte: in words, or as descriptors. */
function pointsAt({ sense }: Answer, at: number): boolean {
  const pointer = Buffer.from([POINTER_IS_VALID, at >> 8, at & 0xff]).toString("hex");
  const isFixed = sense.startsWith("5/26/00 ") && sense.endsWith(pointer);
  return isFixed || sense === `bytes 720526000000000802060000${pointer}00`;
}

/** The bare drive's answer, where it says that the sizes of page 11h do not fit the cartridge. */
function ofSizesThatDoNotFit({ cdb, out = Buffer.alloc(0) }: Asked, bare: Answer, bridge: Answer) {
  const headers = new Map<number | undefined, number>([
    [MODE_SELECT_6, 4],
    [MODE_SELECT_10, 8],
  ]);
  const at = headers.get(cdb[0]);
  const isPage = at !== undefined && out[at] === PARTITION_PAGE;
  const isOfSizes = isPage && pointsAt(bare, at + PARTITION_SIZES_AT);
  return isOfSizes && bridge.status === 0 ? bare : undefined;
}

/** All of them. */
export const MEANT: readonly MeantDifference[] = [
  {
    number: 1,
    undo: ({ cdb }, _, bridge) => {
      const fields = cdb[0] === READ_POSITION ? FORMS.get(cdb[1]) : undefined;
      return fields === undefined ? undefined : withoutBuffer(bridge, fields);
    },
  },
  {
    number: 2,
    undo: ({ cdb }, bare, bridge) =>
      cdb[0] === INQUIRY ? ofOwnIdentity(cdb, bare, bridge) : undefined,
  },
  {
    number: 3,
    isOfFailure: true,
    undo: ({ cdb }, bare, bridge) => ofOwnCartridge(cdb, bare, bridge),
  },
  {
    number: 4,
    undo: ({ cdb }, _, bridge) => (cdb[0] === INQUIRY ? withoutProtection(cdb, bridge) : undefined),
  },
  {
    number: 5,
    undo: ({ cdb }, bare, bridge) =>
      cdb[0] === PERSISTENT_RESERVE_IN ? ofSameRegistrants(cdb, bare, bridge) : undefined,
  },
  {
    number: 6,
    isOfFailure: true,
    ends: true,
    undo: ({ cdb }, bare, bridge) =>
      VERIFY.includes(cdb[0]) && MEDIUM_ERROR.test(bridge.sense) ? bare : undefined,
  },
  {
    number: 7,
    isOfFailure: true,
    undo: ({ cdb }, bare, bridge) => ofOwnFlags(cdb, bare, bridge),
  },
  {
    number: 8,
    undo: ({ cdb }, bare, bridge) => ofOwnCodes(cdb, bare, bridge),
  },
  {
    number: 9,
    ends: true,
    undo: (asked, bare, bridge) => ofSizesThatDoNotFit(asked, bare, bridge),
  },
];

/** Behind that row nothing can be compared. */
export function endsComparison(number: number): boolean {
  return MEANT.some((row) => row.number === number && row.ends === true);
}

/** The bridge's answer without what is meant; `met` hears the number of each row that was needed. */
export function withoutMeant(
  asked: Asked,
  bare: Answer,
  bridge: Answer,
  hasFailure: boolean,
  met: (number: number) => void,
): Answer {
  let answer = bridge;
  for (const { number, isOfFailure, undo } of MEANT) {
    const undone = isOfFailure && !hasFailure ? undefined : undo(asked, bare, answer);
    if (undone !== undefined) {
      answer = undone;
      met(number);
    }
  }
  return answer;
}
