/**
 * The bridge in a Linux guest, its ring on a real md mirror: a disk fails while a server streams, then the
 * cartridge. The server notices nothing, a spare cartridge gets the image from the disk that is left, status
 * and log say what has happened.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { askControl } from "../../host/console/control-client.ts";
import { parseIscsiUrl } from "../../host/initiator/iscsi-url.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import { readCartridge } from "../../tools/cartridge/read-cartridge.ts";
import { type GuestEnd, guestImage, runGuest } from "../../tools/rigs/guest/guest.ts";
import { runLibraryHere } from "../recovery/command.ts";
import { DRIVE_1, SLOT_1 } from "../recovery/kit.ts";
import { FILEMARK, Server, type TapeObject } from "../recovery/server.ts";

const BUILD_TIMEOUT_MS = 110_000;
const JOB_TIMEOUT_MS = 105_000;
const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const TARGET = "iqn.2026-11.com.example:understudy";
const GUEST_PORT = 3260;
const CONTROL_TIMEOUT_MS = 10_000;
const DISKS_MIB = [96, 96];
/** Before the disk may fail, until it has failed at most, and after it. */
const RECORDS_BEFORE = 40;
const RECORDS_MEANWHILE_MAX = 500;
const RECORDS_AFTER = 60;

test("a disk of the ring's md mirror fails in mid-stream: nobody notices, status tells it", async (t) => {
  const image = await guestImage(BUILD_TIMEOUT_MS);
  if (image.kind === "missing") {
    t.skip(image.reason);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "guest-mirror-"));
  const library = await runLibraryHere([
    ...["--listen", "127.0.0.1:0", "--dir", folder, "--rate", "none"],
    ...["--load-ms", "1", "--move-ms", "1"],
  ]);
  t.after(async () => {
    await library.stop();
    await rm(folder, { recursive: true });
  });
  const address = parseIscsiUrl(library.url);
  assert.ok(!("problem" in address));
  const hostPort = await freePort();
  const url = `iscsi://127.0.0.1:${hostPort}/${TARGET}`;
  const story = new MirrorStory(url, join(folder, "control.sock"));
  const end = await runGuest({
    image: image.path,
    job: join(import.meta.dirname, "jobs/mirror"),
    target: {
      port: address.port,
      targetName: address.targetName,
      changerLun: 0,
      driveLun: 1,
    },
    variables: { ["JOB_NODE"]: relative(PROJECT, process.execPath) },
    timeoutMs: JOB_TIMEOUT_MS,
    share: PROJECT,
    disksMib: DISKS_MIB,
    forward: { hostPort, guestPort: GUEST_PORT },
    setFault: (name) => story.part(name),
  });
  const words = end.console.join("\n");
  assert.equal(end.exitCode, 0, words);
  assert.ok(story.tape.length > RECORDS_BEFORE + RECORDS_AFTER, words);
  assert.deepEqual(await objectsOn(join(folder, "UND008L9.tap")), story.tape);
  const { lanes, recoveries } = statusIn(end);
  assert.deepEqual(
    recoveries.map(({ kind, result }) => [kind, result]),
    [["medium", "recovered"]],
    words,
  );
  assert.deepEqual(lanes[0]?.cartridge, { volumeTag: "UND001L9", realVolumeTag: "UND008L9" });
  assert.equal(lanes[0]?.ring.protected, true);
  assert.notEqual(lanes[0]?.state, "degraded");
  const { paths, arrays } = lanes[0]?.ring.device ?? {};
  assert.deepEqual(paths, ["/dev/md0"]);
  assert.deepEqual(
    arrays?.map(({ name, level, disks, missing }) => [name, level, disks, missing]),
    [["md0", "raid1", 2, 1]],
  );
  assert.match(words, /an array under the ring has lost a disk: .*md0 raid1: 1 of 2 disks/);
  assert.doesNotMatch(words, /the ring failed/);
});

/** The host's parts of the job: a server that streams while the guest fails the disk; then the cartridge. */
class MirrorStory {
  readonly #url: string;
  readonly #control: string;
  #server: Server | undefined;
  #stream: Promise<void> | undefined;
  #hasFailed = false;

  constructor(url: string, control: string) {
    this.#url = url;
    this.#control = control;
  }

  get tape(): readonly TapeObject[] {
    return this.#server?.tape ?? [];
  }

  async part(name: string): Promise<void> {
    if (name === "streaming") {
      const changer = await Server.logIn(this.#url, 0);
      await changer.move(SLOT_1, DRIVE_1);
      await changer.logOut();
      const server = await Server.logIn(this.#url, 1);
      this.#server = server;
      await server.writeMany(RECORDS_BEFORE);
      this.#stream = this.#writeOn(server);
      // Its error, if there is one, is told at the end.
      this.#stream.catch(() => undefined);
    } else {
      this.#hasFailed = true;
      await this.#stream;
      const rule = "fault cartridge UND001L9 write fail";
      const asked = await askControl(this.#control, rule, CONTROL_TIMEOUT_MS);
      assert.equal(asked.kind, "answered", JSON.stringify(asked));
      await this.#server?.writeMany(RECORDS_AFTER);
      await this.#server?.filemarks(1);
      await this.#server?.logOut();
    }
  }

  /** Until the disk has failed. */
  async #writeOn(server: Server): Promise<void> {
    for (let count = 0; !this.#hasFailed && count < RECORDS_MEANWHILE_MAX; count += 1) {
      await server.write();
    }
  }
}

/** A port of 127.0.0.1 that nobody has at this moment. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  assert.ok(typeof address === "object" && address !== null);
  return address.port;
}

async function objectsOn(path: string): Promise<TapeObject[]> {
  const found: TapeObject[] = [];
  for await (const object of readCartridge(path)) {
    found.push(object.kind === "filemark" ? FILEMARK : `${object.length} ${object.sha256}`);
  }
  return found;
}

function statusIn(end: GuestEnd): StatusDocument {
  const line = end.console.find((text) => text.startsWith("STATUS "));
  assert.ok(line !== undefined, end.console.join("\n"));
  return JSON.parse(line.slice("STATUS ".length)) as StatusDocument;
}
