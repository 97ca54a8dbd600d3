/**
 * What the rig's reader of tgt's tape images says, as a counted tape. Decides only the grammar of
 * its lines; a listing that does not end with the end of data counts as damaged.
 */

import { OperatorError } from "../../host/lib/error.ts";
import { sumOf, type TapeCount, type TapeMark } from "./tally.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Counts the lines of `tgtape.py IMAGE --sums`. Throws OperatorError where the image is damaged. */
export function countListing(lines: readonly string[]): TapeCount {
  const lengths: number[] = [];
  const sums: number[] = [];
  const marks: TapeMark[] = [];
  let sofar: TapeMark = { records: 0, bytes: 0, sha256: EMPTY_SHA256 };
  let isWhole = false;
  for (const line of lines.filter((text) => text !== "")) {
    const [kind, length, , sha256, short] = line.split(" ");
    if (kind === "R" && sha256 !== undefined && short !== "SHORT") {
      lengths.push(Number(length));
      sofar = { records: sofar.records + 1, bytes: sofar.bytes + Number(length), sha256 };
      sums.push(sumOf(sha256));
    } else if (kind === "FM") {
      lengths.push(0);
      sums.push(sumOf(sofar.sha256));
      marks.push(sofar);
    } else if (kind === "EOD") {
      isWhole = true;
    } else {
      throw new OperatorError("system", "the tape image", line);
    }
  }
  if (!isWhole) {
    throw new OperatorError("system", "the tape image", "it has no end of data");
  }
  return { lengths, sums, marks, totals: () => ({ ...sofar, filemarks: marks.length }) };
}
