/** The file with the accounts of CHAP: what is an account, what is refused, and that no secret is told. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import {
  parseChapAccounts,
  parseLibraryAccounts,
  readChapFile,
  readLibraryChapFile,
} from "../../host/config/chap-file.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_USAGE } from "../../host/lib/exit-code.ts";

const SECRET = "hidden-thing-12";
const ONE = `[[initiator]]\nname = "backup"\nsecret = "${SECRET}"\n`;
const TARGET = `[target]\nname = "bridge"\nsecret = "${SECRET}-too"\n`;

const folder = mkdtempSync(join(tmpdir(), "chap-"));
after(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, mode = 0o600): string {
  const path = join(folder, "chap.toml");
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

/** Says why; the words hold no secret. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    assert.ok(thrown instanceof OperatorError);
    assert.equal(thrown.exitCode, EXIT_USAGE);
    assert.doesNotMatch(thrown.message, /hidden/);
    return thrown.message;
  }
  return assert.fail("not refused");
}

test("servers, and the bridge itself", () => {
  const accounts = readChapFile({ kind: "file", path: fileOf(`${ONE}${TARGET}`) });
  assert.deepEqual(accounts, {
    initiators: [{ name: "backup", secret: Buffer.from(SECRET) }],
    target: { name: "bridge", secret: Buffer.from(`${SECRET}-too`) },
  });
  assert.ok(!("target" in readChapFile({ kind: "file", path: fileOf(ONE) })));
});

for (const [name, text, reason] of [
  ["nobody", "", /initiator: it holds \[\[initiator\]\] for each server/],
  ["an empty list", "initiator = []", /it holds/],
  [
    "a short secret",
    '[[initiator]]\nname = "a"\nsecret = "hidden-1234"',
    /initiator 1 secret: .*12 to/,
  ],
  ["a secret that is a number", '[[initiator]]\nname = "a"\nsecret = 123456789012', /secret/],
  ["a long name", `[[initiator]]\nname = "${"n".repeat(256)}"\nsecret = "${SECRET}"`, /1 name/],
  [
    "a name with a control character",
    `[[initiator]]\nname = "a\\u0000"\nsecret = "${SECRET}"`,
    /1 name/,
  ],
  ["a key that is none", `${ONE}password = "${SECRET}"`, /initiator 1 password/],
  ["a name twice", `${ONE}${ONE}`, /two \[\[initiator\]\] with one name/],
  [
    "one secret for both sides",
    `${ONE}[target]\nname = "b"\nsecret = "${SECRET}"`,
    /also that of "backup"/,
  ],
  ["no TOML", `[[initiator]]\nname = "backup"\nsecret = ${SECRET}`, /not TOML, line 3/],
  ["too much", `#${" ".repeat(70_000)}\n${ONE}`, /bytes, at most 65536/],
] as const) {
  test(`${name}: refused`, () => {
    const path = fileOf(text);
    assert.match(
      refusal(() => readChapFile({ kind: "file", path })),
      reason,
    );
  });
}

test("the library's: who the bridge is there, and who the library is", () => {
  const own = `[initiator]\nname = "bridge"\nsecret = "${SECRET}"\n`;
  const library = `[target]\nname = "library"\nsecret = "${SECRET}-too"\n`;
  const place = (text: string) => ({ kind: "file", path: fileOf(text) }) as const;
  assert.deepEqual(readLibraryChapFile(place(own)), {
    own: { name: "bridge", secret: Buffer.from(SECRET) },
    algorithms: [8, 7, 6, 5],
  });
  assert.deepEqual(readLibraryChapFile(place(`${own}algorithms = [5]\n${library}`)), {
    own: { name: "bridge", secret: Buffer.from(SECRET) },
    algorithms: [5],
    target: { name: "library", secret: Buffer.from(`${SECRET}-too`) },
  });
  for (const [text, reason] of [
    [library, /initiator: it holds \[initiator\] for the bridge/],
    [ONE, /it holds \[initiator\] for the bridge/],
    [`${own}algorithms = [4]`, /initiator algorithms 1: .*a list out of 8, 7, 6, 5/],
    [`${own}algorithms = []`, /initiator algorithms: /],
    [`${own}[target]\nname = "l"\nsecret = "${SECRET}"`, /\[target\] is also that of "bridge"/],
  ] as const) {
    const words = refusal(() => readLibraryChapFile(place(text)));
    assert.match(words, reason);
    assert.match(words, /CHAP accounts for the library .*see --library-chap-file/);
  }
});

test("a file that others may use is refused; a credential's access list stands in its bits", () => {
  for (const mode of [0o640, 0o604, 0o660]) {
    const path = fileOf(ONE, mode);
    assert.match(
      refusal(() => readChapFile({ kind: "file", path })),
      /CHAP accounts.*chmod 600 it/,
    );
  }
  const path = fileOf(ONE, 0o440);
  assert.equal(readChapFile({ kind: "credential", path }).initiators.length, 1);
  assert.match(
    refusal(() => readChapFile({ kind: "credential", path: "" })),
    /LoadCredential/,
  );
  assert.match(
    refusal(() => readChapFile({ kind: "file", path: folder })),
    /chmod|not a file/,
  );
});

test("no text throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(typeof parseChapAccounts(text), "string");
      assert.equal(typeof parseLibraryAccounts(text), "string");
    }),
  );
});
