/**
 * The stage of a story: a practice library, a bridge in front of it, a server with a cartridge in
 * lane 1; and the checks that every story ends with. Decides sizes and times that make a story
 * short; what happens in it is the test's.
 */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BridgeSeams } from "../../host/bridge/start.ts";
import { askControl } from "../../host/console/control-client.ts";
import { controlSocketPath } from "../../host/lib/state-directory.ts";
import type { RecoveryStatus, StatusDocument } from "../../host/lib/status-document.ts";
import { readCartridge } from "../../tools/cartridge/read-cartridge.ts";
import { parseElementStatus } from "../../tools/demo/changer-client.ts";
import { replayUnder, runtimesHere } from "../parity/replay-all.ts";
import { type Command, runBridgeHere, runChild, runLibraryHere } from "./command.ts";
import { FILEMARK, Server, type TapeObject } from "./server.ts";

export const DRIVE_1 = 0x100;
export const SLOT_1 = 0x1000;
const CONTROL_TIMEOUT_MS = 10_000;
/** Records behind the label of a cartridge that is not blank. */
const OTHERS_RECORDS = 12;

/** What a story may have different; a bridge in this process also its parts. */
export interface StageOptions extends Partial<BridgeSeams> {
  /** Flags of `understudy library` besides the usual ones. */
  readonly library?: readonly string[];
  /** Flags of `understudy start` besides the usual ones. */
  readonly bridge?: readonly string[];
  /** The bridge is a process of its own, so that it can be killed. */
  readonly isChild?: boolean;
  /** What its environment has besides. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the stage finds: files of library and state, by their path in its folder. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Rules that the library has before the bridge starts. */
  readonly faults?: readonly string[];
  /** The cores' steps are not written down, and not replayed at the end. */
  readonly isUntraced?: boolean;
  /** Cartridges that are not blank when the library starts. */
  readonly written?: readonly string[];
  /** Bytes that cartridges hold, where it is not 1G. */
  readonly capacities?: Readonly<Record<string, number>>;
  /** By which way the bridge reaches the library, as a url; without it directly. */
  readonly way?: (libraryUrl: string) => Promise<string>;
  /** The module that the cores of `openCore` are instances of. */
  readonly corePath?: string;
}

/** Who ends what a stage has opened, and is told what the bridge said: a test. */
export interface Ends {
  after(end: () => Promise<void>): void;
  diagnostic(words: string): void;
}

/** A story's stage. */
export class Stage {
  readonly folder: string;
  readonly #t: Ends;
  readonly #options: StageOptions;
  #library: Command | undefined;
  #libraryUrl = "";
  #bridge: Command | undefined;
  #startCount = 0;

  private constructor(t: Ends, options: StageOptions) {
    this.#t = t;
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), "understudy-story-"));
  }

  /** A library and a bridge that are ready. The test ends both and removes what they wrote. */
  static async open(t: Ends, options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(t, options);
    for (const barcode of options.written ?? []) {
      stage.#writeCartridge(barcode);
    }
    for (const [barcode, capacityBytes] of Object.entries(options.capacities ?? {})) {
      stage.#writeFacts(barcode, { capacityBytes });
    }
    for (const [path, bytes] of options.files ?? []) {
      mkdirSync(dirname(join(stage.folder, path)), { recursive: true });
      writeFileSync(join(stage.folder, path), bytes);
    }
    t.after(() => stage.#close());
    stage.#library = await runLibraryHere([
      ...["--listen", "127.0.0.1:0", "--dir", join(stage.folder, "library")],
      ...["--capacity", "1G"],
      ...withDefault(options.library, "--load-ms", "1"),
      ...withDefault(options.library, "--rate", "none"),
      ...withDefault(options.library, "--move-ms", "1"),
      ...(options.library ?? []),
    ]);
    const { url } = stage.#library;
    stage.#libraryUrl = (await options.way?.(url)) ?? url;
    for (const rule of options.faults ?? []) {
      await stage.fault(rule);
    }
    await stage.startBridge();
    return stage;
  }

  /** The bridge before its library; what it said is told where the story failed. */
  async #close(): Promise<void> {
    await this.#bridge?.stop();
    await this.#library?.stop();
    await this.#replayTraces().finally(() => this.#end());
  }

  #end(): void {
    rmSync(this.folder, { recursive: true, force: true });
    if ("passed" in this.#t && this.#t.passed === false) {
      this.#t.diagnostic(this.bridge.lines.all.join("\n"));
    }
  }

  /** Whatever the story was: every core of it does the same again, under each runtime. */
  async #replayTraces(): Promise<void> {
    for (const path of this.traces()) {
      await replayUnder(path, runtimesHere(), this.#options.corePath);
    }
  }

  /** The traces of all cores so far; one that was killed early has not written anything yet. */
  traces(): string[] {
    const folder = join(this.folder, "trace");
    return readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter((path) => path.endsWith(".trace") && statSync(path).size > 0)
      .sort();
  }

  /** A label, a filemark and some records of another server, in the SIMH magnetic tape format. */
  #writeCartridge(barcode: string): void {
    mkdirSync(join(this.folder, "library"), { recursive: true });
    const objects = [
      simhRecord(Buffer.from("label of somebody else")),
      Buffer.alloc(4),
      ...Array.from({ length: OTHERS_RECORDS }, (_, index) =>
        simhRecord(randomBytes(1001 + index)),
      ),
    ];
    writeFileSync(join(this.folder, "library", `${barcode}.tap`), Buffer.concat(objects));
  }

  /** What a cartridge knows of itself, beside its file. */
  #writeFacts(barcode: string, facts: object): void {
    mkdirSync(join(this.folder, "library"), { recursive: true });
    writeFileSync(join(this.folder, "library", `${barcode}.json`), JSON.stringify(facts));
  }

  /** Starts the bridge (again) with the same command; `flags` win over what it has. */
  async startBridge(flags: readonly string[] = []): Promise<void> {
    this.#startCount += 1;
    mkdirSync(join(this.folder, "trace"), { recursive: true });
    const { openCore, openCache, replaceFile, isUntraced, env } = this.#options;
    const seams = {
      ...(openCore && { openCore }),
      ...(openCache && { openCache }),
      ...(replaceFile && { replaceFile }),
    };
    const trace = join(this.folder, "trace", String(this.#startCount));
    const start = this.#options.isChild
      ? (args: readonly string[]) => runChild(["start", ...args], env)
      : (args: readonly string[]) => runBridgeHere(args, seams);
    this.#bridge = await start([
      ...["--library", this.#libraryUrl, "--listen", "127.0.0.1:0"],
      ...["--state", join(this.folder, "state")],
      ...(isUntraced === true ? [] : ["--trace", trace]),
      ...withDefault(this.#options.bridge, "--ring-size", "256M"),
      ...(flags.length > 0 ? flags : (this.#options.bridge ?? [])),
    ]);
  }

  get bridge(): Command {
    assert.ok(this.#bridge !== undefined);
    return this.#bridge;
  }

  /** Where the library itself is, without the bridge. */
  get libraryUrl(): string {
    return this.#library?.url ?? "";
  }

  /** Sets a fault rule, or "clear". */
  async fault(rule: string): Promise<void> {
    const path = join(this.folder, "library", "control.sock");
    const request = rule === "clear" ? rule : `fault ${rule}`;
    const asked = await askControl(path, request, CONTROL_TIMEOUT_MS);
    assert.equal(asked.kind, "answered", JSON.stringify(asked));
  }

  async status(): Promise<StatusDocument> {
    const path = controlSocketPath(join(this.folder, "state"));
    const asked = await askControl(path, "status", CONTROL_TIMEOUT_MS);
    assert.ok(asked.kind === "answered", JSON.stringify(asked));
    return asked.value as StatusDocument;
  }

  /** Logs in to lane `lun` of the bridge (0: the changer). */
  server(lun = 1, isidQualifier?: number): Promise<Server> {
    return Server.logIn(this.bridge.url, lun, isidQualifier);
  }

  /** Moves the cartridge of the first storage element to lane 1, then logs in to the lane. */
  async mounted(): Promise<Server> {
    const changer = await this.server(0);
    await changer.move(SLOT_1, DRIVE_1);
    await changer.logOut();
    return this.server();
  }

  /** Waits for the end of recovery number `count` of lane 1. */
  async recovered(count = 1): Promise<RecoveryStatus> {
    const words = `step \\d+ .*recovery=${count} .*result=(recovered|reported|abandoned)`;
    await this.bridge.lines.until(new RegExp(words));
    const recovery = (await this.status()).recoveries[count - 1];
    assert.ok(recovery !== undefined);
    return recovery;
  }

  /** All recoveries; those that still run, or begin meanwhile, are waited for. */
  async recoveredAll(): Promise<readonly RecoveryStatus[]> {
    for (;;) {
      const { recoveries } = await this.status();
      const running = recoveries.find(({ result }) => result === "running");
      if (running === undefined) {
        return recoveries;
      }
      await this.recovered(running.id);
    }
  }

  /** The bridge says that it entered that step. */
  async step(label: number): Promise<void> {
    await this.bridge.lines.until(new RegExp(` step ${label} `));
  }

  /** The file of that cartridge is `tape`, object by object. */
  async tapeIs(barcode: string, tape: readonly TapeObject[]): Promise<void> {
    const found = await this.tapeOf(barcode);
    for (const [index, object] of tape.entries()) {
      assert.equal(found[index], object, `object ${index} of ${barcode}`);
    }
    assert.equal(found.length, tape.length, `objects on ${barcode}`);
  }

  /** The volume tags that the server sees in the library. */
  async volumeTags(): Promise<string[]> {
    const changer = await this.server(0);
    const dataIn = Buffer.alloc(0x1_0000);
    const cdb = [0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0];
    const bytes = await changer.good(cdb, { dataIn });
    await changer.logOut();
    return parseElementStatus(dataIn.subarray(0, bytes)).flatMap(({ volumeTag }) =>
      volumeTag === "" ? [] : [volumeTag],
    );
  }

  /** What is on that cartridge's file. */
  async tapeOf(barcode: string): Promise<TapeObject[]> {
    const found: TapeObject[] = [];
    for await (const object of readCartridge(join(this.folder, "library", `${barcode}.tap`))) {
      found.push(object.kind === "filemark" ? FILEMARK : `${object.length} ${object.sha256}`);
    }
    return found;
  }
}

function simhRecord(data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([length, data, Buffer.alloc(data.length & 1), length]);
}

function withDefault(given: readonly string[] | undefined, flag: string, value: string): string[] {
  return given?.includes(flag) ? [] : [flag, value];
}

/** What a recovery has to be. */
export interface Expected {
  readonly kind: string;
  readonly result: "recovered" | "reported";
  /** The labels in their order; "618" stands for 618 or 619. */
  readonly labels: string;
  /** Evidence that `cause` names. */
  readonly cause: readonly RegExp[];
}

/** Compares a recovery with what it has to be. */
export function recoveryIs(recovery: RecoveryStatus, expected: Expected): void {
  const { kind, result, cause } = recovery;
  const labels = recovery.steps.map(({ label }) => (label === "619" ? "618" : label)).join(" ");
  assert.deepEqual(
    { kind, result, labels },
    { kind: expected.kind, result: expected.result, labels: expected.labels },
    cause,
  );
  for (const pattern of expected.cause) {
    assert.match(cause, pattern);
  }
}
