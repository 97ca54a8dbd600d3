/** What a volume tag says of its cartridge. Decides nothing. */

/** A cleaning cartridge: its tag begins with CLN, as all LTO libraries have it. */
export function tagCleaning(at: u32): bool {
  return load<u8>(at) === 0x43 && load<u8>(at + 1) === 0x4c && load<u8>(at + 2) === 0x4e;
}
