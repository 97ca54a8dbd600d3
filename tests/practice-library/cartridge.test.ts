/**
 * The cartridge file, seen from two sides that share no code: what the drive's image writes, the
 * independent reader must find; and what is made by hand here, both must understand.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import fc from "fast-check";
import { CartridgeDamage, readCartridge, summarize } from "../../tools/cartridge/read-cartridge.ts";
import { runCartridge } from "../../tools/cartridge/run.ts";
import type { Place, TapeItem } from "../../tools/practice-library/tape-image.ts";
import { BEGINNING, TapeImage } from "../../tools/practice-library/tape-image.ts";
import { record, temporaryFolder } from "./harness.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/** A record "abc", a filemark, a record "wxyz". */
const SMALL = "03000000 61626300 03000000 00000000 04000000 7778797a 04000000";

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

function fileWith(t: TestContext, content: Buffer): string {
  const path = join(temporaryFolder(t), "cartridge.tap");
  writeFileSync(path, content);
  return path;
}

async function call(argv: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const { signal } = new AbortController();
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    signal,
  };
  return { code: await runCartridge(argv, io), out, err };
}

test("list shows number, kind, length and hash of every object, then totals", async (t) => {
  const file = fileWith(t, bytes(SMALL));
  const { code, out } = await call(["list", file]);
  const all = createHash("sha256").update("abcwxyz").digest("hex");
  const wxyz = createHash("sha256").update("wxyz").digest("hex");
  assert.equal(code, 0);
  assert.deepEqual(out, [
    `0 record 3 ${ABC}`,
    "1 filemark",
    `2 record 4 ${wxyz}`,
    `total records=2 filemarks=1 bytes=7 sha256=${all}`,
  ]);
  const json = JSON.parse((await call(["list", file, "--json"])).out.join("\n"));
  assert.deepEqual(json.objects[0], { index: 0, kind: "record", length: 3, sha256: ABC });
  assert.deepEqual([json.whole, json.records, json.sha256], [true, 2, all]);
});

test("verify finds every damage with its offset", async (t) => {
  const rows: [hex: string, offset: number, reason: RegExp][] = [
    [`${SMALL} 00`, 28, /inside a length/],
    [`${SMALL} 05000000 6162`, 28, /record 3 is cut: 8 bytes are missing/],
    ["03000000 61626300 04000000", 0, /begins with length 3 and ends with 4/],
    ["00000000 000000ff", 4, /impossible length/],
  ];
  for (const [hex, offset, reason] of rows) {
    const file = fileWith(t, bytes(hex));
    const { code, err } = await call(["verify", file]);
    assert.equal(code, 1);
    assert.match(err.join("\n"), new RegExp(`damaged at byte ${offset}: `));
    assert.match(err.join("\n"), reason);
    const json = JSON.parse((await call(["verify", "--json", file])).out.join("\n"));
    assert.deepEqual([json.whole, json.damage.offset], [false, offset]);
  }
  assert.equal((await call(["verify", fileWith(t, bytes(SMALL))])).code, 0);
});

test("wrong usage is 2 with every mistake, a missing file is 3", async () => {
  const wrong = await call(["show", "a", "b", "--fast"]);
  assert.equal(wrong.code, 2);
  assert.equal(wrong.err.length, 4);
  assert.equal((await call([])).code, 2);
  assert.equal((await call(["list", "/nowhere/at/all.tap"])).code, 3);
  assert.equal((await call(["--help"])).code, 0);
});

const item = fc.oneof(
  fc.integer({ min: 1, max: 70 }).map((size): TapeItem => {
    return { kind: "record", data: record(size, size) };
  }),
  fc.integer({ min: 1, max: 3 }).map((count): TapeItem => ({ kind: "filemarks", count })),
);
const writing = fc.record({ rewindTo: fc.nat(40), items: fc.array(item, { maxLength: 5 }) });

test("what the image writes, overwrites and reopens is what the reader finds", async (t) => {
  const file = fileWith(t, Buffer.alloc(0));
  const property = fc.asyncProperty(fc.array(writing, { maxLength: 6 }), async (writings) => {
    truncateSync(file);
    const expected: string[] = [];
    for (const { rewindTo, items } of writings) {
      const image = await TapeImage.open(file);
      assert.equal(image.end.object, expected.length);
      const place = image.placeOfObject(Math.min(rewindTo, image.end.object));
      if (items.length > 0) {
        expected.length = place.object;
        expected.push(...items.flatMap(wordsOf));
        await image.write(place, items);
      }
      await image.close();
    }
    assert.deepEqual(await objectsIn(file), expected);
  });
  await fc.assert(property, { numRuns: 60 });
});

function wordsOf(one: TapeItem): string[] {
  return one.kind === "record"
    ? [`record ${one.data.length} ${createHash("sha256").update(one.data).digest("hex")}`]
    : Array.from({ length: one.count }, () => "filemark 0 ");
}

async function objectsIn(file: string): Promise<string[]> {
  const words: string[] = [];
  for await (const { kind, length, sha256 } of readCartridge(file)) {
    words.push(`${kind} ${length} ${sha256}`);
  }
  return words;
}

test("a file cut anywhere opens with its whole objects, and writing goes on from there", async (t) => {
  const whole = bytes(SMALL);
  const file = fileWith(t, whole);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    writeFileSync(file, whole.subarray(0, cut));
    const image = await TapeImage.open(file);
    const objects = [12, 16, 28].filter((end) => end <= cut).length;
    assert.equal(image.end.object, objects, `cut at ${cut}`);
    assert.equal(image.strayBytes, cut - image.end.offset);
    await image.write(image.end, [{ kind: "filemarks", count: 1 }]);
    await image.close();
    const { records, filemarks } = await summarize(file);
    assert.equal(records + filemarks, objects + 1);
  }
});

test("a damaged record ends the tape for the drive and is damage for the reader", async (t) => {
  const file = fileWith(t, bytes(`${SMALL} 03000000 61626300 07000000 00000000`));
  const image = await TapeImage.open(file);
  assert.equal(image.end.object, 3);
  await image.close();
  await assert.rejects(summarize(file), CartridgeDamage);
});

test("places are found behind thousands of objects", async (t) => {
  const file = fileWith(t, Buffer.alloc(0));
  const image = await TapeImage.open(file);
  let place: Place = BEGINNING;
  const places: Place[] = [place];
  for (let index = 0; index < 2_500; index += 1) {
    const one: TapeItem =
      index % 7 === 3
        ? { kind: "filemarks", count: 1 }
        : { kind: "record", data: record((index % 5) + 1) };
    place = await image.write(place, [one]);
    places.push(place);
  }
  for (const object of [0, 1, 1023, 1024, 1025, 2047, 2048, 2499, 2500]) {
    assert.deepEqual(image.placeOfObject(object), places[object]);
  }
  for (const mark of [0, 1, 146, 147, 292, 355, 356]) {
    assert.deepEqual(image.placeOfFilemark(mark), places[mark * 7 + 3]);
  }
  assert.deepEqual(image.placeOfFilemark(357), image.end);
  await image.truncate(places[1024] ?? BEGINNING);
  assert.deepEqual(image.placeOfObject(1024), image.end);
  assert.equal(readFileSync(file).length, image.end.offset);
  // Other objects in the place of those that are gone: the index must not remember the old ones.
  const end = await image.write(image.end, [{ kind: "filemarks", count: 1_500 }]);
  assert.equal(end.object, 2_524);
  const at2100 = image.placeOfObject(2_100);
  assert.deepEqual([at2100.object, end.offset - at2100.offset], [2_100, 424 * 4]);
  await image.close();
  appendFileSync(file, Buffer.alloc(4));
  const again = await TapeImage.open(file);
  assert.equal(again.end.object, 2_525);
  assert.deepEqual(again.placeOfObject(2_100), at2100);
  await again.close();
});

test("thousands of filemarks at once have the places of as many single ones", async (t) => {
  const file = fileWith(t, Buffer.alloc(0));
  const written = await TapeImage.open(file);
  const data = record(5);
  await written.write(BEGINNING, [
    { kind: "record", data },
    { kind: "filemarks", count: 5000 },
    { kind: "record", data },
    { kind: "filemarks", count: 1 },
  ]);
  const recordBytes = 14;
  const whole = { object: 5003, filemarks: 5001, offset: 2 * recordBytes + 5001 * 4 };
  const reopened = await TapeImage.open(file);
  for (const image of [written, reopened]) {
    assert.deepEqual(image.end, whole);
    for (const object of [1, 2, 1023, 1024, 1025, 4096, 5001]) {
      const place = { object, filemarks: object - 1, offset: recordBytes + (object - 1) * 4 };
      assert.deepEqual(image.placeOfObject(object), place);
    }
    for (const mark of [0, 1, 1022, 1023, 1024, 4999]) {
      assert.equal(image.placeOfFilemark(mark).object, mark + 1);
    }
    assert.equal(image.placeOfFilemark(5000).object, 5002);
  }
  // What is changed is not looked up in what was read before.
  const mark = reopened.placeOfObject(3000);
  assert.equal(reopened.at(mark).kind, "filemark");
  await reopened.write(mark, [{ kind: "record", data }]);
  assert.equal(reopened.at(mark).kind, "record");
  assert.equal(reopened.at(reopened.end).kind, "end");
  await written.close();
  await reopened.close();
});
