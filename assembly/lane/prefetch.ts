/** While one record is on its way to the drive the next is read from the ring, where it is not in memory. */
import { act, setA, setE, setX } from "../lib/action.ts";
import {
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFind,
  walkerKind,
} from "../ring/walker.ts";
import { AC_PREFETCH } from "../spec/action.ts";
import { ENTRY_FILEMARK, WALKER_FOUND } from "../spec/ring-layout.ts";

/** The extent of that object, which walker `w` goes to. */
export function prefetch(w: u32, object: u64): void {
  if (walkerFind(w, object) !== WALKER_FOUND || walkerKind(w) === ENTRY_FILEMARK) return;
  act(AC_PREFETCH, 0);
  setA(walkerDataBytes(w));
  setE(walkerCrc(w));
  setX(walkerDataAt(w));
}
