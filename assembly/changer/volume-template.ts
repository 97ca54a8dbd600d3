/** The template of the last search for volume tags, and what it finds. Decides nothing about who may ask. */
import { keep32, keepBytes } from "../lib/keep.ts";
import { VOLUME_TAG_BYTES } from "../spec/abi.ts";
import { virtualTag } from "./cartridge-table.ts";
import { NONE } from "./limits.ts";
import { tagNormalize } from "./tag.ts";

const ANY_STRING: u8 = 0x2a;
const ANY_CHARACTER: u8 = 0x3f;
const TEMPLATE: usize = memory.data(32, 8);
/** The least volume sequence number that is looked for; all of them are 0. */
let least: u32 = 0;

/** Takes a template of VOLUME_TAG_BYTES at `at`: ? is any character, * any string and the end of it. */
export function takeTemplate(at: u32, leastSequence: u32): void {
  tagNormalize(TEMPLATE as u32, at);
  least = leastSequence;
}
/** Whether it is the tag that the server sees on a cartridge. */
export function templateFinds(cartridge: u32): bool {
  if (cartridge === NONE || least !== 0) return false;
  const tag = virtualTag(cartridge);
  for (let i: u32 = 0; i < VOLUME_TAG_BYTES; i++) {
    const wanted = load<u8>(TEMPLATE + i);
    if (wanted === ANY_STRING) return true;
    if (wanted !== ANY_CHARACTER && wanted !== load<u8>(tag + i)) return false;
  }
  return true;
}
/** What outlives a trap (keep.ts). */
export function keepTemplate(): void {
  keepBytes(TEMPLATE as u32, VOLUME_TAG_BYTES);
  least = keep32(least);
}
