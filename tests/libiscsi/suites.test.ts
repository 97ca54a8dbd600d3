/**
 * libiscsi's own test suites against a whole bridge, for what applies to tape drives and changers. Lane and
 * changer each have a bridge, since resets of the target reach every unit of it.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { bridgeConfig, startLibrary, startWith } from "../core-host/practice-bridge.ts";
import { DRIVE_1, SLOT_1 } from "../recovery/kit.ts";
import { Server } from "../recovery/server.ts";
import { PASSES, PASSES_AS_DISK, ROWS, rulingOf } from "./suites.ts";
import { buildShim, listTests, runTest, toolMissing } from "./tool.ts";

const RUN = [PASSES, PASSES_AS_DISK];
/** They fill the tape with the blocks that the others read. */
const FIRST = ["Write10.Async", "Read10.Async"];
/** What the bridge says of the session that iSCSIdatasn's four wrong numbers cost. */
const WRONG_DATA_SN = /DataSN \d+, expected \d+/;

const skip = toolMissing();
const folder = mkdtempSync(join(tmpdir(), "understudy-libiscsi-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("libiscsi's suites", { skip, concurrency: true }, async (t) => {
  const shim = await buildShim(folder);
  const tests = await listTests();
  const iscsi = tests.filter((name) => name.startsWith("iSCSI"));
  const scsi = tests.filter((name) => !iscsi.includes(name));
  await Promise.all([
    t.test("each test has a ruling, and each ruling a test", () => {
      for (const name of tests) {
        rulingOf(name, "lane");
      }
      const known = new Set([...tests, ...tests.map((name) => name.split(".")[0])]);
      assert.deepEqual(
        ROWS.filter(([name]) => !known.has(name)),
        [],
      );
    }),
    t.test("a lane", async (lane) => {
      await runAll(lane, "lane", scsi, shim);
    }),
    t.test("a lane's sessions", async (lane) => {
      const said = await runAll(lane, "lane", iscsi, shim);
      assert.deepEqual(
        said.flatMap((line) => WRONG_DATA_SN.exec(line) ?? []),
        [
          "DataSN 0, expected 1",
          "DataSN 27, expected 0",
          "DataSN 4294967295, expected 0",
          "DataSN 1, expected 0",
        ],
      );
    }),
    t.test("the changer", async (changer) => {
      await runAll(changer, "changer", tests, shim);
    }),
  ]);
});

/** Those of `tests` that apply to the unit, on a bridge of its own; the bridge's words. */
async function runAll(
  t: TestContext,
  unit: "lane" | "changer",
  tests: readonly string[],
  shim: string,
): Promise<readonly string[]> {
  const own = mkdtempSync(join(folder, "bridge-"));
  const library = await startLibrary(t, own);
  const bridge = await startWith(t, bridgeConfig(own, library.ready));
  const [, url = ""] = bridge.ready.split(" ");
  await mount(url);
  const others = tests.filter((name) => !FIRST.includes(name));
  for (const name of [...FIRST, ...others]) {
    const ruling = rulingOf(name, unit);
    if (RUN.includes(ruling)) {
      const path = `${url}/${unit === "lane" ? 1 : 0}`;
      const paths = name.startsWith("MultipathIO.") ? [path, path] : [path];
      await t.test(name, async () => {
        if (ruling === PASSES_AS_DISK) {
          await makeBlocks(path);
        }
        const end = await runTest(name, paths, shim, ruling === PASSES_AS_DISK);
        // A test that skips itself has not passed.
        assert.equal(end.result, "passed", end.words);
      });
    }
  }
  return bridge.errors;
}

/**
 * What the shim sets on its way is set before: a change would be a unit attention to the tool's second
 * session, which it does not expect. Resets of earlier tests have undone it. The changer refuses it.
 */
async function makeBlocks(path: string): Promise<void> {
  const at = path.lastIndexOf("/");
  const server = await Server.logIn(path.slice(0, at), Number(path.slice(at + 1)));
  const dataOut = Uint8Array.from([0, 0, 0x10, 8, 0, 0, 0, 0, 0, 0, 2, 0]);
  await server.once([0x15, 0x10, 0, 0, 12, 0], { dataOut });
  await server.logOut();
}

/** A cartridge in the lane's drive. */
async function mount(url: string): Promise<void> {
  const changer = await Server.logIn(url, 0);
  await changer.move(SLOT_1, DRIVE_1);
  await changer.logOut();
}
