/** Sense data, dispatch, unit attentions and cursors of a lane. */
import { DO_REFUSE, NEEDS_NEXUS, NEEDS_NOTHING } from "../scsi/command-table.ts";
import { dispatch, NEEDS_MEDIUM, needs } from "../scsi/dispatch.ts";
import {
  readSense,
  senseCode,
  senseDeferred,
  senseEom,
  senseFilemark,
  senseIli,
  senseInformation,
  senseKey,
  senseRaw,
  senseWord,
} from "../scsi/sense-reader.ts";
import {
  ATTENTION_COMMANDS_CLEARED,
  ATTENTION_MEDIUM_CHANGED,
  ATTENTION_MODE_CHANGED,
  ATTENTION_NEXUS_LOSS,
  ATTENTION_RESET,
  attentionForget,
  attentionNexus,
  attentionRaise,
  attentionTake,
  attentionTell,
} from "../scsi/unit-attention.ts";
import { NEXUS_COUNT_MAX } from "../spec/abi.ts";
import {
  ASC_BUS_DEVICE_RESET,
  ASC_COMMANDS_CLEARED,
  ASC_MEDIUM_MAY_HAVE_CHANGED,
  ASC_MODE_PARAMETERS_CHANGED,
  ASC_NEXUS_LOSS,
  ASC_NONE,
} from "../spec/additional-sense.ts";
import {
  OP_INQUIRY,
  OP_READ_6,
  OP_REPORT_LUNS,
  OP_REQUEST_SENSE,
  OP_TEST_UNIT_READY,
  OP_WRITE_6,
} from "../spec/operation-code.ts";
import {
  STATUS_CHECK_CONDITION,
  STATUS_GOOD,
  STATUS_RESERVATION_CONFLICT,
} from "../spec/status.ts";
import {
  cursorBlank,
  cursorGiveUp,
  cursorImageBytes,
  cursorProven,
  cursorReceive,
  cursorReceived,
  cursorReset,
  cursorSend,
  cursorSent,
  cursorSync,
  cursorSynchronized,
  cursorSyncTo,
  cursorTruncate,
  leadBytes,
  unsynchronizedBytes,
} from "../tape/cursor.ts";

const SENSE: usize = memory.data(64, 8);
const AT: u32 = SENSE as u32;

/** Fixed format: response code (with VALID), byte 2, INFORMATION, code. */
function fixed(first: u8, second: u8, information: u32, code: u16): void {
  memory.fill(SENSE, 0, 64);
  store<u8>(SENSE, first);
  store<u8>(SENSE + 2, second);
  store<u32>(SENSE + 3, bswap<u32>(information));
  store<u16>(SENSE + 12, bswap<u16>(code));
  readSense(AT, STATUS_CHECK_CONDITION);
}

describe("sense data", () => {
  test("fixed format", () => {
    fixed(0xf0, 0xe3, 0xfffffffe, 0x0c00);
    expect(senseKey()).toBe(3);
    expect(senseCode()).toBe(0x0c00);
    expect(senseWord()).toBe(0x30c00);
    expect(senseInformation()).toBe(-2);
    expect(senseFilemark() && senseEom() && senseIli()).toBe(true);
    expect(senseDeferred()).toBe(false);
  });
  test("INFORMATION without VALID is none; deferred", () => {
    fixed(0x71, 0x04, 99, 0x4400);
    expect(senseInformation()).toBe(0);
    expect(senseDeferred()).toBe(true);
  });
  test("descriptor format, with information and stream commands descriptors", () => {
    memory.fill(SENSE, 0, 64);
    store<u8>(SENSE, 0x73);
    store<u8>(SENSE + 1, 0x08);
    store<u16>(SENSE + 2, bswap<u16>(0x0005));
    store<u8>(SENSE + 7, 16);
    store<u8>(SENSE + 9, 0x0a);
    store<u8>(SENSE + 10, 0x80);
    store<u32>(SENSE + 16, bswap<u32>(7));
    store<u8>(SENSE + 20, 4);
    store<u8>(SENSE + 21, 2);
    store<u8>(SENSE + 23, 0x60);
    readSense(AT, STATUS_CHECK_CONDITION);
    expect(senseWord()).toBe(0x80005);
    expect(senseInformation()).toBe(7);
    expect(senseEom() && senseIli()).toBe(true);
    expect(senseFilemark()).toBe(false);
    expect(senseDeferred()).toBe(true);
  });
  test("descriptors that claim more than there is end", () => {
    memory.fill(SENSE, 0xff, 64);
    store<u8>(SENSE, 0x72);
    readSense(AT, STATUS_CHECK_CONDITION);
    expect(senseKey()).toBe(15);
  });
  test("no sense data: NO SENSE", () => {
    readSense(AT, STATUS_GOOD);
    expect(senseWord()).toBe(0);
    expect(senseFilemark() || senseDeferred()).toBe(false);
  });
});

describe("an answer without sense data that is not GOOD", () => {
  test("was not carried out, whatever was said before", () => {
    fixed(0xf0, 0x20, 7, 0x0001);
    readSense(AT, STATUS_RESERVATION_CONFLICT);
    expect(senseWord()).toBe(0xb0000);
    expect(senseIli() || senseDeferred()).toBe(false);
    expect(senseInformation()).toBe(0);
    expect(load<u8>(senseRaw())).toBe(0x70);
    expect(load<u8>(senseRaw() + 2)).toBe(0x0b);
    fixed(0, 0, 0, 0);
    expect(senseWord()).toBe(0xb0000);
  });
});

describe("dispatch", () => {
  test("what is answered whatever is pending", () => {
    for (let op: u32 = 0; op < 256; op++) {
      const always = op === OP_INQUIRY || op === OP_REPORT_LUNS || op === OP_REQUEST_SENSE;
      expect(needs(op) === NEEDS_NOTHING).toBe(always);
      if (dispatch(op) === DO_REFUSE) expect(needs(op)).toBe(NEEDS_NEXUS);
    }
  });
  test("what needs a medium", () => {
    expect(needs(OP_READ_6)).toBe(NEEDS_MEDIUM);
    expect(needs(OP_WRITE_6)).toBe(NEEDS_MEDIUM);
    expect(needs(OP_TEST_UNIT_READY)).toBe(NEEDS_MEDIUM);
    expect(dispatch(0xff)).toBe(DO_REFUSE);
  });
});

describe("unit attentions", () => {
  test("one at a time, the most important first, each nexus its own", () => {
    attentionNexus(5, 0, 0);
    attentionNexus(6, 0, 0);
    attentionRaise(ATTENTION_MODE_CHANGED, 6);
    attentionRaise(ATTENTION_MEDIUM_CHANGED, 0);
    attentionRaise(ATTENTION_RESET, 0);
    expect(attentionTake(5)).toBe(ASC_BUS_DEVICE_RESET);
    expect(attentionTake(5)).toBe(ASC_MEDIUM_MAY_HAVE_CHANGED);
    expect(attentionTake(5)).toBe(ASC_MODE_PARAMETERS_CHANGED);
    expect(attentionTake(5)).toBe(ASC_NONE);
    expect(attentionTake(6)).toBe(ASC_BUS_DEVICE_RESET);
    attentionForget(6);
    expect(attentionTake(6)).toBe(ASC_NONE);
    expect(attentionTake(7)).toBe(ASC_NONE);
  });
  test("commands that were cleared are told to one nexus, after all else", () => {
    attentionNexus(5, 0, 0);
    attentionNexus(6, 0, 0);
    attentionTell(5, ATTENTION_COMMANDS_CLEARED);
    attentionTell(7, ATTENTION_COMMANDS_CLEARED);
    attentionRaise(ATTENTION_MODE_CHANGED, 6);
    expect(attentionTake(6)).toBe(ASC_NONE);
    expect(attentionTake(5)).toBe(ASC_MODE_PARAMETERS_CHANGED);
    expect(attentionTake(5)).toBe(ASC_COMMANDS_CLEARED);
    expect(attentionTake(5)).toBe(ASC_NONE);
    expect(attentionTake(7)).toBe(ASC_NONE);
  });
  test("a port that comes back is told what it missed, others are not", () => {
    const name = memory.data(16) as u32;
    store<u64>(name, 0x6e71_6931_2c69_3078);
    attentionNexus(305, name, 8);
    attentionTell(305, ATTENTION_NEXUS_LOSS);
    attentionForget(305);
    attentionRaise(ATTENTION_MEDIUM_CHANGED, 0);
    attentionNexus(306, name, 7);
    expect(attentionTake(306)).toBe(ASC_NONE);
    attentionNexus(307, name, 8);
    expect(attentionTake(307)).toBe(ASC_NEXUS_LOSS);
    expect(attentionTake(307)).toBe(ASC_MEDIUM_MAY_HAVE_CHANGED);
    expect(attentionTake(307)).toBe(ASC_NONE);
  });
  test("who is not there gives its slot to who is", () => {
    const name = memory.data(16) as u32;
    for (let nexus: u32 = 1; nexus <= NEXUS_COUNT_MAX; nexus++) attentionNexus(1000 + nexus, 0, 0);
    attentionForget(1010);
    for (let port: u64 = 1; port < 200; port++) {
      store<u64>(name, port);
      attentionNexus(2000, name, 8);
      attentionForget(2000);
    }
    attentionRaise(ATTENTION_RESET, 0);
    for (let nexus: u32 = 1; nexus <= NEXUS_COUNT_MAX; nexus++) {
      if (nexus !== 10) expect(attentionTake(1000 + nexus)).toBe(ASC_BUS_DEVICE_RESET);
    }
  });
  test("more nexuses than slots: the newest are kept", () => {
    const first: u32 = 3000;
    const last: u32 = first + NEXUS_COUNT_MAX;
    for (let nexus = first; nexus <= last; nexus++) attentionNexus(nexus, 0, 0);
    attentionRaise(ATTENTION_RESET, 0);
    expect(attentionTake(last)).toBe(ASC_BUS_DEVICE_RESET);
    expect(attentionTake(first + 1)).toBe(ASC_BUS_DEVICE_RESET);
    expect(attentionTake(first)).toBe(ASC_NONE);
  });
});

/** Y <= S <= R, in objects and in bytes. */
function ordered(): bool {
  const objects = cursorSynchronized() <= cursorSent() && cursorSent() <= cursorReceived();
  return objects && leadBytes() <= unsynchronizedBytes() && leadBytes() < 0x8000000000000000;
}

describe("cursors", () => {
  test("streaming", () => {
    cursorReset(10, 1000);
    cursorReceive(3, 300);
    cursorSend(2, 200);
    expect(leadBytes()).toBe(100);
    expect(unsynchronizedBytes()).toBe(300);
    cursorSyncTo(11);
    expect(cursorSynchronized()).toBe(11);
    cursorSync();
    expect(unsynchronizedBytes()).toBe(100);
    expect(cursorImageBytes()).toBe(1300);
    expect(ordered()).toBe(true);
  });
  test("a copy of the whole image lacks all of it", () => {
    cursorBlank();
    expect(cursorSent()).toBe(0);
    expect(leadBytes()).toBe(1300);
    cursorSend(13, 1300);
    expect(leadBytes()).toBe(0);
  });
  test("a proven tail: the lead counts too much, never too little", () => {
    cursorReset(0, 0);
    cursorReceive(10, 1000);
    cursorSend(6, 600);
    cursorSync();
    cursorSend(4, 400);
    cursorProven(8);
    expect(cursorSent()).toBe(8);
    expect(leadBytes()).toBe(400);
    cursorSend(2, 200);
    expect(leadBytes()).toBe(0);
  });
  test("giving up and writing at an earlier place", () => {
    cursorReset(0, 0);
    cursorReceive(10, 1000);
    cursorSend(6, 600);
    cursorGiveUp();
    expect(cursorReceived()).toBe(6);
    expect(leadBytes()).toBe(0);
    cursorTruncate(2);
    expect(cursorReceived()).toBe(2);
    expect(ordered()).toBe(true);
  });
  test("whatever happens they stay in order", () => {
    let seed: u32 = 1;
    cursorReset(0, 0);
    for (let i = 0; i < 5000; i++) {
      seed = seed * 1664525 + 1013904223;
      const what = (seed >> 24) % 8;
      const lead = cursorReceived() - cursorSent();
      if (what < 3) cursorReceive(1, ((seed >> 8) & 0xffff) as u64);
      else if (what < 5 && lead > 0) cursorSend(1, leadBytes() / lead);
      else if (what === 5) cursorSync();
      else if (what === 6 && (seed & 0x100) !== 0) cursorBlank();
      else if (what === 7)
        cursorProven(cursorSynchronized() + (cursorSent() - cursorSynchronized()) / 2);
      expect(ordered()).toBe(true);
    }
  });
});
