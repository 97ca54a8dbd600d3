/**
 * Sense data in words for logs and status. Decides nothing by them (the core does, by number); a
 * code without words of its own is still shown by its numbers.
 */

import { STATUS_CHECK_CONDITION } from "../../assembly/spec/status.ts";

const KEY_WORDS: readonly string[] = [
  "no sense",
  "recovered error",
  "not ready",
  "medium error",
  "hardware error",
  "illegal request",
  "unit attention",
  "data protect",
  "blank check",
  "vendor specific",
  "copy aborted",
  "aborted command",
  "reserved",
  "volume overflow",
  "miscompare",
  "completed",
];

/** Additional sense code << 8 | qualifier, as far as tape drives and libraries send them. */
const CODE_WORDS: ReadonlyMap<number, string> = new Map([
  [0x0000, "no additional sense information"],
  [0x0001, "filemark detected"],
  [0x0002, "end of partition or medium detected"],
  [0x0004, "beginning of partition or medium detected"],
  [0x0005, "end of data detected"],
  [0x0017, "cleaning requested"],
  [0x0302, "excessive write errors"],
  [0x0400, "not ready, cause not reportable"],
  [0x0401, "becoming ready"],
  [0x0402, "initializing command required"],
  [0x0403, "manual intervention required"],
  [0x0412, "offline"],
  [0x0801, "communication time-out"],
  [0x0900, "track following error"],
  [0x0b01, "specified temperature exceeded"],
  [0x0c00, "write error"],
  [0x0e01, "information unit too short"],
  [0x1001, "logical block guard check failed"],
  [0x1100, "unrecovered read error"],
  [0x1400, "recorded entity not found"],
  [0x1403, "end of data not found"],
  [0x1501, "mechanical positioning error"],
  [0x1a00, "parameter list length error"],
  [0x1b00, "synchronous data transfer error"],
  [0x2000, "invalid command operation code"],
  [0x2101, "invalid element address"],
  [0x2400, "invalid field in CDB"],
  [0x2500, "logical unit not supported"],
  [0x2600, "invalid field in parameter list"],
  [0x2700, "write protected"],
  [0x2800, "not ready to ready change, medium may have changed"],
  [0x2801, "import or export element accessed"],
  [0x2900, "power on, reset or bus device reset"],
  [0x2902, "bus reset"],
  [0x2903, "bus device reset function"],
  [0x2904, "device internal reset"],
  [0x2a01, "mode parameters changed"],
  [0x3000, "incompatible medium installed"],
  [0x3003, "cleaning cartridge installed"],
  [0x3007, "cleaning failure"],
  [0x3100, "medium format corrupted"],
  [0x3300, "tape length error"],
  [0x3a00, "medium not present"],
  [0x3b00, "sequential positioning error"],
  [0x3b0d, "medium destination element full"],
  [0x3b0e, "medium source element empty"],
  [0x4000, "diagnostic failure"],
  [0x4100, "data path failure"],
  [0x4400, "internal target failure"],
  [0x4c00, "logical unit failed self-configuration"],
  [0x5000, "write append error"],
  [0x5200, "cartridge fault"],
  [0x5300, "medium load or eject failed"],
  [0x5302, "medium removal prevented"],
  [0x5304, "medium thread or unthread failure"],
  [0x5d00, "failure prediction threshold exceeded"],
  [0x8282, "cleaning required (vendor)"],
]);

/** The words of `key << 16 | asc << 8 | ascq`: "key 3 medium error, 0C/00 write error". */
export function senseWords(sense: number): string {
  const key = (sense >>> 16) & 0xf;
  const code = sense & 0xffff;
  const words = CODE_WORDS.get(code);
  const numbers = `${hex(code >>> 8)}/${hex(code & 0xff)}`;
  return `key ${key.toString(16).toUpperCase()} ${KEY_WORDS[key]}, ${numbers}${words === undefined ? "" : ` ${words}`}`;
}

/** A byte as the standards write it: "0A". */
export function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}

/** A status that brings no sense data is the drive's whole answer: BUSY, RESERVATION CONFLICT. */
export function statusFields(status: number): { readonly status?: string } {
  return status <= STATUS_CHECK_CONDITION ? {} : { status: `${hex(status)}h` };
}
