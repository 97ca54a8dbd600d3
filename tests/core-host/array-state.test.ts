/** What sysfs says of md arrays, in folders that look like it; what is said when it changes. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { ArrayWatch } from "../../host/bridge/array-watch.ts";
import {
  type ArrayState,
  arraysOf,
  arraysUnder,
  arrayWords,
} from "../../host/cache/array-state.ts";

let sysfs = "";
beforeEach(() => {
  sysfs = mkdtempSync(join(tmpdir(), "sysfs-"));
});
afterEach(() => rmSync(sysfs, { recursive: true }));

/** A device's folder with these files in it, found by its number and by its name. */
function device(name: string, number: string, files: Record<string, string>, under = ""): void {
  const folder = join(sysfs, "devices/virtual/block", under, name);
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
  for (const [place, link] of [
    ["dev/block", number],
    ["class/block", name],
  ] as const) {
    mkdirSync(join(sysfs, place), { recursive: true });
    symlinkSync(folder, join(sysfs, place, link));
  }
}

const mirror = (degraded: string, more: Record<string, string> = {}): Record<string, string> => ({
  "md/level": "raid1",
  "md/array_state": "clean",
  "md/raid_disks": "2",
  "md/degraded": degraded,
  "md/sync_action": "idle",
  ...more,
});
const found = (number: string): ArrayState[] => arraysOf(join(sysfs, "dev/block", number), sysfs);

test("a whole mirror, one that lost a disk, one that is being mended", () => {
  device("md0", "9:0", mirror("0"));
  device("md1", "9:1", mirror("1", { "md/array_state": "active" }));
  device("md2", "9:2", mirror("1", { "md/sync_action": "recover" }));
  const [whole, lost, mended] = ["9:0", "9:1", "9:2"].map((number) => found(number)[0]);
  assert.ok(whole !== undefined && lost !== undefined && mended !== undefined);
  assert.deepEqual(whole, {
    ...{ name: "md0", level: "raid1", state: "clean", disks: 2, missing: 0, action: "idle" },
  });
  assert.equal(arrayWords(whole), "md0 raid1: 2 of 2 disks, clean");
  assert.equal(arrayWords(lost), "md1 raid1: 1 of 2 disks, active");
  assert.equal(arrayWords(mended), "md2 raid1: 1 of 2 disks, clean, recover");
});

test("a level without redundancy has no word for missing disks; a reshape has two numbers", () => {
  device("md3", "9:3", { "md/level": "raid0", "md/array_state": "clean", "md/raid_disks": "2" });
  device("md4", "9:4", mirror("0", { "md/raid_disks": "5 (4)" }));
  assert.deepEqual(
    found("9:3").map(({ missing, action }) => [missing, action]),
    [[0, ""]],
  );
  assert.equal(found("9:4")[0]?.disks, 5);
});

test("through a partition, and through device mapper on two arrays", () => {
  device("md0", "9:0", mirror("0"));
  device("md0p1", "259:1", { partition: "1" }, "md0");
  device("md1", "9:1", mirror("1"));
  device("dm-0", "253:0", { "slaves/md0p1": "", "slaves/md1": "" });
  device("dm-1", "253:1", { "slaves/dm-0": "", "slaves/md1": "" });
  device("sda", "8:0", {});
  const names = (number: string): string[] => found(number).map(({ name }) => name);
  assert.deepEqual(names("259:1"), ["md0"]);
  assert.deepEqual(names("253:1"), ["md0", "md1"]);
  assert.deepEqual(names("8:0"), []);
});

test("what leads in a circle ends; what is not there is no array", () => {
  device("dm-2", "253:2", { "slaves/dm-2": "" });
  assert.deepEqual(found("253:2"), []);
  assert.deepEqual(found("1:1"), []);
  assert.deepEqual(arraysUnder("/no/such/path"), []);
  assert.ok(Array.isArray(arraysUnder(sysfs)));
});

test("a lost disk is said once, and that it is back", () => {
  const state = { missing: 0 };
  const array = { name: "md0", level: "raid1", state: "clean", disks: 2, action: "idle" };
  const lines: string[] = [];
  const watch = new ArrayWatch(
    ["/a", "/b"],
    (level, message, fields) => lines.push(`${level} ${message} ${fields?.["array"]}`),
    () => [{ ...array, ...state }],
  );
  watch.look();
  assert.deepEqual(lines, []);
  state.missing = 1;
  assert.deepEqual(watch.arraysUnder(["/a", "/b"]), [{ ...array, missing: 1 }]);
  watch.look();
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^warn an array under the ring has lost a disk: .*md0 raid1: 1 of 2/,
  );
  state.missing = 0;
  watch.look();
  watch.look();
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? "", /^info an array under the ring is whole again md0 raid1: 2 of 2/);
});
