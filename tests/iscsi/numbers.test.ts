import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { get24, get32, put24, put32 } from "../../host/iscsi/bytes.ts";
import { getLun, LUN_MAX, LUN_NONE, putLun } from "../../host/iscsi/lun.ts";
import { serialAdd, serialLess, serialNext } from "../../host/iscsi/serial-number.ts";

const serial = fc.integer({ min: 0, max: 0xffffffff });

test("serial numbers: the next ones come after, over the wrap too", () => {
  assert.equal(serialNext(0xffffffff), 0);
  assert.ok(serialLess(0xffffffff, 0));
  assert.ok(!serialLess(0, 0xffffffff));
  fc.assert(
    fc.property(serial, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (a, steps) => {
      const b = serialAdd(a, steps);
      assert.ok(serialLess(a, b));
      assert.ok(!serialLess(b, a));
      assert.ok(!serialLess(a, a));
    }),
  );
});

test("integers are read as they were stored; past the end there are zeros", () => {
  const bytes = new Uint8Array(8);
  fc.assert(
    fc.property(serial, (value) => {
      put32(bytes, 1, value);
      assert.equal(get32(bytes, 1), value);
      put24(bytes, 4, value);
      assert.equal(get24(bytes, 4), value & 0xffffff);
    }),
  );
  assert.equal(get32(Uint8Array.of(1, 2), 0), 0x01020000);
});

test("LUN: every number is read as it was written", () => {
  const bhs = new Uint8Array(16);
  for (let lun = 0; lun <= LUN_MAX; lun += 1) {
    putLun(bhs, 8, lun);
    assert.equal(getLun(bhs, 8), lun);
  }
});

test("LUN: other forms are no logical unit", () => {
  for (const hex of [
    "c101000000000000",
    "8001000000000000",
    "0101000000000000",
    "0001000100000000",
    "4001000000000001",
  ]) {
    assert.equal(getLun(Buffer.from(hex, "hex"), 0), LUN_NONE, hex);
  }
  assert.equal(getLun(Buffer.from("4001000000000000", "hex"), 0), 1);
});
