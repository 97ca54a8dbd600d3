/** CHAP: responses against published examples of the hashes, binary values in any form. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CHAP_VALUE_BYTES_MAX,
  chapResponse,
  chooseAlgorithm,
  formatBinary,
  isSameResponse,
  parseBinary,
} from "../../host/iscsi/chap.ts";

/** Hashes of "abc": identifier "a", secret "b", challenge "c". */
const OF_ABC: readonly (readonly [string, string])[] = [
  ["5", "900150983cd24fb0d6963f7d28e17f72"],
  ["6", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["7", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  ["8", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"],
];

for (const [number, hash] of OF_ABC) {
  test(`algorithm ${number} hashes identifier, secret and challenge in this order`, () => {
    const algorithm = chooseAlgorithm(number);
    assert.ok(algorithm);
    const response = chapResponse(algorithm, 0x61, Buffer.from("b"), Buffer.from("c"));
    assert.equal(Buffer.from(response).toString("hex"), hash);
    assert.equal(response.length, algorithm.bytes);
  });
}

test("the initiator's order decides, what is unknown is passed over", () => {
  assert.equal(chooseAlgorithm("8,7,6,5")?.number, 8);
  assert.equal(chooseAlgorithm("99,5,7")?.number, 5);
  for (const list of ["", "4", "05", "5 ", "MD5"]) {
    assert.equal(chooseAlgorithm(list), undefined, list);
  }
});

test("binary values come back, in hexadecimal and in base64", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: CHAP_VALUE_BYTES_MAX }), (bytes) => {
      const text = formatBinary(bytes);
      for (const form of [text, text.toUpperCase(), `0b${Buffer.from(bytes).toString("base64")}`]) {
        assert.deepEqual([...(parseBinary(form) ?? [])], [...bytes]);
      }
    }),
  );
});

test("what is no binary value, or too long, is none", () => {
  const long = formatBinary(new Uint8Array(CHAP_VALUE_BYTES_MAX + 1));
  for (const text of ["", "0x", "0b", "0x1", "0xgg", "1234", "0b!", "0b====", "x00", long]) {
    assert.equal(parseBinary(text), undefined, text.slice(0, 9));
  }
});

test("responses of different lengths are different", () => {
  assert.ok(isSameResponse(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.ok(!isSameResponse(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.ok(!isSameResponse(Uint8Array.of(1, 2), Uint8Array.of(1)));
});
