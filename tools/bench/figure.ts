/** The figures of the project and how they are shown. Decides what each is held to; pure. */

import { alignedRows } from "../demo/report.ts";

/** One figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** In words ("at least 0.8"); "" where there is none. */
  readonly aim: string;
  /** undefined: there is no aim. */
  readonly isMet: boolean | undefined;
  /** What it was made of. */
  readonly details: string;
}

/** A figure that should be at least or at most something. */
export interface Aim {
  readonly atLeast?: number;
  readonly atMost?: number;
}

const DIGITS_OF_UNIT: ReadonlyMap<string, number> = new Map([["ratio", 2]]);

const HEADER = ["figure", "value", "unit", "aim", "", "made of"];
/** All but the values. */
const LEFT_COLUMNS = [0, 2, 3, 4, 5];

/** A figure held to its aim. */
export function figure(
  name: string,
  value: number,
  unit: string,
  details: string,
  { atLeast, atMost }: Aim = {},
): Figure {
  const words = [
    atLeast === undefined ? "" : `at least ${atLeast}`,
    atMost === undefined ? "" : `at most ${atMost}`,
  ].filter((text) => text !== "");
  const isMet =
    words.length === 0
      ? undefined
      : value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  return { name, value, unit, aim: words.join(", "), isMet, details };
}

/** A table, one row per figure. */
export function figureLines(figures: readonly Figure[]): string[] {
  const rows = figures.map(({ name, value, unit, aim, isMet, details }) => [
    name,
    Number.isFinite(value) ? value.toFixed(DIGITS_OF_UNIT.get(unit) ?? 0) : "-",
    unit,
    aim,
    isMet === undefined ? "" : isMet ? "ok" : "MISSED",
    details,
  ]);
  return alignedRows([HEADER, ...rows], LEFT_COLUMNS);
}

/** The middle of an odd number of values, else the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
