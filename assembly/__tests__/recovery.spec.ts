/** The recovery's pure parts: table, classes, verdicts, history, pace. */
import { classify } from "../recovery/classify.ts";
import { historyAdd, historyOtherCartridges, historyOtherDrives } from "../recovery/history.ts";
import {
  paceCopyBegins,
  paceMeasure,
  paceRate,
  paceStart,
  paceTake,
  paceWait,
} from "../recovery/pace.ts";
import { labelOf, nextState } from "../recovery/table.ts";
import { alertEvidence, verdictOf } from "../recovery/verdict.ts";
import {
  CLASS_CLEAN,
  CLASS_DRIVE,
  CLASS_MEDIUM,
  CLASS_MEDIUM_LIKELY,
  CLASS_PASS,
  CLASS_TRANSPORT,
  CLASS_UNCLEAR,
  EVIDENCE_CARTRIDGE_HISTORY,
  EVIDENCE_DRIVE_HISTORY,
  EVIDENCE_NO_ANSWER,
  EVIDENCE_RETRY_FAILED,
  EVIDENCE_SENSE,
  EVIDENCE_TAPE_ALERT_CLEAN,
  EVIDENCE_TAPE_ALERT_DRIVE,
  EVIDENCE_TAPE_ALERT_MEDIUM,
  VERDICT_DRIVE,
  VERDICT_MEDIUM,
  VERDICT_PASS,
  VERDICT_RETRY,
} from "../spec/failure-class.ts";
import {
  PLAN_BACK,
  PLAN_BOTH,
  PLAN_DRIVE,
  PLAN_MEDIUM,
  PLAN_RETRY,
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_BACK,
  STATE_BLANK,
  STATE_CATCH_UP,
  STATE_CHECK,
  STATE_COPY,
  STATE_COUNT,
  STATE_COUPLE,
  STATE_DIVIDE,
  STATE_EVIDENCE,
  STATE_IN,
  STATE_NONE,
  STATE_OUT,
  STATE_READY,
  STATE_RECONNECT,
  STATE_REPORT,
  STATE_TAIL,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";

const PLANS: u32 = 5;

/** The states of a plan in their order, and the label of each (0: none). */
function follows(plan: u32, states: StaticArray<u32>, labels: StaticArray<u32>): void {
  for (let i = 0; i < states.length; i++) {
    const next = i + 1 < states.length ? states[i + 1] : STATE_NONE;
    expect(nextState(states[i], plan)).toBe(next);
    expect(labelOf(states[i], plan)).toBe(labels[i]);
  }
}

describe("the table of the same cartridge", () => {
  test("a retry with the same drive and cartridge", () => {
    follows(
      PLAN_RETRY,
      [
        STATE_EVIDENCE,
        STATE_RECONNECT,
        STATE_READY,
        STATE_DIVIDE,
        STATE_TAIL,
        STATE_COPY,
        STATE_CATCH_UP,
      ],
      [607, 0, 0, 0, 615, 616, 617],
    );
  });
  test("a spare drive", () => {
    follows(
      PLAN_DRIVE,
      [
        STATE_EVIDENCE,
        STATE_ASK_DRIVE,
        STATE_COUPLE,
        STATE_UNLOAD,
        STATE_ACROSS,
        STATE_READY,
        STATE_DIVIDE,
        STATE_TAIL,
        STATE_COPY,
        STATE_CATCH_UP,
      ],
      [607, 608, 612, 613, 614, 0, 0, 615, 616, 617],
    );
  });
});

describe("the table of spare cartridges", () => {
  test("a spare medium", () => {
    follows(
      PLAN_MEDIUM,
      [
        STATE_EVIDENCE,
        STATE_ASK_MEDIUM,
        STATE_CHECK,
        STATE_UNLOAD,
        STATE_OUT,
        STATE_IN,
        STATE_READY,
        STATE_BLANK,
        STATE_DIVIDE,
        STATE_COPY,
        STATE_CATCH_UP,
      ],
      [607, 608, 0, 631, 0, 0, 0, 632, 0, 633, 617],
    );
  });
  test("a spare medium in a spare drive", () => {
    follows(
      PLAN_BOTH,
      [
        STATE_EVIDENCE,
        STATE_ASK_MEDIUM,
        STATE_IN,
        STATE_READY,
        STATE_BLANK,
        STATE_DIVIDE,
        STATE_COPY,
        STATE_CATCH_UP,
      ],
      [607, 608, 620, 0, 632, 0, 621, 617],
    );
    follows(
      PLAN_BOTH,
      [
        STATE_ASK_DRIVE,
        STATE_COUPLE,
        STATE_IN,
        STATE_READY,
        STATE_BLANK,
        STATE_DIVIDE,
        STATE_COPY,
        STATE_CATCH_UP,
      ],
      [608, 612, 620, 0, 632, 0, 621, 617],
    );
  });
});

describe("the whole table", () => {
  test("back to the volume's own cartridge", () => {
    const states: StaticArray<u32> = [
      STATE_UNLOAD,
      STATE_OUT,
      STATE_BACK,
      STATE_READY,
      STATE_TAIL,
      STATE_REPORT,
    ];
    follows(PLAN_BACK, states, [0, 0, 0, 0, 0, 0]);
  });
  test("every plan ends, from every state", () => {
    for (let plan: u32 = 0; plan < PLANS; plan++) {
      for (let state: u32 = STATE_EVIDENCE; state < STATE_COUNT; state++) {
        let at = state;
        let steps: u32 = 0;
        while (at !== STATE_NONE && steps <= STATE_COUNT) {
          at = nextState(at, plan);
          steps += 1;
        }
        expect(steps).toBeLessThan(STATE_COUNT);
      }
    }
  });
  test("a report is the end", () => {
    for (let plan: u32 = 0; plan < PLANS; plan++) {
      expect(nextState(STATE_REPORT, plan)).toBe(STATE_NONE);
    }
  });
  test("a state or plan that there is not is a programmer error", () => {
    expect(() => {
      nextState(STATE_COUNT, 0);
    }).toThrow();
    expect(() => {
      labelOf(0, PLANS);
    }).toThrow();
  });
});

describe("classes of failures", () => {
  test("rows", () => {
    // biome-ignore format: key, code, class
    const rows: StaticArray<u32> = [
      3, 0x0c00, CLASS_MEDIUM_LIKELY,  3, 0x1101, CLASS_MEDIUM_LIKELY,  3, 0x0901, CLASS_UNCLEAR,
      3, 0x1403, CLASS_MEDIUM,         3, 0x5000, CLASS_MEDIUM,         3, 0x5300, CLASS_MEDIUM,
      3, 0x5304, CLASS_MEDIUM,         3, 0x3300, CLASS_MEDIUM,         3, 0x3002, CLASS_PASS,
      3, 0x3007, CLASS_CLEAN,          2, 0x3003, CLASS_CLEAN,          0, 0x0017, CLASS_CLEAN,
      1, 0x8282, CLASS_CLEAN,          3, 0x8502, CLASS_DRIVE,          4, 0x4400, CLASS_DRIVE,
      4, 0x0900, CLASS_DRIVE,          4, 0x5300, CLASS_DRIVE,          4, 0x1001, CLASS_TRANSPORT,
      6, 0x2900, CLASS_TRANSPORT,      6, 0x2907, CLASS_TRANSPORT,      6, 0x2800, CLASS_TRANSPORT,
      6, 0x5dff, CLASS_DRIVE,          0xb, 0x4b00, CLASS_TRANSPORT,    5, 0x2400, CLASS_PASS,
      7, 0x2700, CLASS_PASS,           2, 0x0412, CLASS_DRIVE,          3, 0xffff, CLASS_MEDIUM_LIKELY,
    ];
    for (let i = 0; i < rows.length; i += 3)
      expect(classify(rows[i], rows[i + 1])).toBe(rows[i + 2]);
  });
  test("every sense key has a class", () => {
    for (let key: u32 = 0; key < 16; key++) {
      expect(classify(key, 0xfefe)).toBeGreaterThan(0);
      expect(classify(key, 0xfefe)).toBeLessThanOrEqual(CLASS_PASS);
    }
  });
});

describe("TapeAlert", () => {
  test("each flag is evidence for what the standard says", () => {
    const medium: StaticArray<u32> = [4, 7, 8, 13, 14, 15, 19, 52, 53, 54];
    const drive: StaticArray<u32> = [30, 31, 38];
    for (let flag: u32 = 1; flag <= 64; flag++) {
      const bits = alertEvidence((1 as u64) << ((flag - 1) as u64));
      let expected: u32 = flag === 20 ? EVIDENCE_TAPE_ALERT_CLEAN : 0;
      if (medium.includes(flag)) expected = EVIDENCE_TAPE_ALERT_MEDIUM;
      if (drive.includes(flag)) expected = EVIDENCE_TAPE_ALERT_DRIVE;
      expect(bits).toBe(expected);
    }
    expect(alertEvidence(0)).toBe(0);
  });
});

describe("verdicts", () => {
  const failed: u32 = EVIDENCE_SENSE | EVIDENCE_RETRY_FAILED;
  test("what may be an accident is tried once more", () => {
    expect(verdictOf(CLASS_MEDIUM_LIKELY, EVIDENCE_SENSE)).toBe(VERDICT_RETRY);
    expect(verdictOf(CLASS_MEDIUM, EVIDENCE_SENSE | EVIDENCE_TAPE_ALERT_MEDIUM)).toBe(
      VERDICT_RETRY,
    );
    expect(verdictOf(CLASS_UNCLEAR, EVIDENCE_SENSE)).toBe(VERDICT_RETRY);
    expect(verdictOf(CLASS_TRANSPORT, EVIDENCE_NO_ANSWER)).toBe(VERDICT_RETRY);
  });
  test("what a drive says of itself is not", () => {
    expect(verdictOf(CLASS_DRIVE, EVIDENCE_SENSE)).toBe(VERDICT_DRIVE);
    expect(verdictOf(CLASS_CLEAN, EVIDENCE_SENSE)).toBe(VERDICT_DRIVE);
    expect(verdictOf(CLASS_MEDIUM_LIKELY, EVIDENCE_SENSE | EVIDENCE_TAPE_ALERT_CLEAN)).toBe(
      VERDICT_DRIVE,
    );
    expect(verdictOf(CLASS_UNCLEAR, EVIDENCE_SENSE | EVIDENCE_TAPE_ALERT_DRIVE)).toBe(
      VERDICT_DRIVE,
    );
  });
  test("after a retry", () => {
    expect(verdictOf(CLASS_MEDIUM_LIKELY, failed)).toBe(VERDICT_MEDIUM);
    expect(verdictOf(CLASS_MEDIUM, failed)).toBe(VERDICT_MEDIUM);
    expect(verdictOf(CLASS_UNCLEAR, failed)).toBe(VERDICT_DRIVE);
    expect(verdictOf(CLASS_TRANSPORT, EVIDENCE_NO_ANSWER | EVIDENCE_RETRY_FAILED)).toBe(
      VERDICT_DRIVE,
    );
  });
  test("history decides what sense data leave open", () => {
    expect(verdictOf(CLASS_UNCLEAR, failed | EVIDENCE_CARTRIDGE_HISTORY)).toBe(VERDICT_MEDIUM);
    expect(verdictOf(CLASS_MEDIUM_LIKELY, failed | EVIDENCE_DRIVE_HISTORY)).toBe(VERDICT_DRIVE);
    const alert = failed | EVIDENCE_DRIVE_HISTORY | EVIDENCE_TAPE_ALERT_MEDIUM;
    expect(verdictOf(CLASS_MEDIUM_LIKELY, alert)).toBe(VERDICT_MEDIUM);
    const drives = failed | EVIDENCE_CARTRIDGE_HISTORY | EVIDENCE_TAPE_ALERT_DRIVE;
    expect(verdictOf(CLASS_DRIVE, drives)).toBe(VERDICT_DRIVE);
  });
  test("what is not the bridge's matter is passed on, whatever the evidence", () => {
    for (let bits: u32 = 0; bits < 512; bits++)
      expect(verdictOf(CLASS_PASS, bits)).toBe(VERDICT_PASS);
  });
  test("a failed retry is never followed by a retry", () => {
    for (let kind: u32 = CLASS_DRIVE; kind < CLASS_PASS; kind++) {
      for (let bits: u32 = 0; bits < 512; bits++) {
        const verdict = verdictOf(kind, bits | EVIDENCE_RETRY_FAILED);
        expect(verdict === VERDICT_DRIVE || verdict === VERDICT_MEDIUM).toBe(true);
      }
    }
  });
});

describe("history", () => {
  const HOUR: u64 = 3600000;
  test("other drives, other cartridges, twelve hours, the newest 32", () => {
    historyAdd(0, 1, 100);
    historyAdd(0, 2, 100);
    historyAdd(0, 1, 101);
    expect(historyOtherDrives(HOUR, 1, 100)).toBe(1);
    expect(historyOtherDrives(HOUR, 3, 100)).toBe(2);
    expect(historyOtherCartridges(HOUR, 1, 100)).toBe(1);
    expect(historyOtherCartridges(HOUR, 2, 100)).toBe(0);
    expect(historyOtherDrives(13 * HOUR, 3, 100)).toBe(0);
    for (let i: u32 = 0; i < 32; i++) historyAdd(HOUR, 9, 900);
    expect(historyOtherDrives(HOUR, 3, 100)).toBe(0);
    expect(historyOtherCartridges(HOUR, 9, 1)).toBe(32);
  });
});

const MIB: u64 = 1048576;
const MEASURED: u64 = 100000;
const RECORD: u64 = MIB / 4;

/**
 * A server that writes as fast as it may while `all` bytes have to be copied at `progress` bytes a
 * millisecond: the least that was free when a record came, until all of it is copied, or for `most`
 * milliseconds.
 */
function leastFree(start: u64, all: u64, record: u64, progress: u64, most: u64): u64 {
  let free = start;
  let left = all;
  let least = start;
  let held = false;
  paceStart(1000);
  paceCopyBegins();
  for (let time: u64 = 1000; left > 0 && time < 1000 + most; time++) {
    const took = min(left, progress);
    left -= took;
    if (took !== 0) paceMeasure(1, took);
    for (;;) {
      if (held && paceWait(time, free, left) !== 0) break;
      least = min(least, free);
      if (free < record) return 0;
      free -= record;
      left += record;
      paceTake(time, record);
      held = true;
    }
  }
  return least;
}

/** Nothing but this rate is remembered. */
function believe(rate: u64): void {
  for (let i = 0; i < 64; i++) paceMeasure(100, rate * 100);
}

describe("the pace", () => {
  test("the rate is a share of the drive's rate, 0 without room", () => {
    expect(paceRate(0, 5 * MIB)).toBe(0);
    expect(paceRate(MIB, 0)).toBe((MEASURED * 3) / 4);
    for (let free: u64 = MIB; free < 4096 * MIB; free *= 4) {
      for (let left: u64 = MIB; left < 1048576 * MIB; left *= 16) {
        const share = (((MEASURED * 3) / 4) * (free / MIB)) / ((free + left) / MIB);
        expect(paceRate(free, left)).toBeLessThanOrEqual(share + MEASURED / 64);
      }
    }
  });
  test("there is room for every record while the drive makes progress", () => {
    for (let free: u64 = 64 * MIB; free <= 1024 * MIB; free *= 4) {
      for (let left: u64 = free / 8; left <= free * 16; left *= 2) {
        believe(MEASURED);
        expect(leastFree(free, left, RECORD, MEASURED, 200000)).toBeGreaterThanOrEqual(RECORD);
      }
    }
  });
  test("also when the drive was believed to be far faster than the one that copies is", () => {
    for (let progress: u64 = 20000; progress <= 400000; progress *= 2) {
      believe(1000000);
      const least = leastFree(100 * MIB, 30 * MIB, RECORD, progress, 200000);
      expect(least).toBeGreaterThanOrEqual(RECORD);
    }
  });
  test("a ring lasts while the drive stands still", () => {
    // A robot takes a minute; a gibibyte of room is not used up by a gibibyte that is to be copied.
    believe(MEASURED);
    expect(leastFree(1024 * MIB, 1024 * MIB, RECORD, 0, 60000)).toBeGreaterThanOrEqual(RECORD);
  });
  test("without room an answer is held, but not for ever", () => {
    paceStart(1000);
    paceTake(1000, RECORD);
    expect(paceWait(1000, RECORD, 5 * MIB)).toBe(1000);
    expect(paceWait(30500, RECORD, 5 * MIB)).toBe(500);
    expect(paceWait(31000, RECORD, 5 * MIB)).toBe(0);
  });
  test("what was measured counts, within bounds: less at once, more little by little", () => {
    believe(MEASURED);
    paceMeasure(1, MEASURED * 100);
    expect(paceRate(MIB, 0)).toBeGreaterThan((MEASURED * 3) / 4);
    expect(paceRate(MIB, 0)).toBeLessThan(MEASURED * 3);
    paceMeasure(100, MEASURED * 50);
    expect(paceRate(MIB, 0)).toBe((MEASURED * 3) / 8);
    paceMeasure(100, MEASURED);
    // The floor of what a drive is believed to write.
    expect(paceRate(MIB, 0)).toBe(15000);
  });
});
