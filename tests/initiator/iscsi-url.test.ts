/** Which texts name a target. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";

const IQN = "iqn.2026-11.com.example:library";

const GOOD = [
  [`iscsi://127.0.0.1:3260/${IQN}`, { host: "127.0.0.1", port: 3260, lun: undefined }],
  [`iscsi://library/${IQN}`, { host: "library", port: 3260, lun: undefined }],
  [`iscsi://[::1]:3290/${IQN}/4`, { host: "::1", port: 3290, lun: 4 }],
  [`iscsi://library:1/${IQN}/16383`, { host: "library", port: 1, lun: 16383 }],
] as const;

for (const [text, expected] of GOOD) {
  test(`${text} names a target`, () => {
    assert.deepEqual(parseIscsiUrl(text), { targetName: IQN, ...expected });
  });
}

const BAD = [
  ["", /form/],
  ["127.0.0.1:3260", /form/],
  [`http://library/${IQN}`, /form/],
  [`iscsi://library:0/${IQN}`, /port/],
  [`iscsi://library:65536/${IQN}`, /port/],
  ["iscsi://library:3260", /form/],
  ["iscsi://library:3260/", /target name/],
  ["iscsi://library:3260/tapes", /target name/],
  [`iscsi://library:3260/${IQN}/x`, /logical unit/],
  [`iscsi://library:3260/${IQN}/16384`, /logical unit/],
  [`iscsi://user@library:3260/${IQN}`, /form/],
] as const;

for (const [text, reason] of BAD) {
  test(`"${text}" names none, and is told why`, () => {
    const result = parseIscsiUrl(text);
    assert.ok("problem" in result);
    assert.match(result.problem, reason);
    assert.match(result.problem, /for example iscsi:\/\//);
  });
}

test("no text makes it throw", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.ok(parseIscsiUrl(`iscsi://${text}`))));
});
