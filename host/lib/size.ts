/**
 * Sizes and rates as people write them: a number and a binary unit ("8G", "400M", "64K", "512").
 * Decides the grammar; ranges are the caller's.
 */

const UNITS: readonly string[] = ["", "K", "M", "G", "T"];
const BYTES_PER_STEP = 1024;
const SIZE_PATTERN = /^(\d{1,15}(?:\.\d{1,3})?)([KMGT]?)(?:i?B)?$/i;

/** Bytes of a size like "2G", "1.5G" or "65536"; undefined where it is none or not exact in 2^53. */
export function parseSize(text: string): number | undefined {
  const match = SIZE_PATTERN.exec(text.trim());
  if (match === null) {
    return undefined;
  }
  const [, digits = "", unit = ""] = match;
  const step = UNITS.indexOf(unit.toUpperCase());
  const bytes = Math.round(Number(digits) * BYTES_PER_STEP ** step);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A size for people: at most one digit after the point, binary units ("1.5 GiB", "512 B"). */
export function formatSize(bytes: number): string {
  let value = Math.max(0, bytes);
  let step = 0;
  while (value >= BYTES_PER_STEP && step < UNITS.length - 1) {
    value /= BYTES_PER_STEP;
    step += 1;
  }
  const digits =
    Number.isInteger(value) || step === 0 ? String(Math.round(value)) : value.toFixed(1);
  return `${digits} ${step === 0 ? "B" : `${UNITS[step] ?? ""}iB`}`;
}
