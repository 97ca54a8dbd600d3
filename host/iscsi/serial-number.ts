/** Sequence numbers that wrap at 2^32, compared as RFC 1982 says. */

const HALF = 0x80000000;

/** True when `a` comes before `b`; equal numbers and numbers 2^31 apart do not. */
export function serialLess(a: number, b: number): boolean {
  const distance = (b - a) >>> 0;
  return distance !== 0 && distance < HALF;
}

/** `a` + `steps`, wrapped to 0 to 2^32-1. */
export function serialAdd(a: number, steps: number): number {
  return (a + steps) >>> 0;
}

/** The number after `a`. */
export function serialNext(a: number): number {
  return serialAdd(a, 1);
}
