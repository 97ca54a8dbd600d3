/**
 * The class of a failure by its sense data: a table from the field's experience with LTO drives (LTFS
 * vendor tables, IBM and Quantum service guides). First row that fits decides; a key that no row names
 * has the default of its sense key.
 */
import {
  CLASS_CLEAN,
  CLASS_DRIVE,
  CLASS_MEDIUM,
  CLASS_MEDIUM_LIKELY,
  CLASS_PASS,
  CLASS_TRANSPORT,
  CLASS_UNCLEAR,
} from "../spec/failure-class.ts";

const WORDS_A_ROW: i32 = 4;
/** Bit n stands for sense key n. */
const ANY: u32 = 0xffff;
// biome-ignore format: one row per rule: sense keys, code, mask of the code, class
const ROWS: StaticArray<u32> = [
  ANY,      0x0017, 0xffff, CLASS_CLEAN, // cleaning requested
  ANY,      0x8282, 0xffff, CLASS_CLEAN,
  0x000c,   0x3003, 0xffff, CLASS_CLEAN, // cleaning cartridge in the drive, cleaning failed
  0x000c,   0x3007, 0xffff, CLASS_CLEAN,
  1 << 3,   0x0c00, 0xffff, CLASS_MEDIUM_LIKELY, // write error
  1 << 3,   0x0302, 0xffff, CLASS_MEDIUM_LIKELY, // excessive write errors
  1 << 3,   0x0900, 0xff00, CLASS_UNCLEAR, // servo
  1 << 3,   0x1100, 0xff00, CLASS_MEDIUM_LIKELY, // unrecovered read
  1 << 3,   0x1400, 0xff00, CLASS_MEDIUM, // record not found
  1 << 3,   0x3100, 0xff00, CLASS_MEDIUM,
  1 << 3,   0x3300, 0xff00, CLASS_MEDIUM,
  1 << 3,   0x5000, 0xff00, CLASS_MEDIUM, // append error
  1 << 3,   0x5200, 0xff00, CLASS_MEDIUM, // cartridge fault
  1 << 3,   0x5300, 0xff00, CLASS_MEDIUM,
  1 << 3,   0x8500, 0xffff, CLASS_PASS, // write protected (IBM)
  1 << 3,   0x8502, 0xffff, CLASS_DRIVE,
  1 << 3,   0x3000, 0xff00, CLASS_PASS, // incompatible medium
  1 << 4,   0x1001, 0xffff, CLASS_TRANSPORT, // logical block guard
  1 << 5,   0x2500, 0xffff, CLASS_DRIVE, // the logical unit is gone
  1 << 5,   0x3b00, 0xff00, CLASS_PASS,
  1 << 6,   0x2900, 0xff00, CLASS_TRANSPORT, // reset: position lost
  1 << 6,   0x2800, 0xff00, CLASS_TRANSPORT,
  1 << 6,   0x5d00, 0xff00, CLASS_DRIVE,
];
/** By sense key, where no row fits. */
// biome-ignore format: one word per sense key, 0h first
const DEFAULTS: StaticArray<u32> = [
  CLASS_UNCLEAR, CLASS_UNCLEAR, CLASS_DRIVE, CLASS_MEDIUM_LIKELY,
  CLASS_DRIVE, CLASS_PASS, CLASS_TRANSPORT, CLASS_PASS,
  CLASS_MEDIUM, CLASS_UNCLEAR, CLASS_UNCLEAR, CLASS_TRANSPORT,
  CLASS_UNCLEAR, CLASS_PASS, CLASS_UNCLEAR, CLASS_UNCLEAR,
];

/** CLASS_* of sense key and additional sense code << 8 | qualifier. */
export function classify(key: u32, code: u32): u32 {
  for (let i = 0; i < ROWS.length; i += WORDS_A_ROW) {
    const keys = unchecked(ROWS[i]);
    const mask = unchecked(ROWS[i + 2]);
    if ((keys & (1 << key)) === 0 || (code & mask) !== unchecked(ROWS[i + 1])) continue;
    return unchecked(ROWS[i + 3]);
  }
  return unchecked(DEFAULTS[key & 15]);
}
