/** libiscsi's iscsi-ls and iscsi-inq against a whole bridge. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { findProgram } from "../../tools/launch/debian.mjs";
import { bridgeConfig, startLibrary, startWith } from "../core-host/practice-bridge.ts";

const run = promisify(execFile);
const TOOL_MS = 30_000;
const missing = ["iscsi-ls", "iscsi-inq"].filter((name) => findProgram(name) === undefined);
const skip = missing.length > 0 ? `${missing.join(", ")} not installed (libiscsi-bin)` : false;
/** Unit Serial Number and Device Identification. */
const SERIAL_PAGE = "128";
const IDENTIFICATION_PAGE = "131";
/** Extended INQUIRY data, and logical block protection: libiscsi has no readers for them. */
const UNREADABLE_PAGES: readonly string[] = ["134", "181"];

const folder = mkdtempSync(join(tmpdir(), "understudy-libiscsi-tools-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("iscsi-ls finds a changer and a lane, iscsi-inq what they are", { skip }, async (t) => {
  const library = await startLibrary(t, folder);
  const bridge = await startWith(t, { ...bridgeConfig(folder, library.ready), laneCount: 1 });
  const [, url = ""] = bridge.ready.split(" ");
  const [portal = "", targetName = ""] = url.replace("iscsi://", "").split("/");
  const tool = async (name: string, ...words: string[]): Promise<string> =>
    (await run(name, words, { timeout: TOOL_MS })).stdout;

  const units = await tool("iscsi-ls", "-s", `iscsi://${portal}`);
  assert.deepEqual(units.trim().split(/\s*\n/), [
    `Target:${targetName} Portal:${portal},1`,
    "Lun:0    Type:MEDIA_CHANGER",
    "Lun:1    Type:SEQUENTIAL_ACCESS (No media loaded)",
  ]);
  const product = new Map([
    [0, /^Vendor:UNDERSTD\nProduct:PRACTICE-LIB/m],
    [1, /^Vendor:UNDERSTD\nProduct:PRACTICE-LTO9/m],
  ]);
  for (const [lun, pattern] of product) {
    const standard = await tool("iscsi-inq", `${url}/${lun}`);
    assert.match(standard, /Peripheral Qualifier:CONNECTED/);
    assert.match(standard, pattern);
    const serialPage = await tool("iscsi-inq", "-e", "1", "-c", SERIAL_PAGE, `${url}/${lun}`);
    const serial = /\[(.+?) *\]/.exec(serialPage)?.[1] ?? assert.fail(serialPage);
    const identification = ["-e", "1", "-c", IDENTIFICATION_PAGE, `${url}/${lun}`];
    const designators = await tool("iscsi-inq", ...identification);
    assert.match(designators, /Association:\(0\) LOGICAL_UNIT\nDesignator Type:\(3\) NAA/);
    assert.ok(designators.includes(serial), designators);
    const pages = await tool("iscsi-inq", "-e", "1", "-c", "0", `${url}/${lun}`);
    for (const code of pages.matchAll(/^Page:0x([0-9a-f]{2})/gm)) {
      const page = String(Number.parseInt(code[1] ?? "", 16));
      const read = tool("iscsi-inq", "-e", "1", "-c", page, `${url}/${lun}`);
      await (UNREADABLE_PAGES.includes(page) ? assert.rejects(read, /unmarshall/) : read);
    }
  }
  await assert.rejects(tool("iscsi-inq", `${url}/2`), /LOGICAL_UNIT_NOT_SUPPORTED/);
});
