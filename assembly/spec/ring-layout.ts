/**
 * The ring on its device (SPEC.md says it in words) and the numbers of the ring's interface. All
 * numbers on the device are little endian. Kinds, reasons and magics are on disk or in logs: never
 * reuse one. A changed meaning of a byte needs a new RING_VERSION.
 */

export const RING_VERSION: u32 = 1;

/** The smallest ring; three segments. */
export const RING_BYTES_MIN: u32 = 67108864;
/** Before the first segment: the two superblock copies. */
export const RING_HEAD_BYTES: u32 = 65536;
export const SUPERBLOCK_COPY_BYTES: u32 = 32768;
export const SUPERBLOCK_COUNT: u32 = 2;
/** The smallest segment; doubled until there are at most SEGMENT_COUNT_MAX of them. */
export const SEGMENT_BYTES_MIN: u32 = 16777216;
export const SEGMENT_COUNT_MAX: u32 = 65535;
/** No segment (of an index, or of a link). */
export const SEGMENT_NONE: u32 = 0xffff;

/**
 * Superblock, SUPERBLOCK_BYTES at copy * SUPERBLOCK_COPY_BYTES:
 *   0 u32 magic            4 u32 version          8 u64 ring identity
 *  16 u64 write number (the greater of two valid copies counts)
 *  24 u64 segment bytes   32 u32 segment count   36 u32 next image number
 *  40 u32 sequence number above every segment opened before this write
 *  44 u32 durable sequence number (see segment header)
 *  48 u32 journal bytes
 * SUPER_JOURNAL_AT: journal; SUPER_IMAGES_AT: IMAGE_COUNT_MAX image rows; SUPER_CRC_AT: CRC32C of all before it.
 */
export const SUPERBLOCK_BYTES: u32 = 8192;
export const SUPER_MAGIC: u32 = 0x53444e55; // "UNDS"
export const SUPER_VERSION_AT: u32 = 4;
export const SUPER_IDENTITY_AT: u32 = 8;
export const SUPER_NUMBER_AT: u32 = 16;
export const SUPER_SEGMENT_BYTES_AT: u32 = 24;
export const SUPER_SEGMENT_COUNT_AT: u32 = 32;
export const SUPER_NEXT_IMAGE_AT: u32 = 36;
export const SUPER_NEXT_SEQUENCE_AT: u32 = 40;
export const SUPER_DURABLE_AT: u32 = 44;
export const SUPER_JOURNAL_BYTES_AT: u32 = 48;
export const SUPER_JOURNAL_AT: u32 = 128;
export const JOURNAL_BYTES_MAX: u32 = 1024;
export const SUPER_IMAGES_AT: u32 = 1152;
export const SUPER_CRC_AT: u32 = 8188;

/**
 * Image row:
 *   0 u32 image number (0: no image)   4 u32 last used (greater is later)
 *   8 32 bytes volume tag             40 u64 base: objects below it are given up
 *  48 u64 cut object                  56 u64 filemarks in [0, cut object)
 *  64 u32 cut sequence: in segments of the image opened before it, objects >= cut object are gone
 *  68 u32 CRC32C of the medium's serial number, 0 not known
 *  72 u32 the medium's load count when it was last unloaded with exactly this image on it
 *  76 u32 mark of the key of its encrypted records, 0: it has none
 */
export const IMAGE_COUNT_MAX: u32 = 64;
export const IMAGE_ROW_BYTES: u32 = 80;
export const ROW_NUMBER_AT: u32 = 0;
export const ROW_USED_AT: u32 = 4;
export const ROW_TAG_AT: u32 = 8;
export const ROW_BASE_AT: u32 = 40;
export const ROW_CUT_OBJECT_AT: u32 = 48;
export const ROW_CUT_FILEMARKS_AT: u32 = 56;
export const ROW_CUT_SEQUENCE_AT: u32 = 64;
export const ROW_SERIAL_AT: u32 = 68;
export const ROW_LOADS_AT: u32 = 72;
export const ROW_KEY_AT: u32 = 76;
/** Bit of the load count: nothing was on the medium. */
export const LOADS_EMPTY: u32 = 0x80000000;

/**
 * Segment header, twice: written when the segment is opened at OPEN_HEADER_AT, and again with what
 * it holds at SEAL_HEADER_AT once all of that is on stable storage. One read gets both; no 4 KiB
 * block has both.
 *   0 u32 magic            4 u32 version          8 u64 ring identity
 *  16 u64 own ring offset 24 u32 sequence number 28 u32 previous: the segment with the objects before
 *  32 u32 image number    36 u32 durable: segments up to this sequence number were durable
 *  40 u64 first object    48 u64 filemarks in [0, first)
 *  56 u64 end object      64 u64 filemarks in [0, end)     72 u32 end of the last entry (seal only)
 *  76 u32 zero            80 32 bytes volume tag          124 u32 CRC32C of all before it
 */
export const OPEN_HEADER_AT: u32 = 3968;
export const SEAL_HEADER_AT: u32 = 4096;
export const SEGMENT_HEADER_BYTES: u32 = 128;
export const SEGMENT_DATA_AT: u32 = 8192;
export const OPEN_MAGIC: u32 = 0x4f444e55; // "UNDO"
export const SEAL_MAGIC: u32 = 0x43444e55; // "UNDC"
export const HEAD_VERSION_AT: u32 = 4;
export const HEAD_IDENTITY_AT: u32 = 8;
export const HEAD_OFFSET_AT: u32 = 16;
export const HEAD_SEQUENCE_AT: u32 = 24;
export const HEAD_PREVIOUS_AT: u32 = 28;
export const HEAD_IMAGE_AT: u32 = 32;
export const HEAD_DURABLE_AT: u32 = 36;
export const HEAD_FIRST_AT: u32 = 40;
export const HEAD_FILEMARKS_AT: u32 = 48;
export const HEAD_END_AT: u32 = 56;
export const HEAD_END_FILEMARKS_AT: u32 = 64;
export const HEAD_END_BYTES_AT: u32 = 72;
export const HEAD_TAG_AT: u32 = 80;
export const HEAD_CRC_AT: u32 = 124;

/**
 * Entry header, ENTRY_HEADER_BYTES, then the data, then zeros up to a multiple of ENTRY_ALIGN:
 *   0 u32 magic             4 u8 version   5 u8 kind   6 u8 partition   7 u8 flags: 1 encrypted on the tape
 *   8 u64 ring identity    16 u64 own ring offset
 *  24 u32 segment sequence 28 u32 image number
 *  32 u64 first object     40 u64 filemarks in [0, first)
 *  48 u32 object count     52 u32 data bytes (of all objects, which are equally long)
 *  56 u32 CRC32C of data   60 u32 CRC32C of all before it
 */
export const ENTRY_HEADER_BYTES: u32 = 64;
export const ENTRY_ALIGN: u32 = 64;
export const ENTRY_MAGIC: u32 = 0x45444e55; // "UNDE"
export const ENTRY_VERSION_AT: u32 = 4;
export const ENTRY_KIND_AT: u32 = 5;
export const ENTRY_PARTITION_AT: u32 = 6;
export const ENTRY_IDENTITY_AT: u32 = 8;
export const ENTRY_OFFSET_AT: u32 = 16;
export const ENTRY_SEQUENCE_AT: u32 = 24;
export const ENTRY_IMAGE_AT: u32 = 28;
export const ENTRY_FIRST_AT: u32 = 32;
export const ENTRY_FILEMARKS_AT: u32 = 40;
export const ENTRY_COUNT_AT: u32 = 48;
export const ENTRY_DATA_BYTES_AT: u32 = 52;
export const ENTRY_DATA_CRC_AT: u32 = 56;
export const ENTRY_CRC_AT: u32 = 60;
export const ENTRY_RECORD: u32 = 1;
export const ENTRY_FILEMARK: u32 = 2;
/** Beside the kind, in the core: the flag, of records. */
export const ENTRY_ENCRYPTED: u32 = 0x100;
export const ENTRY_KIND_MASK: u32 = 0xff;
export const ENTRY_FLAGS_AT: u32 = 7;

/** Why something on the device is not believed (LOG_RING_BAD_ENTRY). */
export const BAD_NONE: u32 = 0;
export const BAD_MAGIC: u32 = 1; // nothing was written here
export const BAD_CRC: u32 = 2; // header: torn or rotten
export const BAD_IDENTITY: u32 = 3; // of another ring, or of another version
export const BAD_OFFSET: u32 = 4; // misdirected: it belongs elsewhere
export const BAD_SEQUENCE: u32 = 5; // stale: of an earlier use of the segment
export const BAD_ORDER: u32 = 6; // not the object that must come here
export const BAD_LENGTH: u32 = 7; // impossible kind, count or length
export const BAD_DATA: u32 = 8; // data: torn or rotten
export const BAD_READ: u32 = 9; // the device did not give it
export const BAD_SUPERBLOCK: u32 = 10; // one of the two copies
export const BAD_CHAIN: u32 = 11; // the segment before is not there, or shorter than it was

/** ringState(). */
export const RING_OPENING: u32 = 0;
export const RING_READY: u32 = 1;
export const RING_BROKEN: u32 = 2;

/** walkerFind() and walkerFindFilemark(). */
export const WALKER_FOUND: u32 = 0;
export const WALKER_PENDING: u32 = 1;
export const WALKER_MISSING: u32 = 2;

/** Independent cursors. The last is the ring's own. */
export const WALKER_FEED: u32 = 0;
export const WALKER_SERVER: u32 = 1;
export const WALKER_CHECK: u32 = 2;
export const WALKER_RING: u32 = 3;
export const WALKER_COUNT: u32 = 4;

/** Tags of the ring: top byte; then what it is about; then 16 bits of number. */
export const RING_TAG: u32 = 0x52;
export const TAG_SUPERBLOCK: u32 = 1;
export const TAG_SEGMENT: u32 = 2;
export const TAG_SCAN: u32 = 3;
export const TAG_WALKER: u32 = 4;
export const TAG_WRITE: u32 = 5;
export const TAG_FLUSH: u32 = 6;
