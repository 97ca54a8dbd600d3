import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { planBackup } from "../../tools/demo/file-list.ts";
import { cutRecords, tarRecords } from "../../tools/demo/tar-stream.ts";

const RECORD_BYTES = 262_144;
const SIZE_BYTES = 8 * RECORD_BYTES;
const directory = mkdtempSync(join(tmpdir(), "understudy-tar-test-"));
after(() => rmSync(directory, { recursive: true, force: true }));

async function* chunksOf(data: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const length of lengths) {
    yield data.subarray(at, at + length);
    at += length;
  }
  yield data.subarray(at);
}

async function collect(records: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const copies: Buffer[] = [];
  for await (const record of records) {
    copies.push(Buffer.from(record));
  }
  return copies;
}

test("records are cut at their length, however the stream is chunked", async () => {
  const lengths = fc.array(fc.nat(300), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), lengths, async (data, chunks) => {
      const records = await collect(cutRecords(chunksOf(data, chunks), 64));
      assert.deepEqual(Buffer.concat(records), Buffer.from(data));
      assert.ok(records.slice(0, -1).every((record) => record.length === 64));
      assert.ok(records.every((record) => record.length > 0));
    }),
  );
});

test("every archive is a valid tar of whole records within its bound", async () => {
  const tree = join(directory, "tree");
  mkdirSync(join(tree, "long".repeat(40)), { recursive: true });
  for (let index = 0; index < 12; index += 1) {
    writeFileSync(
      join(tree, "long".repeat(40), `file-${index}`),
      Buffer.alloc(index * 9_999, index),
    );
  }
  const plan = await planBackup([tree], SIZE_BYTES, RECORD_BYTES);
  assert.ok(plan.rounds > 1, "the tree is smaller than the backup and is taken again");
  assert.ok(plan.bytesMax <= SIZE_BYTES);
  for (const archive of plan.archives) {
    const records = await collect(tarRecords(archive.paths, RECORD_BYTES));
    const tar = Buffer.concat(records);
    assert.ok(records.every((record) => record.length === RECORD_BYTES));
    assert.ok(tar.length <= archive.bytesMax);
    const listed = execFileSync("tar", ["--list", "--file=-", "--blocking-factor=512"], {
      input: tar,
      encoding: "utf8",
    });
    assert.equal(listed.trim().split("\n").length, archive.paths.length);
  }
});

test("what vanished since the listing does not spoil the archive", async () => {
  const file = join(directory, "here");
  writeFileSync(file, "here");
  const records = await collect(tarRecords([join(directory, "gone"), file], RECORD_BYTES));
  assert.equal(records.length, 1);
});

test("nothing to back up gives no archive", async () => {
  const plan = await planBackup([join(directory, "not-there")], SIZE_BYTES, RECORD_BYTES);
  assert.deepEqual(plan.archives, []);
});
