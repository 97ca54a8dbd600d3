/**
 * A practice library and a bridge in front of it, processes of their own, for a server in a guest.
 * Decides how many drives, cartridges and spares there are. Faults are set through the library's
 * control socket, as an operator would.
 */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { askStatus } from "../../host/console/status.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import { type Child, startChild } from "../../tools/demo/child.ts";
import { runLibraryFault } from "../../tools/practice-library/run.ts";
import type { GuestTarget } from "../../tools/rigs/guest/guest.ts";

/** One lane, four drives to go on with. */
const DRIVE_COUNT = 5;
export const SPARE_MEDIA = ["UND007L9", "UND008L9"] as const;
/** The drive that hangs must be given up long before a test is. */
export const DRIVE_TIMEOUT_SECONDS = 3;
const RING_SIZE = "256M";

/** A running bridge on its library. */
export interface GuestBridge {
  readonly target: GuestTarget;
  /** `iscsi://HOST:PORT/IQN`. */
  readonly url: string;
  /** The library's, with the files of the cartridges. */
  readonly libraryFolder: string;
  /** Sets a rule on the library. Rejects with the library's words. */
  breakLibrary(rule: string): Promise<void>;
  status(): Promise<StatusDocument>;
  /** The last lines of the bridge's log, of each time that it ran. */
  log(): readonly string[];
  /** SIGTERM to the bridge, then the same command again, on the same port; ready when it is fulfilled. */
  restart(): Promise<void>;
  /** The lane's drive as fault rules count them: 1 and up. */
  laneDrive(): Promise<number>;
}

/**
 * Starts both; the test ends them, and asserts that they end well. `flags` are the library's,
 * `bridgeFlags` the bridge's.
 */
export async function startGuestBridge(
  t: TestContext,
  flags: readonly string[] = [],
  bridgeFlags: readonly string[] = [],
): Promise<GuestBridge> {
  const folder = await mkdtemp(join(tmpdir(), "guest-bridge-"));
  const running: Child[] = [];
  t.after(async () => {
    for (const child of running.reverse()) {
      assert.equal(await child.stop(), 0, child.log().join("\n"));
    }
    await rm(folder, { recursive: true, force: true });
  });
  const control = join(folder, "control.sock");
  const libraryFolder = join(folder, "library");
  const library = await startChild([
    "library",
    ...["--listen", "127.0.0.1:0", "--dir", libraryFolder, "--control", control],
    ...["--drives", String(DRIVE_COUNT), "--rate", "none"],
    ...flags,
  ]);
  running.push(library);
  const state = join(folder, "state");
  const startBridge = async (port: number): Promise<Child> => {
    const started = await startChild([
      "start",
      ...["--library", library.url, "--listen", `127.0.0.1:${port}`, "--state", state],
      ...["--ring", join(folder, "ring"), "--ring-size", RING_SIZE],
      ...["--lanes", "1", "--spare-media", SPARE_MEDIA.join()],
      ...["--drive-timeout", String(DRIVE_TIMEOUT_SECONDS)],
      ...bridgeFlags,
    ]);
    running.push(started);
    return started;
  };
  const lives = [await startBridge(0)];
  const url = lives[0]?.url ?? "";
  const address = parseIscsiUrl(url);
  assert.ok(!("problem" in address), url);
  const { lanes, spareDrives } = await askStatus(state);
  const drives = [...lanes.map(({ drive }) => drive), ...spareDrives];
  const firstElement = Math.min(...drives.map((drive) => drive?.element ?? Number.NaN));
  return {
    url,
    libraryFolder,
    target: {
      port: address.port,
      targetName: address.targetName,
      changerLun: 0,
      driveLun: 1,
    },
    breakLibrary: (rule) => setRule(rule, control),
    status: () => askStatus(state),
    log: () => lives.flatMap((life) => life.log()),
    restart: async () => {
      const bridge = running.pop();
      assert.equal(await bridge?.stop(), 0, bridge?.log().join("\n"));
      lives.push(await startBridge(address.port));
    },
    laneDrive: async () => {
      const element = (await askStatus(state)).lanes[0]?.drive?.element;
      assert.ok(element !== undefined, "the lane has no drive");
      return element - firstElement + 1;
    },
  };
}

async function setRule(rule: string, control: string): Promise<void> {
  const words: string[] = [];
  const say = (line: string): number => words.push(line);
  const io = { out: say, err: say, signal: new AbortController().signal };
  assert.equal(await runLibraryFault(rule, control, io), 0, `${rule}: ${words.join(" | ")}`);
}
