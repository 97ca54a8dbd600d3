/**
 * Commands that ask the unit for something, or set how it works. Decides their fields.
 */

import type { Random } from "../parity/random.ts";
import { bytesOf, type Made, six, ten } from "./made.ts";
import type { Model } from "./model.ts";

/** Block lengths of fixed block mode that a sequence sets; 0: variable blocks. */
const BLOCKS = [0, 0, 64, 80, 512] as const;
const PARAMETER_BYTES = 1024;

/** MODE SELECT of block length and buffered mode, header and block descriptor alone. */
export function modeSelect(random: Random, model: Model): Made {
  const block = random.pick(BLOCKS);
  model.block = block;
  const buffered = random.oneIn(5) ? 0 : 0x10;
  const descriptor = [0, 0, 0, 0, 0, ...bytesOf(block, 3)];
  if (random.oneIn(3)) {
    const list = Buffer.from([0, 0, 0, buffered, 0, 0, 0, 8, ...descriptor]);
    return { cdb: ten(0x55, 0x10, 0, 0, list.length), out: list };
  }
  const list = Buffer.from([0, 0, buffered, 8, ...descriptor]);
  return { cdb: six(0x15, 0x10, list.length), out: list };
}

/** Device configuration extension, a subpage. */
const EXTENSION = 0x50;
/** Pages of MODE SELECT with a value each that can be changed in them. */
const CHANGED_PAGES: readonly ((random: Random) => number[])[] = [
  // Control: GLTSD; D_SENSE, the format of sense data.
  (random) => [0x0a, 10, random.pick([0x02, 0x06]), ...zeros(9)],
  // Data compression: DCE.
  (random) => [0x0f, 14, random.pick([0x40, 0xc0]), 0x80, 0, 0, 0, 1, 0, 0, 0, 1, ...zeros(4)],
  // Device configuration: the compression algorithm.
  (random) => [0x10, 14, ...zeros(6), 0x40, 0, 0x18, ...zeros(3), random.below(2), 0],
  // Its extension: PEWS, how far in front of early warning the programmable one is.
  (random) => [EXTENSION, 1, 0, 28, 0, 0, ...bytesOf(random.pick([0, 1, 10]), 2), ...zeros(24)],
];

function zeros(count: number): number[] {
  return Array<number>(count).fill(0);
}

/**
 * MODE SELECT of one page; seldom with a bit that is not as it should be, but in the extension: PEWS would
 * be a zone larger than the tape.
 */
export function modePage(random: Random): Made {
  const page = random.pick(CHANGED_PAGES)(random);
  if (page[0] !== EXTENSION && random.oneIn(8)) {
    const at = random.below(page.length);
    page[at] = (page[at] ?? 0) ^ (1 << random.below(8));
  }
  const list = Buffer.from([0, 0, 0x10, 0, ...page]);
  return { cdb: six(0x15, 0x10, list.length), out: list };
}

const MODE_PAGES = [0, 0, 0x01, 0x02, 0x0a, 0x0f, 0x10, 0x11, 0x11, 0x1c, 0x3f, 0x25] as const;
/** Current values, what can be changed, those at power on. */
const CONTROLS = [0x00, 0x00, 0x40, 0x80] as const;

export function modeSense(random: Random): Made {
  const page = random.pick(MODE_PAGES) | random.pick(CONTROLS);
  const flags = random.pick([0, 8]);
  const length = random.pick([4, 12, 200]);
  return random.oneIn(2)
    ? { cdb: [0x1a, flags, page, 0, length, 0], inBytes: length }
    : { cdb: ten(0x5a, flags, page, 0, length), inBytes: length };
}

const POSITION_FORMS: readonly (readonly [form: number, bytes: number])[] = [
  [0, 20],
  [1, 20],
  [6, 32],
  [8, 32],
  [5, 32],
];

export function readPosition(random: Random): Made {
  const [form, bytes] = random.pick(POSITION_FORMS);
  const allocation = form === 8 ? bytes : 0;
  return { cdb: ten(0x34, form, 0, 0, allocation), inBytes: bytes };
}

const VITAL_PAGES = [0x00, 0x80, 0x83, 0x86, 0xb0, 0xb1, 0xb2, 0xc7] as const;

export function inquiry(random: Random): Made {
  const length = random.pick([36, 255, 5]);
  const isVital = random.oneIn(2);
  const page = isVital ? random.pick(VITAL_PAGES) : 0;
  return { cdb: [0x12, isVital ? 1 : 0, page, ...bytesOf(length, 2), 0], inBytes: length };
}

const LOG_PAGES = [0x00, 0x02, 0x03, 0x06, 0x0c, 0x11, 0x12, 0x17, 0x2e, 0x31, 0x3e] as const;
const WHOLE_LOG_PAGES: ReadonlySet<number> = new Set([0x17, 0x31]);

export function logSense(random: Random): Made {
  const control = random.pick([0x40, 0x40, 0x40, 0x00, 0x80, 0xc0]);
  const page = random.pick(LOG_PAGES);
  // Whole where differences.ts has to find its way in them.
  const first = WHOLE_LOG_PAGES.has(page) ? 0 : random.pick([0, 0, 0, 3, 0x80]);
  const cdb = [0x4d, 0, control | page, 0, 0, ...bytesOf(first, 2)];
  return { cdb: [...cdb, ...bytesOf(PARAMETER_BYTES, 2), 0], inBytes: PARAMETER_BYTES };
}

/** Counters and flags of a page, or of all, to zero; a page that has none, and saving, are refused. */
export function logSelect(random: Random): Made {
  const page = random.pick([0x00, 0x02, 0x0c, 0x2e, 0x31]);
  return { cdb: ten(0x4c, random.pick([0, 2, 2, 1]), random.pick([0x40, 0xc0]) | page, 0, 0) };
}

/** The default self-test, seldom another one; the diagnostic page that there is, and one that is not. */
export function diagnostic(random: Random): Made {
  return random.oneIn(2)
    ? { cdb: [0x1d, random.pick([0x04, 0x04, 0x24]), 0, 0, 0, 0] }
    : { cdb: [0x1c, 1, random.pick([0, 0, 0x3f]), ...bytesOf(64, 2), 0], inBytes: 64 };
}

/** ALLOW OVERWRITE where the tape is, or not. */
export function allowOverwrite(random: Random, model: Model): Made {
  const object = random.oneIn(4) ? random.below(100) : model.at;
  const partition = random.oneIn(6) ? random.below(4) : model.partition;
  const allow = random.pick([0, 1, 1, 2, 3]);
  return { cdb: [0x82, 0, allow, partition, ...bytesOf(object, 8), 0, 0, 0, 0] };
}

export function readAttribute(random: Random): Made {
  const length = bytesOf(PARAMETER_BYTES, 4);
  const action = random.below(2);
  const partition = random.oneIn(6) ? random.below(4) : 0;
  const cdb = [0x8c, action, 0, 0, 0, 0, 0, partition, 0, 0, ...length, 0, 0];
  return { cdb, inBytes: PARAMETER_BYTES };
}

/** Identifier, format and length of attributes that hosts write. */
const ATTRIBUTES = [
  [0x0800, 1, 8],
  [0x0801, 1, 32],
  [0x0803, 2, 160],
  [0x0805, 0, 1],
  [0x0806, 1, 32],
  [0x0808, 2, 160],
  [0x1400, 0, 20],
  [0x1401, 1, 7],
] as const;
/** No host's, too short, of another format. */
const WRONG_ATTRIBUTES = [
  [0x0401, 1, 32],
  [0x0802, 1, 7],
  [0x0805, 1, 1],
] as const;

function attribute([identifier, format, length]: readonly [number, number, number], fill: number) {
  const head = Buffer.from([...bytesOf(identifier, 2), format, ...bytesOf(length, 2)]);
  return Buffer.concat([head, Buffer.alloc(length, fill)]);
}

/**
 * A few attributes in their order, some taken away; now and then in another order, or one that is wrong: with one
 * fault alone, since which of two is told first is no part of the standard.
 */
export function writeAttribute(random: Random): Made {
  const chosen = Array.from({ length: 1 + random.below(3) }, () => random.pick(ATTRIBUTES));
  const ordered = [...new Set(chosen)].sort(([a], [b]) => a - b);
  const taken = random.oneIn(5) ? [random.pick(WRONG_ATTRIBUTES)] : ordered;
  const rows = random.oneIn(8) ? taken.toReversed() : taken;
  const parts = rows.map(([identifier, format, length]) => {
    const bytes = random.oneIn(4) ? 0 : length;
    return attribute([identifier, format, bytes], 0x41 + random.below(26));
  });
  const body = Buffer.concat(parts);
  const list = Buffer.concat([Buffer.from(bytesOf(body.length, 4)), body]);
  const partition = random.oneIn(10) ? 1 : 0;
  const cdb = [0x8d, 0, 0, 0, 0, 0, 0, partition, 0, 0, ...bytesOf(list.length, 4), 0, 0];
  return { cdb, out: list };
}

export function reportLuns(random: Random): Made {
  const length = random.pick([16, 8, 512]);
  const select = random.pick([0, 0, 1, 2, 3]);
  return { cdb: [0xa0, 0, select, 0, 0, 0, ...bytesOf(length, 4), 0, 0], inBytes: length };
}

export function requestSense(random: Random): Made {
  const length = random.pick([18, 252, 8]);
  return { cdb: [0x03, random.pick([0, 0, 1]), 0, 0, length, 0], inBytes: length };
}
