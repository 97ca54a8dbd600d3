import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { AC_JOURNAL } from "../../assembly/spec/action.ts";
import {
  type KnownDrive,
  nameLanes,
  numberDrives,
  parseIdentity,
  readIdentity,
  writeIdentity,
} from "../../host/bridge/identity.ts";
import { noSuchUnit } from "../../host/bridge/no-such-unit.ts";
import type { CoreEvent } from "../../host/core/core-event.ts";
import { journalKeeper, readJournal } from "../../host/lane/journal.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { perform, TestTask } from "./peers.ts";

const folder = mkdtempSync(join(tmpdir(), "understudy-bridge-"));
after(() => rmSync(folder, { recursive: true }));

const INQUIRY = "01".repeat(36);

function drive(serial: string, lun: number): KnownDrive {
  return { serial, lun, inquiry: INQUIRY };
}

test("drives keep their numbers when one is away, moves or comes back", () => {
  const first = numberDrives([], [drive("A", 1), drive("B", 2), drive("C", 3)]);
  assert.deepEqual(
    first.map(({ serial }) => serial),
    ["A", "B", "C"],
  );
  const without = numberDrives(first, [drive("C", 2), drive("D", 3)]);
  assert.deepEqual(
    without.map(({ serial, lun }) => [serial, lun]),
    [
      ["A", 1],
      ["B", 2],
      ["C", 2],
      ["D", 3],
    ],
  );
  const other = numberDrives(first, [drive("X", 1)]);
  assert.deepEqual(other, [drive("X", 1)]);
});

test("drives without serial numbers are known by their place", () => {
  const first = numberDrives([], [drive("", 1), drive("", 2)]);
  assert.deepEqual(
    numberDrives(first, [drive("", 2)]).map(({ lun }) => lun),
    [1, 2],
  );
});

test("lanes keep serial number and product data for ever", () => {
  const drives = [drive("A", 1), drive("B", 2)];
  const lanes = nameLanes("0badcafe", [], drives, 1);
  assert.deepEqual(lanes, [{ serial: "UST0BADCAFE01", inquiry: INQUIRY }]);
  const others = drives.map((one) => ({ ...one, inquiry: "02".repeat(36) }));
  const more = nameLanes("0badcafe", lanes, others, 2);
  assert.deepEqual(more[0], lanes[0]);
  assert.equal(more[1]?.serial, "UST0BADCAFE02");
  assert.deepEqual(nameLanes("0badcafe", more, others, 1), more, "a lane less is not forgotten");
});

test("the identity is made once and read back", async () => {
  const path = join(folder, "identity.json");
  const made = await readIdentity(path);
  assert.match(made.id, /^[0-9a-f]{8}$/);
  const identity = {
    ...made,
    drives: [drive("A", 1)],
    lanes: nameLanes(made.id, [], [drive("A", 1)], 1),
  };
  await writeIdentity(path, identity);
  assert.deepEqual(await readIdentity(path), identity);
  writeFileSync(path, readFileSync(path, "utf8").slice(0, -20));
  await assert.rejects(readIdentity(path), OperatorError);
});

test("no text is taken for an identity by mistake, none throws", () => {
  fc.assert(fc.property(fc.string(), (text) => assert.equal(parseIdentity(text), undefined)));
  fc.assert(fc.property(fc.json(), (text) => assert.equal(parseIdentity(text), undefined)));
});

test("journals are replaced whole, in order, and answered when stable", async () => {
  const path = join(folder, "journal");
  assert.deepEqual(await readJournal(path), new Uint8Array());
  const answers: CoreEvent[] = [];
  const all = new Promise<void>((resolve) => {
    const keep = journalKeeper(path, (event) => {
      answers.push(event);
      if (answers.length === 3) {
        resolve();
      }
    });
    for (const tag of [1, 2, 3]) {
      perform(keep, { kind: AC_JOURNAL, tag, params: new Uint8Array(tag * 100).fill(tag) });
    }
  });
  await all;
  assert.deepEqual(
    answers.map(({ tag, a }) => [tag, a]),
    [
      [1, 0],
      [2, 0],
      [3, 0],
    ],
  );
  assert.deepEqual(Buffer.from(await readJournal(path)), Buffer.alloc(300, 3));
});

test("a journal that cannot be written is answered with the error number", async () => {
  const event = await new Promise<CoreEvent>((resolve) => {
    const keep = journalKeeper(join(folder, "nowhere", "journal"), resolve);
    perform(keep, { kind: AC_JOURNAL, tag: 4, params: new Uint8Array(1) });
  });
  assert.deepEqual([event.tag, event.a], [4, 2]);
});

test("logical units that do not exist say so", () => {
  const unit = noSuchUnit([2, 0, 1]);
  const ask = (...cdb: number[]) => {
    const task = new TestTask(1, 0);
    task.cdb.set(cdb);
    unit.command(task);
    assert.equal(task.answers.length, 1);
    return task.answers[0];
  };
  const luns = ask(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 64)?.dataIn ?? [];
  assert.equal(
    Buffer.from(luns).toString("hex"),
    `00000018${"00".repeat(4)}${"00".repeat(8)}0001${"00".repeat(6)}0002${"00".repeat(6)}`,
  );
  assert.equal(ask(0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 16)?.dataIn?.length, 16);
  assert.equal(ask(0xa0, 0, 1, 0, 0, 0, 0, 0, 0, 64)?.dataIn?.length, 8);
  const inquiry = ask(0x12, 0, 0, 0, 96)?.dataIn ?? [];
  assert.deepEqual([...inquiry.slice(0, 8)], [0x7f, 0, 6, 2, 31, 0, 0, 0]);
  assert.equal(inquiry.length, 36);
  assert.deepEqual([...(ask(0x03, 0, 0, 0, 18)?.dataIn?.slice(12, 14) ?? [])], [0x25, 0]);
  for (const wrong of [
    [0xa0, 0, 3, 0, 0, 0, 0, 0, 0, 64],
    [0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 15],
    [0x12, 1, 0x80, 0, 96],
  ]) {
    assert.deepEqual([...(ask(...wrong)?.sense?.slice(12, 14) ?? [])], [0x24, 0]);
  }
  const refused = ask(0x00);
  assert.equal(refused?.status, 2);
  assert.equal(
    Buffer.from(refused?.sense ?? []).toString("hex"),
    "70000500000000 0a00000000250000 0000 00".replaceAll(" ", ""),
  );
});
