/** What stands around a core in tests: a clock, a drive, a server's task, a disk. Fakes of ports. */

import type { ActionReader } from "../../host/core/action-reader.ts";
import { Core } from "../../host/core/core.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import type { Clock } from "../../host/lane/clock.ts";
import type { ActionHandler } from "../../host/lane/core-loop.ts";
import type { Nexus, TargetTask, TaskAnswer } from "../../host/lib/logical-unit.ts";
import type { ScsiDevice, ScsiRequest, ScsiResult } from "../../host/lib/scsi-device.ts";
import { type GivenAction, runFirmware } from "./firmware.ts";

/** Time that the test moves. */
export class TestClock implements Clock {
  #nowMs = 1000;
  readonly timers: { readonly atMs: number; readonly then: () => void }[] = [];
  armedCount = 0;

  nowMs(): number {
    return this.#nowMs;
  }
  after(delayMs: number, then: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, then };
    this.timers.push(timer);
    this.armedCount += 1;
    return () => this.#remove(timer);
  }
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of this.timers.filter(({ atMs }) => atMs <= this.#nowMs)) {
      this.#remove(timer);
      timer.then();
    }
  }
  #remove(timer: { readonly atMs: number; readonly then: () => void }): void {
    const index = this.timers.indexOf(timer);
    if (index >= 0) {
      this.timers.splice(index, 1);
    }
  }
}

/** A drive that answers when the test says so. */
export class TestDrive implements ScsiDevice {
  readonly name = "test drive";
  readonly requests: {
    readonly request: ScsiRequest;
    readonly end: (result: ScsiResult) => void;
  }[] = [];
  readonly calls: string[] = [];
  isReachable = true;
  #lost: ((reason: string) => void)[] = [];

  execute(request: ScsiRequest): Promise<ScsiResult> {
    return new Promise((end) => this.requests.push({ request, end }));
  }
  connect(timeoutMs: number): Promise<boolean> {
    this.calls.push(`connect ${timeoutMs}`);
    return Promise.resolve(this.isReachable);
  }
  disconnect(): Promise<void> {
    this.calls.push("disconnect");
    return Promise.resolve();
  }
  onLost(listener: (reason: string) => void): void {
    this.#lost.push(listener);
  }
  lose(): void {
    for (const listener of this.#lost) {
      listener("cut");
    }
  }
}

const NEXUS: Nexus = { id: 3, initiatorName: "iqn.2026-11.com.example:test", isid: "800000000001" };

/** A server's command; `data` is what it has to say. */
export class TestTask implements TargetTask {
  readonly id: number;
  readonly nexus = NEXUS;
  readonly cdb: Uint8Array;
  readonly dataOutBytes: number;
  readonly dataInBytes: number;
  readonly answers: TaskAnswer[] = [];
  /** Where the data is being received to. */
  into: Uint8Array | undefined;
  /** Data that came with the command: received at once. */
  immediateFill: number | undefined;
  #done: (() => void) | undefined;

  constructor(id: number, operation: number, dataOutBytes = 0, dataInBytes = 0) {
    this.id = id;
    this.cdb = new Uint8Array(16);
    this.cdb[0] = operation;
    this.dataOutBytes = dataOutBytes;
    this.dataInBytes = dataInBytes;
  }

  receive(into: Uint8Array, done: () => void): void {
    this.into = into;
    this.#done = done;
    if (this.immediateFill !== undefined) {
      this.arrive(this.immediateFill);
    }
  }
  /** The server's data arrives. */
  arrive(fill: number): void {
    this.into?.fill(fill);
    this.#done?.();
  }
  reply(answer: TaskAnswer): void {
    this.answers.push(answer);
  }
}

/** Calls a handler with one action, as a core's step would. */
export function perform(handler: ActionHandler, action: GivenAction): void {
  const core = new Core(runFirmware(() => [action]));
  core.step(coreEvent(1), 0, (reader: ActionReader) => handler(reader));
}
