/**
 * Mode page 11h, medium partition: how a cartridge is divided, and how the next FORMAT MEDIUM shall divide it.
 * Decides the sizes. Shapes as SSC has them, and as Linux `st` and LTFS send them.
 * Invariant: every size is a whole number of the unit that the page says them in, so that a page given back as it was
 * read divides alike.
 */

/** The main one and three more. */
export const PARTITIONS_MAX = 4;
/** All that follows the page's header: sizes of four partitions. */
export const PARTITION_PAGE_BYTES = 14;

/** In front of the body. */
const LENGTH_AT = -1;
const ADDITIONAL_AT = 1;
const FLAGS_AT = 2;
const UNITS_AT = 4;
const SIZES_AT = 6;
const SIZE_BYTES = 2;
const FIXED_BIT = 0x80;
const SELECT_BIT = 0x40;
const INITIATOR_BIT = 0x20;
const UNITS_SHIFT = 3;
const UNITS_MASK = 0x03;
/** PSUM: a power of ten that stands in its own field. */
const UNITS_OWN = 3;
const NEEDS_FORMAT_BIT = 0x04;
const POWER_MASK = 0x0f;
/** Format and partitions of a medium are recognized. */
const RECOGNITION = 3;
const THE_REST = 0xffff;
/** No partition is smaller than this part of the cartridge. */
const SMALLEST_PART = 64;
/** PSUM to power of ten: bytes, kilobytes, megabytes. */
const POWERS: readonly number[] = [0, 3, 6];

/** The body for partitions of so many bytes; none: there is no cartridge. */
export function writePartitionPage(body: Buffer, sizes: readonly number[]): void {
  const power = powerFor(sizes);
  const isDivided = sizes.length > 1;
  body.writeUInt8(PARTITIONS_MAX - 1, 0);
  body.writeUInt8(Math.max(0, sizes.length - 1), ADDITIONAL_AT);
  const units = (UNITS_OWN << UNITS_SHIFT) | NEEDS_FORMAT_BIT;
  body.writeUInt8((isDivided ? INITIATOR_BIT : 0) | units, FLAGS_AT);
  body.writeUInt8(RECOGNITION, 3);
  body.writeUInt8(power, UNITS_AT);
  for (const [index, bytes] of sizes.entries()) {
    body.writeUInt16BE(Math.floor(bytes / 10 ** power), SIZES_AT + index * SIZE_BYTES);
  }
}

/** The bits that MODE SELECT may change: how many, by whom, units, sizes. */
export function writePartitionMask(body: Buffer): void {
  body.fill(0xff);
  body.writeUInt8(0, 0);
  body.writeUInt8(FIXED_BIT | SELECT_BIT | INITIATOR_BIT | (UNITS_MASK << UNITS_SHIFT), FLAGS_AT);
  body.writeUInt8(0, 3);
  body.writeUInt8(POWER_MASK, UNITS_AT);
  body.writeUInt8(0, UNITS_AT + 1);
}

/** Whether a page may be so long: it has as many sizes as the server cares for. */
export function isPartitionPageLength(bytes: number): boolean {
  return bytes >= SIZES_AT && bytes <= PARTITION_PAGE_BYTES && bytes % SIZE_BYTES === 0;
}

/**
 * The first byte of the body of a selected page that cannot be, -1 for its length, for a cartridge of `capacityBytes`
 * that has so many partitions (0: there is none); that nothing is changed which cannot be is looked at elsewhere.
 */
export function partitionPageFault(
  body: Buffer,
  there: number,
  capacityBytes: number,
): number | undefined {
  const count = countIn(body);
  const choices = choicesIn(body);
  if (count > PARTITIONS_MAX) {
    return ADDITIONAL_AT;
  }
  const isChosen = choices.length === 1 || (choices.length === 0 && [1, there].includes(count));
  if (!isChosen) {
    return FLAGS_AT;
  }
  if (choices[0] !== INITIATOR_BIT) {
    return undefined;
  }
  if (body.length < SIZES_AT + count * SIZE_BYTES) {
    return LENGTH_AT;
  }
  const [, secondRest] = [...wantedSizes(body, count).entries()].filter(
    ([, size]) => !Number.isFinite(size),
  );
  if (secondRest !== undefined) {
    return SIZES_AT + secondRest[0] * SIZE_BYTES;
  }
  return there === 0 || dividedBy(body, capacityBytes) !== undefined ? undefined : SIZES_AT;
}

/** A page as it was read from a divided cartridge selects nothing. */
export function selectsPartitions(body: Buffer): boolean {
  return choicesIn(body).length > 0 || countIn(body) === 1;
}

/**
 * The sizes in bytes into which FORMAT MEDIUM divides `capacityBytes`, as the body of a selected page wants it; what
 * is left over is not used. The drive's own choice (FDP, SDP) is equal parts. Undefined where they do not fit.
 */
export function dividedBy(body: Buffer, capacityBytes: number): readonly number[] | undefined {
  const count = countIn(body);
  if (count === 1) {
    return [capacityBytes];
  }
  const isWanted = choicesIn(body)[0] === INITIATOR_BIT;
  return fitted(
    isWanted ? wantedSizes(body, count) : equalSizes(count, capacityBytes),
    capacityBytes,
  );
}

function countIn(body: Buffer): number {
  return body.readUInt8(ADDITIONAL_AT) + 1;
}

/** Who chooses: exactly one, in a page that divides. */
function choicesIn(body: Buffer): readonly number[] {
  const flags = body.readUInt8(FLAGS_AT);
  return [FIXED_BIT, SELECT_BIT, INITIATOR_BIT].filter((bit) => (flags & bit) !== 0);
}
function equalSizes(count: number, capacityBytes: number): number[] {
  const others = Array<number>(count - 1).fill(Math.floor(capacityBytes / count));
  return [...others, Number.POSITIVE_INFINITY];
}

/** In bytes; Infinity for the rest of the cartridge. */
function wantedSizes(body: Buffer, count: number): number[] {
  const units = (body.readUInt8(FLAGS_AT) >> UNITS_SHIFT) & UNITS_MASK;
  const power = POWERS[units] ?? body.readUInt8(UNITS_AT) & POWER_MASK;
  return Array.from({ length: count }, (_, index) => {
    const size = body.readUInt16BE(SIZES_AT + index * SIZE_BYTES);
    return size === THE_REST ? Number.POSITIVE_INFINITY : size * 10 ** power;
  });
}

/** Small ones made larger, the rest given to the one that asks for it, all of them whole units. */
function fitted(wanted: readonly number[], capacityBytes: number): readonly number[] | undefined {
  const smallest = Math.ceil(capacityBytes / SMALLEST_PART);
  const known = wanted.filter(Number.isFinite).map((bytes) => Math.max(bytes, smallest));
  const hasRest = known.length < wanted.length;
  const rest = capacityBytes - sum(known);
  const unit = 10 ** powerFor(hasRest ? [...known, rest] : known);
  const whole = (bytes: number) => Math.ceil(Math.max(bytes, smallest) / unit) * unit;
  const left = Math.floor((capacityBytes - sum(known.map(whole))) / unit) * unit;
  return left < (hasRest ? smallest : 0)
    ? undefined
    : wanted.map((bytes) => (Number.isFinite(bytes) ? whole(bytes) : left));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** The finest power of ten in which every size is less than FFFFh. */
function powerFor(sizes: readonly number[]): number {
  let power = 0;
  while (Math.max(0, ...sizes) / 10 ** power >= THE_REST) {
    power += 1;
  }
  return power;
}
