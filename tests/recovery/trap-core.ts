/**
 * Instances of the core that trap when a story says so: the module of assembly/trap, real wasm traps,
 * and a word in the event record that asks for one. Builds build/core.trap.wasm when a source is newer
 * (built aside and renamed, so that test files that run at the same time never see half a module).
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { EVENT_AT } from "../../assembly/spec/abi.ts";
import { EV_START, EVENT_B, EVENT_KIND } from "../../assembly/spec/event.ts";
import { TRAP_AT } from "../../assembly/spec/trap.ts";
import type { OpenCore } from "../../host/bridge/core-module.ts";
import { chooseRuntime } from "../../host/core/choose-runtime.ts";
import type { CoreRuntime, LoadFault } from "../../host/core/runtime.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
/** The module whose instances trap. */
export const TRAP_CORE_PATH = join(ROOT, "build", "core.trap.wasm");
const COMPILE_TIMEOUT_MS = 300_000;

/** The bytes of a module that is as new as its sources. */
export function trapModule(): Uint8Array<ArrayBuffer> {
  if (modifiedMs(TRAP_CORE_PATH) < newestSourceMs()) {
    compile();
  }
  return new Uint8Array(readFileSync(TRAP_CORE_PATH));
}

function compile(): void {
  mkdirSync(join(ROOT, "build"), { recursive: true });
  const aside = join("build", `core.trap.${process.pid}.wasm`);
  const compiler = join(ROOT, "node_modules", "assemblyscript", "bin", "asc.js");
  const options = ["assembly/trap/index.ts", "--target", "trap", "--outFile", aside];
  execFileSync(process.execPath, [compiler, ...options], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: COMPILE_TIMEOUT_MS,
  });
  renameSync(join(ROOT, aside), TRAP_CORE_PATH);
}

function newestSourceMs(): number {
  const folder = join(ROOT, "assembly");
  const sources = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith(".ts") && !name.includes("__tests__"))
    .map((name) => join(folder, name));
  return Math.max(...[...sources, join(ROOT, "asconfig.json")].map(modifiedMs));
}

function modifiedMs(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Made when this is imported: no story waits for the compiler. */
const WASM = trapModule();

/** A step that is about to be made by the core of `lane` (0: the changer). */
export interface ComingStep {
  readonly lane: number;
  /** EV_*. */
  readonly kind: number;
  /** Counts the steps of this lane over all its instances, from 0. */
  readonly index: number;
}

/** The word for TRAP_AT (assembly/spec/trap.ts); 0: the step is an ordinary one. */
export type Trapping = (step: ComingStep) => number;

/** Where a bridge gets cores from that trap where `decide` says; it may be changed at any time. */
export class TrapCores {
  decide: Trapping = () => 0;
  /** What a further instance is to be instead, to see a restart fail. */
  instead: LoadFault | undefined;
  /** The steps that were made to trap. */
  readonly trapped: ComingStep[] = [];
  readonly #counts = new Map<number, number>();

  /** For `startBridge`. */
  readonly open: OpenCore = async (choice) => {
    const chosen = chooseRuntime(choice);
    if ("fault" in chosen) {
      throw new Error(chosen.fault);
    }
    return {
      runtime: chosen.name,
      reason: chosen.reason,
      instance: async () => {
        const runtime = this.instead ?? (await chosen.load(WASM));
        if ("fault" in runtime) {
          throw new Error(runtime.fault);
        }
        return this.#armed(runtime);
      },
    };
  };

  /** The `count`-th step (from 1) of that lane from now on with an event of that kind traps, once. */
  arm(lane: number, kind: number, word: number, count = 1): void {
    let seen = 0;
    this.decide = (step) => {
      if (step.lane !== lane || step.kind !== kind) {
        return 0;
      }
      seen += 1;
      return seen === count ? word : 0;
    };
  }

  /** Steps of that lane so far. */
  stepCount(lane: number): number {
    return this.#counts.get(lane) ?? 0;
  }

  #armed(runtime: CoreRuntime): CoreRuntime {
    const { memory } = runtime;
    const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
    // Known from EV_START on.
    let lane = -1;
    const step = (): number => {
      const kind = view.getUint32(EVENT_AT + EVENT_KIND, true);
      if (kind === EV_START) {
        lane = view.getUint32(EVENT_AT + EVENT_B, true);
      }
      const index = this.stepCount(lane);
      this.#counts.set(lane, index + 1);
      const coming = { lane, kind, index };
      const word = this.decide(coming);
      if (word !== 0) {
        this.trapped.push(coming);
      }
      view.setUint32(EVENT_AT + TRAP_AT, word, true);
      return runtime.step();
    };
    return { ...runtime, step };
  }
}
