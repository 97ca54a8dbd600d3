/**
 * The stage of a story in front of Debian's tgt: the library, a bridge that can be killed, a server at the
 * bridge or straight at a drive, and the cartridge as the rig's own reader sees it.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askStatus } from "../../host/console/status.ts";
import type { LaneStatus, StatusDocument } from "../../host/lib/status-document.ts";
import { parseElementStatus } from "../../tools/demo/changer-client.ts";
import { startTgt, type TgtLibrary } from "../../tools/rigs/tgt/tgt-library.ts";
import { type Command, runChild } from "./command.ts";
import type { Ends } from "./kit.ts";
import { FILEMARK, recordOf, Server, type TapeObject } from "./server.ts";

export const VOLUME = "TB0001L6";
const BARCODES = `${VOLUME} TB0002L6 TB0003L6 TB0004L6`;
const SIZE_MEBIBYTES = 64;
const ELEMENTS_BYTES = 0x1000;
/** LUN of the drive that lane 1 begins with. */
const FIRST_DRIVE_LUN = 1;

export class TgtStage {
  readonly tgt: TgtLibrary;
  readonly #folder: string;
  readonly #flags: readonly string[];
  readonly #runs: Command[] = [];

  private constructor(tgt: TgtLibrary, folder: string, flags: readonly string[]) {
    this.tgt = tgt;
    this.#folder = folder;
    this.#flags = flags;
  }

  /** A library with blank cartridges, and a bridge with those flags besides. The test ends both. */
  static async open(t: Ends, flags: readonly string[]): Promise<TgtStage> {
    const folder = mkdtempSync(join(tmpdir(), "kill-tgt-"));
    const tgt = await startTgt({
      ...{ tune: true, faults: true, directory: folder },
      ...{ barcodes: BARCODES, sizeMebibytes: SIZE_MEBIBYTES },
    });
    const stage = new TgtStage(tgt, folder, flags);
    t.after(() => stage.#close(t));
    await stage.startBridge();
    return stage;
  }

  async #close(t: Ends): Promise<void> {
    await this.bridge.stop();
    await this.tgt.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    if ("passed" in t && t.passed === false) {
      t.diagnostic(this.#runs.map(({ lines }) => lines.all.join("\n")).join("\n--- again\n"));
    }
  }

  get bridge(): Command {
    const run = this.#runs.at(-1);
    assert.ok(run !== undefined);
    return run;
  }

  /** Starts the bridge (again) with the same command, or with other flags. */
  async startBridge(flags = this.#flags): Promise<void> {
    const { host, port, targetName } = this.tgt;
    const run = await runChild([
      ...["start", "--library", `iscsi://${host}:${port}/${targetName}`],
      ...["--listen", "127.0.0.1:0", "--state", this.#state, "--ring-size", "128M"],
      ...flags,
    ]);
    this.#runs.push(run);
  }

  get #state(): string {
    return join(this.#folder, "state");
  }

  status(): Promise<StatusDocument> {
    return askStatus(this.#state);
  }

  async lane(): Promise<LaneStatus> {
    const [lane] = (await this.status()).lanes;
    assert.ok(lane !== undefined);
    return lane;
  }

  /** Every recovery has ended. */
  async recoveredAll(): Promise<void> {
    for (;;) {
      const { recoveries } = await this.status();
      const running = recoveries.find(({ result }) => result === "running");
      if (running === undefined) {
        return;
      }
      const ended = `step \\d+ .*recovery=${running.id} .*result=(recovered|reported|abandoned)`;
      await this.bridge.lines.until(new RegExp(ended));
    }
  }

  /** Logs in to lane 1. */
  server(): Promise<Server> {
    return Server.logIn(this.bridge.url, 1);
  }

  /** Logs in to the drive itself: another server, without any bridge. */
  direct(): Promise<Server> {
    const { host, port, targetName } = this.tgt;
    return Server.logIn(`iscsi://${host}:${port}/${targetName}`, FIRST_DRIVE_LUN);
  }

  /** Moves the volume into the lane's drive, then logs in to the lane. */
  async mounted(): Promise<Server> {
    const changer = await Server.logIn(this.bridge.url, 0);
    const dataIn = Buffer.alloc(ELEMENTS_BYTES);
    const allocation = [0, ELEMENTS_BYTES >> 8, 0];
    const cdb = (type: number): number[] => [
      ...[0xb8, 0x10 | type, 0, 0, 0xff, 0xff, 0, ...allocation, 0, 0],
    ];
    const elements = async (type: number) =>
      parseElementStatus(dataIn.subarray(0, await changer.good(cdb(type), { dataIn })));
    const slot = (await elements(2)).find((element) => element.volumeTag === VOLUME);
    const [drive] = await elements(4);
    assert.ok(slot !== undefined && drive !== undefined);
    await changer.move(slot.address, drive.address);
    await changer.logOut();
    return this.server();
  }

  /** That cartridge holds `tape`. */
  async tapeIs(barcode: string, tape: readonly TapeObject[]): Promise<void> {
    assert.deepEqual(await this.tgt.list(barcode), listingOf(tape));
  }
}

/** The lines that the rig's reader has for such a tape. */
function listingOf(tape: readonly TapeObject[]): string[] {
  const objects = tape.map((object, index) => {
    if (object === FILEMARK) {
      return "FM";
    }
    const length = Number.parseInt(object, 10);
    const sha1 = createHash("sha1").update(recordOf(index, length)).digest("hex");
    return `R ${length} ${sha1}`;
  });
  return [...objects, `EOD after ${tape.length} objects`];
}
