import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTextKeys, isTextFault, KEYS_MAX, parseTextKeys } from "../../host/iscsi/text-key.ts";

const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.+@_-]{0,62}$/);
const value = fc.stringMatching(/^[^\0]*$/);

test("what is formatted is parsed again", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name }), (entries) => {
      const parsed = parseTextKeys(formatTextKeys(entries));
      assert.ok(!isTextFault(parsed));
      assert.deepEqual([...parsed], entries);
    }),
  );
});

test("arbitrary bytes never throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      parseTextKeys(bytes);
    }),
  );
});

const FAULTS: readonly [string, string, RegExp][] = [
  ["no =", "Key\0", /not a key/],
  ["empty key", "=v\0", /not a key/],
  ["key of 64 bytes", `${"K".repeat(64)}=v\0`, /not a key/],
  ["odd character", "K y=v\0", /not a key/],
  ["twice", "K=1\0K=2\0", /twice/],
  ["not ended", "K=1\0L=2", /zero byte/],
];

for (const [name, text, expected] of FAULTS) {
  test(`fault: ${name}`, () => {
    const parsed = parseTextKeys(Buffer.from(text));
    assert.ok(isTextFault(parsed));
    assert.match(parsed.fault, expected);
  });
}

test("at most KEYS_MAX keys; empty pairs do not count; a value may have =", () => {
  const entries = Array.from({ length: KEYS_MAX }, (_, index): [string, string] => [
    `K${index}`,
    "a=b",
  ]);
  const parsed = parseTextKeys(Buffer.concat([formatTextKeys(entries), new Uint8Array(3)]));
  assert.ok(!isTextFault(parsed));
  assert.equal(parsed.get("K0"), "a=b");
  assert.ok(isTextFault(parseTextKeys(formatTextKeys([...entries, ["More", ""]]))));
});
