/** The practice drive's encryption: what it takes, what it tells, and which records can be read when. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encryptionPage, noEncryptionPage, protocolIn, protocolOut } from "./encryption-page.ts";
import { Bench, DRIVE, newNexus, record, SLOT, word } from "./harness.ts";

const KEY = Buffer.alloc(32, 0x4b);
const OTHER_KEY = Buffer.alloc(32, 0x6f);
const UNLOAD = [0x1b, 0, 0, 0, 0];
const CLEARED_AT_DEMOUNT = 4;

async function set(bench: Bench, page: Buffer, drive = 1): Promise<string> {
  return word(await bench.send(drive, protocolOut(page.length), { out: page }));
}

async function told(bench: Bench, code: number, drive = 1): Promise<Buffer> {
  return (await bench.send(drive, protocolIn(code), { inBytes: 256 })).dataIn;
}

/** What a READ of each object from the beginning says. */
async function reads(bench: Bench, count: number, drive = 1): Promise<string[]> {
  const words: string[] = [];
  for (let object = 0; object < count; object += 1) {
    await bench.send(drive, [0x2b, 0, 0, 0, 0, 0, object]);
    words.push(word(await bench.read(drive, 10)));
  }
  return words;
}

test("the pages are the ones that drives have, and say what is set", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const protocols = await bench.send(1, protocolIn(0, 0), { inBytes: 256 });
  assert.deepEqual([...protocols.dataIn], [0, 0, 0, 0, 0, 0, 0, 2, 0x00, 0x20]);
  const list = await told(bench, 0x0000);
  const codes = Array.from({ length: list.readUInt16BE(2) / 2 }, (_, n) =>
    list.readUInt16BE(4 + n * 2),
  );
  assert.deepEqual(codes, [0x00, 0x01, 0x10, 0x11, 0x12, 0x20, 0x21]);
  for (const code of codes) {
    const page = await told(bench, code);
    assert.deepEqual([page.readUInt16BE(0), page.readUInt16BE(2)], [code, page.length - 4]);
  }
  assert.deepEqual([...(await told(bench, 0x0001))], [0, 1, 0, 2, 0, 0x10]);
  const capabilities = await told(bench, 0x0010);
  assert.deepEqual([capabilities[20], capabilities.readUInt16BE(30)], [1, 32]);
  assert.deepEqual([...(await told(bench, 0x0020)).subarray(4, 12)], [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(await set(bench, encryptionPage(KEY)), "GOOD");
  assert.deepEqual([...(await told(bench, 0x0020)).subarray(4, 12)], [0x42, 2, 2, 1, 0, 0, 0, 1]);
  assert.equal(await set(bench, noEncryptionPage()), "GOOD");
  assert.deepEqual([...(await told(bench, 0x0020)).subarray(4, 12)], [0, 0, 0, 0, 0, 0, 0, 2]);
  const unknown = await bench.send(1, protocolIn(0x0030), { inBytes: 256 });
  assert.equal(word(unknown), "5/24/00");
});

test("a record is read with its key only; one in clear where the mode allows it", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  await bench.write(1, record(10));
  await set(bench, encryptionPage(KEY));
  await bench.write(1, record(10, 1));
  await set(bench, encryptionPage(OTHER_KEY, { decryption: 3 }));
  await bench.write(1, record(10, 2));
  assert.deepEqual(await reads(bench, 3), ["GOOD", "7/74/03", "GOOD"]);
  await set(bench, encryptionPage(KEY));
  assert.deepEqual(await reads(bench, 3), ["7/74/02", "GOOD", "7/74/03"]);
  await bench.send(1, [0x2b, 0, 0, 0, 0, 0, 1]);
  assert.equal((await told(bench, 0x0021))[12], 5);
  await set(bench, noEncryptionPage());
  assert.equal((await told(bench, 0x0021))[12], 6);
  assert.deepEqual(await reads(bench, 3), ["GOOD", "7/74/01", "7/74/01"]);
  await bench.send(1, [0x2b, 0, 0, 0, 0, 0, 1]);
  assert.equal(word(await bench.send(1, [0x13, 0, 0, 0, 10])), "7/74/01");
  assert.equal((await bench.position(1))[0], 1, "what cannot be read is not passed");
});

test("another cartridge's record, and one that is written over, have no old key", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const path = join(bench.folder, "UND001L9.json");
  await bench.write(1, record(10));
  assert.doesNotMatch(readFileSync(path, "utf8"), /keys/);
  await set(bench, encryptionPage(KEY));
  await bench.write(1, record(10, 1));
  await bench.write(1, record(10, 2));
  assert.equal(JSON.parse(readFileSync(path, "utf8")).keys.length, 1);
  assert.ok(!readFileSync(path).includes(KEY.toString("hex")));
  await set(bench, noEncryptionPage());
  await bench.rewind(1);
  await bench.write(1, record(10));
  await bench.write(1, record(10, 1));
  assert.deepEqual(await reads(bench, 2), ["GOOD", "GOOD"]);
  assert.doesNotMatch(readFileSync(path, "utf8"), /keys/);
});

test("a key goes with the power, and at an unload only where that is wanted", async (t) => {
  const bench = await Bench.open(t);
  assert.equal(await set(bench, encryptionPage(KEY, { flags: CLEARED_AT_DEMOUNT })), "5/26/00");
  await bench.mount(0, 1);
  const mode = async () => (await told(bench, 0x0020))[5];
  await set(bench, encryptionPage(KEY));
  await bench.send(1, UNLOAD);
  assert.equal(await mode(), 2);
  await bench.move(DRIVE, SLOT);
  await bench.mount(0, 1);
  await set(bench, encryptionPage(KEY, { flags: CLEARED_AT_DEMOUNT }));
  await bench.move(DRIVE, SLOT);
  assert.equal(await mode(), 0, "the robot has taken it");
  await set(bench, encryptionPage(KEY));
  bench.library.units.get(1)?.nexus(bench.nexus, "lu-reset");
  await bench.send(1, [0x00]);
  assert.equal(await mode(), 2);
  bench.library.setFault("drive 1 reset");
  await bench.send(1, [0x00]);
  assert.equal(await mode(), 0);
});

test("a page that it cannot do is refused, changes nothing, and tells nobody", async (t) => {
  const bench = await Bench.open(t);
  await bench.mount(0, 1);
  const other = newNexus("iqn.2026-11.com.example:other");
  bench.establish(other);
  const asked = async () => word(await bench.send(1, [0x00], { nexus: other }));
  await asked();
  const wrong = [
    encryptionPage(KEY, { scope: 0x20 }),
    encryptionPage(KEY, { scope: 0x41 }),
    encryptionPage(KEY, { flags: 1 }),
    encryptionPage(KEY, { encryption: 1 }),
    encryptionPage(KEY, { decryption: 1 }),
    encryptionPage(KEY, { format: 2 }),
    encryptionPage(KEY.subarray(0, 16)),
    encryptionPage(KEY).subarray(0, 40),
  ];
  for (const [index, page] of wrong.entries()) {
    assert.equal(await set(bench, page), "5/26/00", `page ${index}`);
  }
  const page = encryptionPage(KEY);
  const elsewhere = await bench.send(1, protocolOut(page.length, 0x11), { out: page });
  assert.equal(word(elsewhere), "5/24/00");
  assert.equal((await told(bench, 0x0020))[5], 0);
  assert.equal(await asked(), "GOOD");
  assert.equal(await set(bench, page), "GOOD");
  assert.equal(await asked(), "6/2A/11");
});
