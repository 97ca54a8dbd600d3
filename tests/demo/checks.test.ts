import assert from "node:assert/strict";
import { test } from "node:test";
import * as labels from "../../assembly/spec/recovery-label.ts";
import type { RecoveryStatus } from "../../host/lib/status-document.ts";
import type { Element } from "../../tools/demo/changer-client.ts";
import { checksOf, type Facts } from "../../tools/demo/checks.ts";
import { type CaseName, DEMO_CASES, type DemoCase } from "../../tools/demo/demo-case.ts";
import { rewriteRate, stepOffsetMs } from "../../tools/demo/recovery-facts.ts";
import { parseSense } from "../../tools/demo/sense.ts";
import { stepWords } from "../../tools/demo/step-words.ts";
import { Tally } from "../../tools/demo/tally.ts";

const SENT = tally(["a", "b", "c"]);
const SLOTS: readonly Element[] = [
  { address: 4096, isFull: true, volumeTag: "UND001L9" },
  { address: 4097, isFull: false, volumeTag: "" },
];
const RECOVERED: RecoveryStatus = {
  id: 1,
  lane: 1,
  kind: "medium",
  cause: "sense 3/0C/00",
  steps: [
    { label: "604", atMs: 1_000 },
    { label: "633", atMs: 2_000 },
    { label: "617", atMs: 6_000 },
    { label: "618", atMs: 6_010 },
  ],
  result: "recovered",
  rewrittenBytes: 4_000_000,
  stallMsMax: 20,
};
const SURVIVED: Facts = {
  sent: SENT,
  readBack: tally(["a", "b", "c"]),
  onCartridge: tally(["a", "b", "c"]),
  phantomObjects: 0,
  errorsSeen: 0,
  jobSense: undefined,
  recoveries: [RECOVERED],
  volumeTag: "UND001L9",
  shownVolumeTag: "UND001L9",
  realVolumeTag: "UND008L9",
  inventoryBefore: SLOTS,
  inventoryAfter: SLOTS,
};
const WRITE_ERROR = Uint8Array.of(0x70, 0, 3, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x0c, 0, 0, 0, 0, 0);
const REPORTED: Facts = {
  ...SURVIVED,
  readBack: undefined,
  onCartridge: tally(["a", "b"]),
  errorsSeen: 1,
  jobSense: parseSense(WRITE_ERROR),
  recoveries: [{ ...RECOVERED, result: "reported" }],
  realVolumeTag: "UND001L9",
};

function tally(words: readonly string[]): Tally {
  const counted = new Tally();
  for (const word of words) {
    counted.addRecord(Buffer.from(word));
    counted.addFilemark();
  }
  return counted;
}

function caseOf(name: CaseName): DemoCase {
  const found = DEMO_CASES.find((demoCase) => demoCase.name === name);
  assert.ok(found !== undefined);
  return found;
}

function broken(name: CaseName, facts: Facts): string[] {
  return checksOf(caseOf(name), facts)
    .filter(({ ok }) => !ok)
    .map(({ what, found }) => `${what}: ${found}`);
}

test("a survived medium failure keeps every promise", () => {
  assert.deepEqual(broken("medium", SURVIVED), []);
});

test("a record that a failed write left behind is not the bridge's", () => {
  const onCartridge = tally(["a", "b", "z"]);
  onCartridge.lengths.pop();
  assert.deepEqual(broken("no-spare", { ...REPORTED, onCartridge, phantomObjects: 1 }), []);
  assert.notDeepEqual(broken("no-spare", { ...REPORTED, onCartridge }), []);
});

test("no spare: the drive's own error, and nothing but what was sent", () => {
  assert.deepEqual(broken("no-spare", REPORTED), []);
});

const BROKEN: readonly (readonly [string, CaseName, Facts, RegExp])[] = [
  ["an error", "medium", { ...SURVIVED, errorsSeen: 2 }, /no error: it saw 2/],
  [
    "a byte read wrong",
    "medium",
    { ...SURVIVED, readBack: tally(["a", "x", "c"]) },
    /object 2: other data/,
  ],
  ["a record missing", "medium", { ...SURVIVED, onCartridge: tally(["a", "b"]) }, /object 4/],
  ["no cartridge", "medium", { ...SURVIVED, onCartridge: undefined }, /cartridge = sent/],
  ["no recovery", "medium", { ...SURVIVED, recoveries: [] }, /recovered: none/],
  ["an unasked recovery", "none", { ...SURVIVED, realVolumeTag: "UND001L9" }, /no recovery/],
  ["another verdict", "drive", { ...SURVIVED, realVolumeTag: "UND001L9" }, /verdict drive/],
  ["the failed cartridge kept", "medium", { ...SURVIVED, realVolumeTag: "UND001L9" }, /spare/],
  ["another volume tag", "medium", { ...SURVIVED, shownVolumeTag: "UND008L9" }, /volume tag/],
  ["a vanished cartridge", "medium", { ...SURVIVED, inventoryAfter: SLOTS.slice(1) }, /inventory/],
  ["a swapped inventory", "medium", { ...SURVIVED, inventoryAfter: SLOTS.toReversed() }, /4096/],
  [
    "a made-up error",
    "no-spare",
    { ...REPORTED, jobSense: parseSense(new Uint8Array(18)) },
    /0\/00/,
  ],
  ["one error more", "no-spare", { ...REPORTED, errorsSeen: 2 }, /nothing else: 2 errors/],
  ["garbage on the tape", "no-spare", { ...REPORTED, onCartridge: tally(["z"]) }, /object 0/],
];
for (const [name, story, facts, words] of BROKEN) {
  test(`${story}: ${name} is wrong`, () => {
    assert.match(broken(story, facts).join("\n"), words);
  });
}

test("the rewrite rate is bytes over the time from copying to caught up", () => {
  assert.equal(rewriteRate(RECOVERED), 1_000_000);
  assert.equal(rewriteRate({ ...RECOVERED, steps: [] }), undefined);
  assert.equal(stepOffsetMs(RECOVERED, 1), 1_000);
});

test("every step of a recovery has its words", () => {
  for (const label of Object.entries(labels).filter(([name]) => name.startsWith("LABEL_"))) {
    assert.notEqual(stepWords(String(label[1])), "", label[0]);
  }
});
