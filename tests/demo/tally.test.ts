import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { firstDifference, prefixDifference, Tally } from "../../tools/demo/tally.ts";
import { countListing } from "../../tools/demo/tgt-listing.ts";

/** A number is a record of so many bytes, all equal to its index; "FM" a filemark. */
function tape(objects: readonly (number | "FM")[], spoilt = -1): Tally {
  const tally = new Tally();
  for (const [index, object] of objects.entries()) {
    if (object === "FM") {
      tally.addFilemark();
    } else {
      tally.addRecord(new Uint8Array(object).fill(index === spoilt ? 255 : index));
    }
  }
  return tally;
}

const OBJECTS = [100, 100, "FM", 50, "FM", "FM"] as const;

test("totals count records, filemarks, bytes and hash the data", () => {
  const totals = tape(OBJECTS).totals();
  const data = Buffer.concat([Buffer.alloc(100, 0), Buffer.alloc(100, 1), Buffer.alloc(50, 3)]);
  const sha256 = createHash("sha256").update(data).digest("hex");
  assert.deepEqual(totals, { records: 3, filemarks: 3, bytes: 250, sha256 });
});

test("the same tapes do not differ", () => {
  assert.equal(firstDifference(tape(OBJECTS), tape(OBJECTS)), undefined);
});

const DIFFERENT: readonly (readonly [string, readonly (number | "FM")[], number, RegExp])[] = [
  ["a spoilt record", OBJECTS, 3, /object 3: other data/],
  ["a spoilt first record", OBJECTS, 0, /object 0: other data/],
  [
    "a missing filemark",
    [100, 100, "FM", 50, "FM"],
    -1,
    /object 5: sent a filemark, found nothing/,
  ],
  ["one object more", [...OBJECTS, 7], -1, /object 6: sent nothing, found a record of 7 bytes/],
  ["records joined", [200, "FM", 50, "FM", "FM"], -1, /object 0/],
  ["nothing", [], -1, /object 0/],
];
for (const [name, objects, spoilt, words] of DIFFERENT) {
  test(`${name} is found`, () => {
    assert.match(firstDifference(tape(OBJECTS), tape(objects, spoilt)) ?? "", words);
  });
}

test("data after the last filemark are compared too", () => {
  assert.match(firstDifference(tape(["FM", 5]), tape(["FM", 5], 1)) ?? "", /object 1: other/);
});

function beginning(found: Tally, sent = tape(OBJECTS)): string {
  return prefixDifference(sent, found, found.objects) ?? "";
}

test("a beginning is recognized, and nothing else", () => {
  assert.equal(beginning(tape([100, 100, "FM", 50])), "");
  assert.equal(beginning(tape([])), "");
  assert.match(beginning(tape([100, 100, "FM"], 1)), /object 1: other data/);
  assert.match(beginning(tape([100, "FM"])), /object 1/);
  assert.match(beginning(tape([100, "FM"]), tape([100])), /object 1/);
});

test("a listing of a tape image counts as the tape", () => {
  const sent = tape([3, "FM"]);
  const hash = sent.marks[0]?.sha256;
  const lines = [`R 3 00 ${hash} `, "FM", "EOD after 2 objects", ""];
  const found = countListing(lines);
  assert.deepEqual(found.totals(), sent.totals());
  assert.equal(firstDifference(sent, found), undefined);
});

test("a damaged tape image is refused", () => {
  assert.throws(() => countListing(["TRUNCATED at 100"]), /TRUNCATED/);
  assert.throws(() => countListing([`R 3 00 ${"0".repeat(64)} SHORT`]), /SHORT/);
  assert.throws(() => countListing(["FM"]), /no end of data/);
});
