/**
 * Two libraries that are furnished alike: servers see one bare, the other through a bridge that has
 * spares besides. Decides sizes and names; ends what it opened in reverse order.
 * Invariant: lane N and drive N hold cartridges with the same volume tag and medium serial number.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askControl } from "../../host/console/control-client.ts";
import { controlSocketPath } from "../../host/lib/state-directory.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import { type Command, runBridgeHere, runLibraryHere } from "../recovery/command.ts";
import { ANSWER_MS, Nexus } from "./nexus.ts";
import { SERVERS } from "./sequence.ts";

const FIRST_DRIVE = 0x100;
const FIRST_SLOT = 0x1000;
const STATUS_MAX = 8;
const CAPACITY = "1G";

/** What a rig may have different. */
export interface RigOptions {
  /** Drives that servers see. */
  readonly lanes: number;
  /** Behind the bridge only. */
  readonly spareDrives?: number;
  readonly spareMedia?: number;
  /** Cartridges besides that servers see, in storage elements. */
  readonly storedCartridges?: number;
  /** There is no bare library: `bare` of each pair is empty. */
  readonly isBridgeOnly?: boolean;
  /** Bytes of the bare library's cartridges, where they are not like those behind the bridge. */
  readonly bareCapacity?: string;
  /** Seconds, of the bridge. */
  readonly driveTimeout?: number | undefined;
}

/** One drive from both sides: SERVERS nexuses to each. */
export interface Pair {
  readonly lane: number;
  readonly bare: readonly Nexus[];
  readonly bridge: readonly Nexus[];
}

/** A bare library, and one behind a bridge. */
export class Rig {
  readonly pairs: Pair[] = [];
  readonly folder: string;
  readonly #ends: (() => unknown)[] = [];
  #bridge: Command | undefined;
  /** "": there is no bare library. */
  bareUrl = "";

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "understudy-conformance-"));
    this.#ends.push(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  static async open(options: RigOptions): Promise<Rig> {
    const rig = new Rig();
    try {
      await rig.#start(options);
    } catch (thrown) {
      await rig.close();
      throw thrown;
    }
    return rig;
  }

  async #start(options: RigOptions): Promise<void> {
    const { lanes, spareDrives = 1, spareMedia = 1, storedCartridges = 0 } = options;
    const seen = lanes + storedCartridges;
    const bare = options.isBridgeOnly
      ? undefined
      : await this.#library("bare", lanes, seen, options.bareCapacity ?? CAPACITY);
    this.bareUrl = bare ?? "";
    const behind = await this.#library("behind", lanes + spareDrives, seen + spareMedia, CAPACITY);
    const spares = Array.from({ length: spareMedia }, (_, index) => barcodeOf(seen + index));
    this.#bridge = await runBridgeHere([
      ...["--library", behind, "--listen", "127.0.0.1:0", "--lanes", `${lanes}`],
      ...["--state", join(this.folder, "state"), "--ring-size", "1G"],
      ...["--spare-media", spares.join() || "none"],
      ...(options.driveTimeout === undefined ? [] : ["--drive-timeout", `${options.driveTimeout}`]),
    ]);
    const bridge = this.#bridge;
    this.#ends.push(() => bridge.stop());
    const urls = bare === undefined ? [bridge.url] : [bare, bridge.url];
    for (const url of urls) {
      await this.#mount(url, lanes);
    }
    for (let lane = 1; lane <= lanes; lane += 1) {
      const nexuses = (url: string | undefined) =>
        Promise.all(
          Array.from({ length: url === undefined ? 0 : SERVERS }, (_, server) =>
            this.nexus(url ?? "", lane, server),
          ),
        );
      this.pairs.push({ lane, bare: await nexuses(bare), bridge: await nexuses(bridge.url) });
    }
  }

  async #library(name: string, drives: number, cartridges: number, capacity: string) {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    for (let index = 0; index < cartridges; index += 1) {
      const facts = { mediumSerial: `SERIAL${String(index).padStart(4, "0")}` };
      writeFileSync(join(folder, `${barcodeOf(index)}.json`), JSON.stringify(facts));
    }
    const library = await runLibraryHere([
      ...["--listen", "127.0.0.1:0", "--dir", folder, "--rate", "none", "--capacity", capacity],
      ...["--load-ms", "1", "--move-ms", "1", "--drives", String(drives)],
      // One slot more: the library puts its cleaning cartridge there.
      ...["--slots", String(cartridges + 1), "--cartridges", String(cartridges)],
    ]);
    this.#ends.push(() => library.stop());
    return library.url;
  }

  /** The cartridge of slot N to drive N, for all drives. */
  async #mount(url: string, lanes: number): Promise<void> {
    const changer = await this.nexus(url, 0, 0);
    for (let index = 0; index < lanes; index += 1) {
      const [from, to] = [FIRST_SLOT + index, FIRST_DRIVE + index];
      const cdb = [0xa5, 0, 0, 0, from >> 8, from & 255, to >> 8, to & 255, 0, 0, 0, 0];
      await good(changer, cdb);
    }
    changer.close();
  }

  /** Logs in and takes the unit attentions that wait; the rig closes it. */
  async nexus(url: string, lun: number, server: number): Promise<Nexus> {
    const initiatorName = `iqn.2026-11.com.example:server-${server}`;
    const nexus = await Nexus.open({ url, lun, initiatorName, isidQualifier: lun });
    this.#ends.push(() => nexus.close());
    await settle(nexus);
    return nexus;
  }

  get bridge(): Command {
    if (this.#bridge === undefined) {
      throw new Error("the bridge is not up");
    }
    return this.#bridge;
  }

  /** Sets a fault rule behind the bridge. */
  async fault(rule: string): Promise<void> {
    const path = join(this.folder, "behind", "control.sock");
    const asked = await askControl(path, `fault ${rule}`, ANSWER_MS);
    if (asked.kind !== "answered") {
      throw new Error(`${rule}: ${JSON.stringify(asked)}`);
    }
  }

  async status(): Promise<StatusDocument> {
    const path = controlSocketPath(join(this.folder, "state"));
    const asked = await askControl(path, "status", ANSWER_MS);
    if (asked.kind !== "answered") {
      throw new Error(JSON.stringify(asked));
    }
    return asked.value as StatusDocument;
  }

  async close(): Promise<void> {
    for (const end of this.#ends.reverse()) {
      await end();
    }
  }
}

function barcodeOf(index: number): string {
  return `UND${String(index + 1).padStart(3, "0")}L9`;
}

/** TEST UNIT READY until it ends well: what waits for a new nexus is not compared. */
export async function settle(nexus: Nexus): Promise<void> {
  for (let count = 0; count < STATUS_MAX; count += 1) {
    const { status, sense } = await nexus.send({ cdb: new Uint8Array(6) });
    // Not ready is no unit attention: a drive may be empty.
    if (status !== 2 || ((sense[2] ?? 0) & 0x0f) !== 6) {
      return;
    }
  }
  throw new Error("unit attentions without end");
}

/** A command that has to end with GOOD. */
export async function good(nexus: Nexus, cdb: readonly number[], out?: Uint8Array): Promise<void> {
  const { status, sense } = await nexus.send({ cdb: Uint8Array.from(cdb), out });
  if (status !== 0) {
    const words = Buffer.from(sense).toString("hex");
    throw new Error(`operation ${cdb[0]?.toString(16)}h: status ${status}, sense ${words}`);
  }
}
