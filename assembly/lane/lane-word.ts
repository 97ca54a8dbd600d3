/** A word of the lane to the changer (`spec/word.ts`). */
import { act, setA, setB, setC } from "../lib/action.ts";
import { AC_WORD } from "../spec/action.ts";
import { laneNumber } from "./identity.ts";

/** `kind` is one of WORD_*, `result` what it says of it. */
export function laneWord(kind: u32, result: u32): void {
  act(AC_WORD, 0);
  setA(kind);
  setB(laneNumber());
  setC(result);
}
