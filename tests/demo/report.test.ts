import assert from "node:assert/strict";
import { test } from "node:test";
import type { CaseResult } from "../../tools/demo/case-result.ts";
import { alignedRows, reportLines, verdictLine } from "../../tools/demo/report.ts";

const TOTALS = { records: 4000, filemarks: 9, bytes: 1_048_576_000, sha256: "ab".repeat(32) };
const RESULT: CaseResult = {
  case: "medium",
  ok: true,
  story: "the cartridge dies",
  checks: [{ what: "read back = sent", ok: true, found: "the same" }],
  sent: TOTALS,
  readBack: TOTALS,
  onCartridge: TOTALS,
  archives: [],
  errorsSeen: 0,
  errors: [],
  busyAnswers: 0,
  longestStall: { command: "WRITE(6)", ms: 41.7 },
  writeBytesPerSecond: 300 * 1024 * 1024,
  recoveries: [
    {
      kind: "medium",
      cause: "sense 3/0C/00",
      result: "recovered",
      rewrittenBytes: 500 * 1024 * 1024,
      rewriteBytesPerSecond: 250 * 1024 * 1024,
      stallMsMax: 40,
      steps: [
        { label: "604", atMs: 0 },
        { label: "618", atMs: 2500 },
      ],
    },
  ],
  volumeTag: "UND001L9",
  realVolumeTag: "UND008L9",
  runtime: "v8",
  runtimeReason: "missing: cmake",
  seconds: 12.34,
};

test("the table has one aligned row per count", () => {
  const text = reportLines(RESULT).join("\n");
  for (const row of ["as sent", "as read back", "on the cartridge"]) {
    assert.match(text, new RegExp(`^  ${row} +4000 +9 +1048576000 +abababababababab$`, "m"));
  }
  assert.match(text, /errors seen +0$/m);
  assert.match(text, /longest stall +42 ms \(WRITE\(6\)\)/);
  assert.match(text, /rewritten +500 MiB at 250 MiB\/s/);
  assert.match(text, /recovered in 2\.5 s: 604 618/);
  assert.match(text, /UND001L9, really UND008L9/);
  assert.match(text, /runtime +v8, 12\.3 s in all\n +for want of WAMR: missing: cmake/);
});

test("what is missing or wrong is said", () => {
  const checks = [{ what: "read back = sent", ok: false, found: "data of archive 3" }];
  const wrong: CaseResult = { ...RESULT, ok: false, readBack: null, checks, errorsSeen: 2 };
  const text = reportLines({
    ...wrong,
    errors: [{ command: "WRITE(6)", what: "3/0C/00" }],
  }).join("\n");
  assert.match(text, /as read back +- +- +- +-$/m);
  assert.match(text, /WRONG read back = sent: data of archive 3/);
  assert.match(text, /errors seen +2 \(WRITE\(6\): 3\/0C\/00\)/);
  assert.equal(verdictLine([RESULT, wrong]), "WRONG: medium");
  assert.equal(verdictLine([RESULT]), "all right: medium");
});

test("columns are as wide as their widest cell", () => {
  assert.deepEqual(
    alignedRows([
      ["a", "1"],
      ["bbb", "22"],
    ]),
    ["a     1", "bbb  22"],
  );
});
