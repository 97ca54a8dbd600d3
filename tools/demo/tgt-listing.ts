/**
 * What the rig's reader of tgt's tape images says, as a counted tape. Decides only the grammar of
 * its lines; a listing that does not end with the end of data counts as damaged.
 */

import { OperatorError } from "../../host/lib/error.ts";
import type { TapeCount, TapeMark } from "./tally.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Counts the lines of `tgtape.py IMAGE --sums`. Throws OperatorError where the image is damaged. */
export function countListing(lines: readonly string[]): TapeCount {
  const lengths: number[] = [];
  const marks: TapeMark[] = [];
  let sum: TapeMark = { records: 0, bytes: 0, sha256: EMPTY_SHA256 };
  let records = 0;
  let isWhole = false;
  for (const line of lines.filter((text) => text !== "")) {
    const [kind = "", first = "", second = ""] = line.split(" ");
    if (kind === "R" && !line.endsWith("SHORT")) {
      lengths.push(Number(first));
      records += 1;
    } else if (kind === "SUM") {
      sum = { records, bytes: Number(first), sha256: second };
    } else if (kind === "FM") {
      lengths.push(0);
      marks.push(sum);
    } else if (kind === "EOD") {
      isWhole = true;
    } else {
      throw new OperatorError("system", "the tape image", line);
    }
  }
  if (!isWhole) {
    throw new OperatorError("system", "the tape image", "it has no end of data");
  }
  const { bytes, sha256 } = sum;
  return { lengths, marks, totals: () => ({ records, filemarks: marks.length, bytes, sha256 }) };
}
