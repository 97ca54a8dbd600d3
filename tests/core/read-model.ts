/**
 * What READ(6) and VERIFY(6) answer on a tape of records and filemarks, worked out object by object. Knows
 * nothing of lanes or drives.
 */

/** One command: flags as in byte 1 (READ: SILI 2, FIXED 1), length in bytes or blocks. */
export interface ReadOrder {
  readonly isVerify: boolean;
  readonly flags: number;
  readonly length: number;
}

/** How it ends: "GOOD", or key, code, "F" filemark, "I" incorrect length, INFORMATION where it is valid. */
export interface ReadEnd {
  readonly words: string;
  readonly data: Buffer;
  /** The object in front of which the tape stands then. */
  readonly at: number;
}

const FIXED = 1;
const SILI = 2;
const NOTHING = Buffer.alloc(0);

function isRefused({ isVerify, flags }: ReadOrder, blockLength: number): boolean {
  const others = flags & ~FIXED;
  const isFixed = (flags & FIXED) !== 0;
  return (isFixed && blockLength === 0) || (others !== 0 && (isVerify || isFixed));
}

/** What is asked of one record; `left`: how many records, where they are counted. */
interface Wish {
  readonly bytes: number;
  readonly left: number | undefined;
  /** Wrong lengths that are not told: none, those that are too short, all. */
  readonly hides: "none" | "short" | "all";
}

/** `object`: a filemark is undefined, null is the end of data. */
function objectWords(object: Uint8Array | undefined | null, { bytes, left, hides }: Wish): string {
  if (object === null) {
    return `8/0005 ${left ?? bytes}`;
  }
  if (object === undefined) {
    return `0/0001 F ${left ?? bytes}`;
  }
  const isHidden = hides === "all" || (hides === "short" && object.length < bytes);
  return object.length === bytes || isHidden ? "GOOD" : `0/0000 I ${left ?? bytes - object.length}`;
}

/** `objects`: a filemark is undefined. */
export function modelRead(
  objects: readonly (Uint8Array | undefined)[],
  at: number,
  blockLength: number,
  order: ReadOrder,
): ReadEnd {
  const { isVerify, flags, length } = order;
  if (isRefused(order, blockLength)) {
    return { words: "5/2400", data: NOTHING, at };
  }
  const isFixed = (flags & FIXED) !== 0;
  const bytes = isFixed ? blockLength : length;
  const silent = blockLength === 0 ? "all" : "short";
  const hides = (flags & SILI) === 0 ? "none" : silent;
  const got: Uint8Array[] = [];
  let here = at;
  let words = "GOOD";
  let left = isFixed ? length : Math.min(1, length);
  for (; left > 0 && words === "GOOD"; left -= 1) {
    const object = here < objects.length ? objects[here] : null;
    words = objectWords(object, { bytes, left: isFixed ? left : undefined, hides });
    here += object === null ? 0 : 1;
    got.push((object ?? NOTHING).subarray(0, bytes));
  }
  return { words, data: isVerify ? NOTHING : Buffer.concat(got), at: here };
}

/** The words for a status and fixed format sense data. */
export function readWords(status: number, sense: Uint8Array): string {
  if (status === 0) {
    return "GOOD";
  }
  const view = Buffer.from(sense);
  const second = view.readUInt8(2);
  const isValid = (view.readUInt8(0) & 0x80) !== 0;
  return [
    `${(second & 0x0f).toString(16)}/${view.readUInt16BE(12).toString(16).padStart(4, "0")}`,
    ...((second & 0x80) === 0 ? [] : ["F"]),
    ...((second & 0x40) === 0 ? [] : ["E"]),
    ...((second & 0x20) === 0 ? [] : ["I"]),
    ...(isValid ? [String(view.readInt32BE(3))] : []),
  ].join(" ");
}
