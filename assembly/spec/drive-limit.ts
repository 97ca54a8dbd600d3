/**
 * How long a drive may take over a command before it counts as silent: one row for each class of commands.
 * Factors are times `--drive-timeout`, which is the limit of every command that is in no class below. Where
 * the numbers come from: docs/adr/0048-how-long-a-drive-may-take.md.
 */

/** LOCATE, SPACE, REWIND: over the whole tape and back. */
export const LIMIT_WIND_FACTOR: u32 = 6;
/** The same while a recovery runs: the server has the ring, and a tape whose directory is lost is slow. */
export const LIMIT_WIND_AGAIN_FACTOR: u32 = 20;
/** LOAD UNLOAD that takes the cartridge out: rewinding, writing what the cartridge remembers, ejecting. */
export const LIMIT_UNLOAD_FACTOR: u32 = 10;
/** LOAD UNLOAD that loads. */
export const LIMIT_LOAD_FACTOR: u32 = 20;
/**
 * TEST UNIT READY until a drive is ready, LOG SENSE for the evidence of a failure: answered at once, or the drive
 * is dead. Milliseconds, and never more than `--drive-timeout`.
 */
export const LIMIT_POLL_MS: u32 = 5000;
/** ERASE that writes nothing but an end of data. */
export const LIMIT_ERASE_FACTOR: u32 = 20;
/** FORMAT MEDIUM. Milliseconds. */
export const LIMIT_FORMAT_MS: u32 = 7200000;
/** ERASE over the whole tape. Milliseconds. */
export const LIMIT_ERASE_LONG_MS: u32 = 172800000;
/** SET CAPACITY. Milliseconds. */
export const LIMIT_CAPACITY_MS: u32 = 3600000;
