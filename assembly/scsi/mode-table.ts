/**
 * The mode pages of a lane as a table: what each says at power on, and which of its bits MODE SELECT can
 * change. A page that is not here does not exist. Fields: SPC and SSC as mhvtl, sdparm and the LTO
 * manuals of Seagate, Quantum and HP have them.
 */
import { get16, put16 } from "../lib/bytes.ts";
import {
  MODE_PAGE_CONTROL,
  MODE_PAGE_DATA_COMPRESSION,
  MODE_PAGE_DEVICE_CONFIGURATION,
  MODE_PAGE_DISCONNECT_RECONNECT,
  MODE_PAGE_INFORMATIONAL_EXCEPTIONS,
  MODE_PAGE_MEDIUM_PARTITION,
  MODE_PAGE_READ_WRITE_ERROR_RECOVERY,
  MODE_SUBPAGE_CONFIGURATION_EXTENSION,
  MODE_SUBPAGE_DATA_PROTECTION,
  MODE_SUBPAGE_FORMAT,
} from "../spec/page-code.ts";

/** Room for the pages, one behind the other, with their headers. */
const TABLE_BYTES_MAX: u32 = 168;
const DEFAULTS: usize = memory.data(168, 8);
const MASKS: usize = memory.data(168, 8);
let end: u32 = 0;
let last: u32 = 0;

// What can be changed, and where it stands in its page.
/** Control: CHECK CONDITION carries sense data in descriptor format. */
export const D_SENSE_AT: u32 = 2;
export const D_SENSE: u32 = 0x04;
/** Data Compression: DCE. */
export const COMPRESSION_ENABLE_AT: u32 = 2;
export const COMPRESSION_ENABLE: u32 = 0x80;
/** Device Configuration: SELECT DATA COMPRESSION ALGORITHM, 1 or, without compression, 0. */
export const ALGORITHM_AT: u32 = 14;
/** Device Configuration Extension: PEWS, 16 bits. */
export const WARNING_SIZE_AT: u32 = 6;

function begin(bytes: u32): void {
  last = end;
  end += bytes;
  assert(end <= TABLE_BYTES_MAX);
}
/** A page of so many bytes, zero but for what the fields below it say. */
function page(code: u32, bytes: u32): void {
  begin(bytes);
  store<u8>((DEFAULTS as u32) + last, code as u8);
  store<u8>((DEFAULTS as u32) + last + 1, (bytes - 2) as u8);
}
function subpage(code: u32, subcode: u32, bytes: u32): void {
  begin(bytes);
  const at = (DEFAULTS as u32) + last;
  store<u8>(at, (code | MODE_SUBPAGE_FORMAT) as u8);
  store<u8>(at + 1, subcode as u8);
  put16(at + 2, bytes - 4);
}
function field(at: u32, value: u32, changeable: u32): void {
  store<u8>((DEFAULTS as u32) + last + at, value as u8);
  store<u8>((MASKS as u32) + last + at, changeable as u8);
}

page(MODE_PAGE_READ_WRITE_ERROR_RECOVERY, 12);
page(MODE_PAGE_DISCONNECT_RECONNECT, 16);
page(MODE_PAGE_CONTROL, 12);
// GLTSD: nothing of the log pages is saved.
field(D_SENSE_AT, 0x02, D_SENSE);
// Method, length of its words, LBP_W and LBP_R: block-protection.ts.
subpage(MODE_PAGE_CONTROL, MODE_SUBPAGE_DATA_PROTECTION, 32);
field(4, 0, 0xff);
field(5, 0, 0x3f);
field(6, 0, 0xc0);
page(MODE_PAGE_DATA_COMPRESSION, 16);
// DCE, DCC; DDE; both algorithms are the default one.
field(COMPRESSION_ENABLE_AT, 0xc0, COMPRESSION_ENABLE);
field(3, 0x80, 0);
field(7, 1, 0);
field(11, 1, 0);
page(MODE_PAGE_DEVICE_CONFIGURATION, 16);
// Logical object identifiers are supported; end of data is written, and buffers are at early warning.
field(8, 0x40, 0);
field(10, 0x18, 0);
field(ALGORITHM_AT, 1, 1);
subpage(MODE_PAGE_DEVICE_CONFIGURATION, MODE_SUBPAGE_CONFIGURATION_EXTENSION, 32);
field(WARNING_SIZE_AT, 0, 0xff);
field(WARNING_SIZE_AT + 1, 0, 0xff);
// How the cartridge is divided, and how the next FORMAT MEDIUM shall divide it: medium-partition.ts.
page(MODE_PAGE_MEDIUM_PARTITION, 16);
field(3, 0, 0xff);
field(4, 0, 0xf8);
field(6, 0, 0x0f);
for (let i: u32 = 8; i < 16; i++) field(i, 0, 0xff);
page(MODE_PAGE_INFORMATIONAL_EXCEPTIONS, 12);
// DEXCPT: TapeAlert is asked for in the log page; MRIE as drives have it.
field(2, 0x08, 0);
field(3, 0x03, 0);

/** Rows go from 0 by `nextPage` to this, exclusive. */
export function endOfPages(): u32 {
  return end;
}
export function nextPage(row: u32): u32 {
  return row + pageBytes(defaultsAt(row));
}
/** Where the row's page stands as at power on; what can be changed has the same places in `maskAt`. */
export function defaultsAt(row: u32): u32 {
  return (DEFAULTS as u32) + row;
}
export function maskAt(row: u32): u32 {
  return (MASKS as u32) + row;
}
/** The row of a page; `endOfPages()`: there is none. */
export function findPage(code: u32, subcode: u32): u32 {
  let row: u32 = 0;
  while (row < end) {
    const at = defaultsAt(row);
    if (pageCode(at) === code && pageSubcode(at) === subcode) break;
    row = nextPage(row);
  }
  return row;
}

// Of a page in memory, in the table or in a parameter list.
function isSubpage(at: u32): bool {
  return ((load<u8>(at) as u32) & MODE_SUBPAGE_FORMAT) !== 0;
}
export function pageCode(at: u32): u32 {
  return (load<u8>(at) as u32) & 0x3f;
}
/** 0 in page format. */
export function pageSubcode(at: u32): u32 {
  return isSubpage(at) ? (load<u8>(at + 1) as u32) : 0;
}
/** 2, or 4 with a subpage code. */
export function pageHeadBytes(at: u32): u32 {
  return isSubpage(at) ? 4 : 2;
}
/** With its header. */
export function pageBytes(at: u32): u32 {
  return isSubpage(at) ? 4 + get16(at + 2) : 2 + (load<u8>(at + 1) as u32);
}
