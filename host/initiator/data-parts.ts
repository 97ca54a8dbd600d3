/**
 * Cuts a range out of data that lies in several parts, without copying. Decides nothing else.
 */

/** The length of all parts together in bytes. */
export function lengthOf(parts: readonly Uint8Array[]): number {
  let total = 0;
  for (const part of parts) {
    total += part.length;
  }
  return total;
}

/**
 * Views of `length` bytes from `offset` on, counted over all parts. The range must lie within the
 * parts; what lies outside is left out.
 */
export function rangeOf(
  parts: readonly Uint8Array[],
  offset: number,
  length: number,
): readonly Uint8Array[] {
  const views: Uint8Array[] = [];
  const end = offset + length;
  let partStart = 0;
  for (const part of parts) {
    const partEnd = partStart + part.length;
    if (partStart < end && partEnd > offset) {
      views.push(
        part.subarray(Math.max(offset - partStart, 0), Math.min(end - partStart, part.length)),
      );
    }
    partStart = partEnd;
  }
  return views;
}
