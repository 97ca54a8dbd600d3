/** The small parts of the ring: CRC32C, headers, the queue of newest entries, sequence numbers. */

import { beginActions } from "../lib/action.ts";
import { crc32c, crc32cOn } from "../lib/crc32c.ts";
import { geometryFormat, geometryStart, segmentSize } from "../ring/geometry.ts";
import {
  checkEntryOrder,
  checkEntryPlace,
  checkSegmentHeader,
  entryBytes,
  entryFilemarks,
  putEntryHeader,
  putSegmentCrc,
  putSegmentHeader,
} from "../ring/header.ts";
import {
  RECENT_COUNT,
  recentClear,
  recentCount,
  recentCut,
  recentFind,
  recentFindFilemark,
  recentFirst,
  recentFull,
  recentOldestEnd,
  recentPush,
} from "../ring/recent.ts";
import { sealLater, sealsBehind, sealsStart } from "../ring/seal.ts";
import { segmentsStart } from "../ring/segment-table.ts";
import {
  durableSequence,
  nextSequence,
  sequenceDurable,
  sequenceSeen,
  sequencesOpened,
  sequencesStart,
  takeSequence,
} from "../ring/sequence.ts";
import { flushDone, issueWrite, ringFlush, writeDone, writesStart } from "../ring/writes.ts";
import {
  BAD_CRC,
  BAD_IDENTITY,
  BAD_LENGTH,
  BAD_MAGIC,
  BAD_NONE,
  BAD_OFFSET,
  BAD_ORDER,
  BAD_SEQUENCE,
  ENTRY_COUNT_AT,
  ENTRY_DATA_BYTES_AT,
  ENTRY_FILEMARK,
  ENTRY_FILEMARKS_AT,
  ENTRY_FIRST_AT,
  ENTRY_RECORD,
  OPEN_MAGIC,
  SEAL_MAGIC,
} from "../spec/ring-layout.ts";

const AT: u32 = memory.data(128, 8) as u32;

function putEntry(kind: u32, count: u32, dataBytes: u32): void {
  memory.fill(AT, 0, 128);
  store<u64>(AT + ENTRY_FIRST_AT, 100);
  store<u64>(AT + ENTRY_FILEMARKS_AT, 3);
  store<u32>(AT + ENTRY_COUNT_AT, count);
  store<u32>(AT + ENTRY_DATA_BYTES_AT, dataBytes);
  putEntryHeader(AT, 7, 4096, 5, 2, kind);
}

/** A ring of that size, nothing written. */
function startSeals(sizeBytes: u64): void {
  geometryStart(sizeBytes);
  geometryFormat(1, 16777216);
  segmentsStart();
  writesStart();
  sealsStart();
  beginActions();
}

describe("segments that wait for stable storage", () => {
  test("are at most 512 MiB, whatever the size of a segment", () => {
    startSeals(8589934592);
    expect(segmentSize()).toBe(16777216);
    for (let segment: u32 = 0; segment < 32; segment++) {
      expect(sealsBehind()).toBe(false);
      issueWrite(0);
      sealLater(segment);
    }
    expect(sealsBehind()).toBe(true);
  });
  test("one at most where a segment has 512 MiB, until a flush has covered it", () => {
    startSeals(18000000000000);
    expect(segmentSize()).toBe(536870912);
    const tag = issueWrite(0);
    sealLater(0);
    expect(sealsBehind()).toBe(true);
    writeDone(tag & 0xffff, 0);
    expect(sealsBehind()).toBe(true);
    ringFlush();
    flushDone(0);
    expect(sealsBehind()).toBe(false);
  });
});

/** As the polynomial says, a bit at a time. */
function crcOfBits(at: u32, bytes: u32): u32 {
  let c: u32 = 0xffffffff;
  for (let i: u32 = 0; i < bytes; i++) {
    c ^= load<u8>(at + i) as u32;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >> 1) ^ 0x82f63b78 : c >> 1;
  }
  return ~c;
}

describe("CRC32C", () => {
  test("of 32 zero bytes, a known value", () => {
    memory.fill(AT, 0, 32);
    expect(crc32c(AT, 32)).toBe(0x8a9136aa);
    expect(crc32c(AT, 0)).toBe(0);
  });
  test("of any length at any address", () => {
    for (let i: u32 = 0; i < 128; i++) store<u8>(AT + i, (i * 167 + 13) as u8);
    for (let from: u32 = 0; from < 8; from++) {
      for (let bytes: u32 = 0; bytes < 100; bytes++) {
        expect(crc32c(AT + from, bytes)).toBe(crcOfBits(AT + from, bytes));
      }
    }
  });
  test("goes on where another ended", () => {
    for (let i: u32 = 0; i < 64; i++) store<u8>(AT + i, (i * 89 + 7) as u8);
    for (let first: u32 = 0; first <= 60; first++) {
      const begun = crc32c(AT, first);
      expect(crc32cOn(begun, AT + first, 60 - first)).toBe(crcOfBits(AT, 60));
    }
  });
});

describe("entry header", () => {
  test("has the sum of its own beginning, whatever ring and kind the one before it was of", () => {
    for (let turn: u32 = 0; turn < 8; turn++) {
      const identity: u64 = (turn & 1) === 0 ? 7 : 9;
      const kind = (turn & 2) === 0 ? ENTRY_RECORD : ENTRY_FILEMARK;
      memory.fill(AT, 0, 64);
      putEntryHeader(AT, identity, 4096, 5, 1, kind);
      expect(checkEntryPlace(AT, identity, 4096, 5)).toBe(BAD_NONE);
      expect(load<u32>(AT + 60)).toBe(crcOfBits(AT, 60));
    }
  });
  test("is believed at its own place only", () => {
    putEntry(ENTRY_RECORD, 2, 1024);
    expect(checkEntryPlace(AT, 7, 4096, 5)).toBe(BAD_NONE);
    expect(checkEntryPlace(AT, 8, 4096, 5)).toBe(BAD_IDENTITY);
    expect(checkEntryPlace(AT, 7, 8192, 5)).toBe(BAD_OFFSET);
    expect(checkEntryPlace(AT, 7, 4096, 6)).toBe(BAD_SEQUENCE);
    store<u8>(AT + 40, 9);
    expect(checkEntryPlace(AT, 7, 4096, 5)).toBe(BAD_CRC);
    store<u8>(AT, 0);
    expect(checkEntryPlace(AT, 7, 4096, 5)).toBe(BAD_MAGIC);
  });
  test("is believed in its own order only", () => {
    putEntry(ENTRY_RECORD, 2, 1024);
    expect(checkEntryOrder(AT, 2, 100, 3, 1088)).toBe(BAD_NONE);
    expect(checkEntryOrder(AT, 3, 100, 3, 1088)).toBe(BAD_ORDER);
    expect(checkEntryOrder(AT, 2, 101, 3, 1088)).toBe(BAD_ORDER);
    expect(checkEntryOrder(AT, 2, 100, 4, 1088)).toBe(BAD_ORDER);
    expect(checkEntryOrder(AT, 2, 100, 3, 1087)).toBe(BAD_LENGTH);
  });
  test("has a possible length", () => {
    putEntry(ENTRY_RECORD, 3, 1024);
    expect(checkEntryOrder(AT, 2, 100, 3, 4096)).toBe(BAD_LENGTH);
    putEntry(ENTRY_RECORD, 1, u32.MAX_VALUE);
    expect(checkEntryOrder(AT, 2, 100, 3, 4096)).toBe(BAD_LENGTH);
    putEntry(ENTRY_FILEMARK, 1, 64);
    expect(checkEntryOrder(AT, 2, 100, 3, 4096)).toBe(BAD_LENGTH);
    putEntry(ENTRY_FILEMARK, 4, 0);
    expect(checkEntryOrder(AT, 2, 100, 3, 64)).toBe(BAD_NONE);
    expect(entryFilemarks(AT)).toBe(4);
  });
  test("and data are padded to 64 bytes", () => {
    expect(entryBytes(0)).toBe(64);
    expect(entryBytes(1)).toBe(128);
    expect(entryBytes(64)).toBe(128);
    expect(entryBytes(8388608)).toBe(8388672);
  });
});

describe("segment header", () => {
  test("is believed at its own place only", () => {
    memory.fill(AT, 0, 128);
    putSegmentHeader(AT, OPEN_MAGIC, 7, 69504, 5, 4);
    putSegmentCrc(AT);
    expect(checkSegmentHeader(AT, OPEN_MAGIC, 7, 69504)).toBe(BAD_NONE);
    expect(checkSegmentHeader(AT, SEAL_MAGIC, 7, 69504)).toBe(BAD_MAGIC);
    expect(checkSegmentHeader(AT, OPEN_MAGIC, 8, 69504)).toBe(BAD_IDENTITY);
    expect(checkSegmentHeader(AT, OPEN_MAGIC, 7, 69505)).toBe(BAD_OFFSET);
    store<u8>(AT + 127, load<u8>(AT + 127) ^ 1);
    expect(checkSegmentHeader(AT, OPEN_MAGIC, 7, 69504)).toBe(BAD_CRC);
  });
});

describe("newest entries", () => {
  test("are found by object and by filemark, and cut", () => {
    recentClear();
    recentPush(10, 2, ENTRY_RECORD, 5);
    recentPush(15, 2, ENTRY_FILEMARK, 3);
    recentPush(18, 5, ENTRY_RECORD, 1);
    expect(recentFind(9)).toBe(0);
    expect(recentFirst(recentFind(14))).toBe(10);
    expect(recentFirst(recentFind(15))).toBe(15);
    expect(recentFirst(recentFindFilemark(4))).toBe(15);
    expect(recentFindFilemark(1)).toBe(0);
    expect(recentFindFilemark(5)).toBe(0);
    expect(recentFind(19)).toBe(0);
    recentCut(16);
    expect(recentCount(recentFind(15))).toBe(1);
    expect(recentFind(16)).toBe(0);
    expect(recentFindFilemark(3)).toBe(0);
    recentCut(10);
    expect(recentFind(10)).toBe(0);
  });
  test("are found whatever they hold", () => {
    let random: u32 = 1;
    for (let round = 0; round < 50; round++) {
      recentClear();
      let next: u64 = 100;
      for (let i = 0; i < 30; i++) {
        random = random * 1103515245 + 12345;
        // Mostly single records, as a stream has them.
        const count: u32 = ((random >> 16) & 3) === 0 ? ((random >> 20) & 7) + 1 : 1;
        recentPush(next, 0, ENTRY_RECORD, count);
        for (let o: u32 = 0; o < count; o++) {
          expect(recentFirst(recentFind(next + (o as u64)))).toBe(next);
        }
        next += count as u64;
      }
      let objects: u64 = 100;
      while (objects < next) {
        const at = recentFind(objects);
        expect(recentFirst(at)).toBe(objects);
        objects += recentCount(at) as u64;
      }
      expect(recentFind(99)).toBe(0);
      expect(recentFind(next)).toBe(0);
    }
  });
  test("the oldest falls out", () => {
    recentClear();
    for (let i: u32 = 0; i < RECENT_COUNT; i++) recentPush(i as u64, 0, ENTRY_RECORD, 1);
    expect(recentFull()).toBe(true);
    expect(recentOldestEnd()).toBe(1);
    recentPush(RECENT_COUNT as u64, 0, ENTRY_RECORD, 1);
    expect(recentFind(0)).toBe(0);
    expect(recentFirst(recentFind(1))).toBe(1);
    expect(recentFirst(recentFind(RECENT_COUNT as u64))).toBe(RECENT_COUNT as u64);
  });
});

describe("sequence numbers", () => {
  test("only grow, and skip what a power cut may have taken", () => {
    sequencesStart();
    expect(takeSequence()).toBe(1);
    sequenceSeen(40);
    sequenceSeen(7);
    sequenceDurable(38);
    sequenceDurable(3);
    sequencesOpened();
    expect(durableSequence()).toBe(38);
    expect(nextSequence()).toBe(297);
  });
});
