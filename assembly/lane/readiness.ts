/** What a command that needs a medium would be told now. Decides the sense data, not who waits for what. */
import { ASC_BECOMING_READY, ASC_MEDIUM_NOT_PRESENT } from "../spec/additional-sense.ts";
import { KEY_HARDWARE_ERROR, KEY_NOT_READY } from "../spec/sense-key.ts";
import { WORD_NONE } from "../spec/word.ts";
import {
  MEDIUM_CHECKING,
  MEDIUM_COPYING,
  MEDIUM_FAILED,
  MEDIUM_LOADING,
  MEDIUM_READY,
  mediumState,
} from "./medium.ts";
import { mountFault } from "./mount.ts";

const NOT_PRESENT: u32 = (KEY_NOT_READY << 16) | ASC_MEDIUM_NOT_PRESENT;
const BECOMING_READY: u32 = (KEY_NOT_READY << 16) | ASC_BECOMING_READY;
/** The drive did not answer. */
const NO_ANSWER: u32 = (KEY_HARDWARE_ERROR << 16) | 0x0400;

/** The medium is on its way to being ready. */
export function becomesReady(): bool {
  const state = mediumState();
  return state === MEDIUM_LOADING || state === MEDIUM_CHECKING || state === MEDIUM_COPYING;
}
/** Sense key << 16 | additional sense code and qualifier; 0: it is ready. */
export function mediumSense(): u32 {
  if (mediumState() === MEDIUM_READY) return 0;
  if (becomesReady()) return BECOMING_READY;
  if (mediumState() !== MEDIUM_FAILED) return NOT_PRESENT;
  return mountFault() === WORD_NONE ? NO_ANSWER : mountFault();
}
