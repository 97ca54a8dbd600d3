/**
 * Commands that divide a cartridge: MODE SELECT of the page medium partition, FORMAT MEDIUM. Decides their fields.
 */

import type { Random } from "../parity/random.ts";
import { bytesOf, type Made, six, ten } from "./made.ts";
import type { Model } from "./model.ts";

const PAGE = 0x11;
const FDP = 0x80;
const SDP = 0x40;
const IDP = 0x20;
const MEGABYTES = 0x10;
const OWN_UNITS = 0x18;
/** POFM: the page is for FORMAT MEDIUM. */
const NEEDS_FORMAT = 0x04;
const MOST_ADDITIONAL = 3;
const RECOGNITION = 3;
const REST = 0xffff;

/** Who chooses the sizes, their unit as a power of ten, and the sizes; cartridges have 1 GiB. */
type Division = readonly [flags: number, power: number, sizes: readonly number[]];

const DIVISIONS: readonly Division[] = [
  [FDP, 0, [0, 0]],
  [SDP, 0, [0, 0, 0]],
  [SDP, 0, [0, 0, 0, 0]],
  [IDP | MEGABYTES, 0, [REST, 100]],
  [IDP | MEGABYTES, 0, [20, REST]],
  [IDP | MEGABYTES, 0, [300, 300, 400]],
  [IDP | OWN_UNITS, 7, [1, REST, 3]],
  [IDP | OWN_UNITS, 6, [400, 600]],
];

/** More than there is. */
const TOO_MUCH: Division = [IDP | OWN_UNITS, 8, [6, 6]];

/** The page; how many partitions FORMAT MEDIUM then makes. */
function pageOf([flags, power, sizes]: Division): readonly [page: number[], count: number] {
  const length = 6 + 2 * sizes.length;
  const head = [PAGE, length, MOST_ADDITIONAL, sizes.length - 1, flags | NEEDS_FORMAT, RECOGNITION];
  return [[...head, power, 0, ...sizes.flatMap((size) => bytesOf(size, 2))], sizes.length];
}

function selecting(random: Random, page: readonly number[]): Made {
  if (random.oneIn(3)) {
    const list = Buffer.from([0, 0, 0, 0x10, 0, 0, 0, 0, ...page]);
    return { cdb: ten(0x55, 0x10, 0, 0, list.length), out: list };
  }
  const list = Buffer.from([0, 0, 0x10, 0, ...page]);
  return { cdb: six(0x15, 0x10, list.length), out: list };
}

/** MODE SELECT of a division. */
export function selectDivision(random: Random, model: Model): Made {
  const [page, count] = pageOf(random.pick(DIVISIONS));
  model.selected = count;
  return selecting(random, page);
}

/** The same, seldom with sizes that do not fit, or a bit that is not as it should be. */
export function selectPartitions(random: Random, model: Model): Made {
  if (!random.oneIn(3)) {
    return selectDivision(random, model);
  }
  if (random.oneIn(4)) {
    return selecting(random, pageOf(TOO_MUCH)[0]);
  }
  const [page] = pageOf(random.pick(DIVISIONS));
  const at = 1 + random.below(7);
  page[at] = (page[at] ?? 0) ^ (1 << random.below(8));
  return selecting(random, page);
}

const ONE = 0;
const AS_SELECTED = [1, 1, 2] as const;

/** FORMAT MEDIUM into what was selected. */
export function formatSelected(random: Random, model: Model): Made {
  model.format(model.selected);
  return { cdb: [0x04, 0, random.pick(AS_SELECTED), 0, 0, 0] };
}

/** FORMAT MEDIUM, mostly where it may be; seldom with a flag that it may not have. */
export function formatMedium(random: Random, model: Model): Made | undefined {
  if (random.oneIn(10)) {
    return {
      cdb: random.pick([
        [0x04, 2, 0, 0, 0, 0],
        [0x04, 0, 3, 0, 0, 0],
      ]),
    };
  }
  if (model.at !== 0 || model.partition !== 0) {
    return random.oneIn(8) ? { cdb: [0x04, 0, random.below(3), 0, 0, 0] } : undefined;
  }
  if (random.oneIn(3)) {
    model.format(1);
    return { cdb: [0x04, 0, ONE, 0, 0, 0] };
  }
  return formatSelected(random, model);
}
