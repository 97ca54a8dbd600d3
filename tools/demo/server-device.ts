/**
 * One logical unit as backup software uses it: a command, its answer, and no retry but for BUSY and
 * for what every server absorbs before its first command. Decides what counts as an error that the
 * server saw. Invariants: one command at a time; every wait is bounded; what the caller did not
 * expect is counted once and ends the job with a ServerFault.
 */

import { setTimeout as wait } from "node:timers/promises";
import type { ScsiDevice, ScsiRequest, ScsiResult } from "../../host/lib/scsi-device.ts";
import { KEY_NOT_READY, KEY_UNIT_ATTENTION, parseSense, type Sense, senseWords } from "./sense.ts";
import type { ServerWatch } from "./server-watch.ts";

/** A command with its T10 name, for messages. */
export interface ServerCommand extends ScsiRequest {
  readonly name: string;
}

/** GOOD, or a CHECK CONDITION that the caller expected (then `sense` is there). */
export interface ServerAnswer {
  readonly dataInBytes: number;
  readonly sense?: Sense;
}

/** The job cannot go on: backup software would report this. `sense` is what the drive said. */
export class ServerFault extends Error {
  readonly command: string;
  readonly sense: Sense | undefined;

  constructor(command: string, what: string, sense?: Sense) {
    super(`${command}: ${what}`);
    this.name = "ServerFault";
    this.command = command;
    this.sense = sense;
  }
}

const STATUS_GOOD = 0x00;
const STATUS_CHECK_CONDITION = 0x02;
const STATUS_BUSY = 0x08;
/** As Linux does: again after a while, not for ever. */
const BUSY_WAIT_MS = 100;
const BUSY_TOTAL_MS_MAX = 600_000;
const CONNECT_TIMEOUT_MS = 10_000;
const READY_POLL_MS = 20;
/** As long as `st` waits for a drive in open. */
const READY_TIMEOUT_MS = 120_000;
const SHORT_TIMEOUT_MS = 60_000;

/** The server's end of one logical unit. */
export class ServerDevice {
  private readonly device: ScsiDevice;
  private readonly watch: ServerWatch;

  constructor(device: ScsiDevice, watch: ServerWatch) {
    this.device = device;
    this.watch = watch;
  }

  /** Connects and waits until the unit is ready; unit attentions before that do not count. */
  async open(): Promise<void> {
    if (!(await this.device.connect(CONNECT_TIMEOUT_MS))) {
      throw this.fault("connect", `${this.device.name} cannot be reached`);
    }
  }

  /** TEST UNIT READY until GOOD; not ready and unit attentions do not count. Throws ServerFault. */
  async waitReady(): Promise<void> {
    const name = "TEST UNIT READY";
    const endMs = performance.now() + READY_TIMEOUT_MS;
    const command = { name, cdb: new Uint8Array(6), timeoutMs: SHORT_TIMEOUT_MS };
    for (;;) {
      const { sense } = await this.run(command, isStartingUp);
      if (sense === undefined) {
        return;
      }
      if (performance.now() > endMs) {
        throw this.fault(name, `still ${senseWords(sense)} after ${READY_TIMEOUT_MS / 1000} s`);
      }
      await wait(READY_POLL_MS);
    }
  }

  /** One command. `expects` says which CHECK CONDITIONs are part of the job. Throws ServerFault. */
  async run(
    command: ServerCommand,
    expects: (sense: Sense) => boolean = () => false,
  ): Promise<ServerAnswer> {
    const result = await this.executeUnlessBusy(command);
    if (result.kind !== "answered") {
      const why = result.kind === "silent" ? "no answer in time" : result.reason;
      throw this.fault(command.name, why);
    }
    const { status, dataInBytes } = result;
    if (status === STATUS_GOOD) {
      return { dataInBytes };
    }
    if (status !== STATUS_CHECK_CONDITION) {
      throw this.fault(command.name, `SCSI status ${status.toString(16).padStart(2, "0")}h`);
    }
    const sense = parseSense(result.sense);
    if (!expects(sense)) {
      throw this.fault(command.name, senseWords(sense), sense);
    }
    return { dataInBytes, sense };
  }

  async close(): Promise<void> {
    await this.device.disconnect();
  }

  private async executeUnlessBusy(command: ServerCommand): Promise<ScsiResult> {
    const endMs = performance.now() + BUSY_TOTAL_MS_MAX;
    for (;;) {
      const result = await this.device.execute(command);
      const isBusy = result.kind === "answered" && result.status === STATUS_BUSY;
      if (!isBusy || performance.now() > endMs) {
        return result;
      }
      this.watch.busyCount += 1;
      await wait(BUSY_WAIT_MS);
    }
  }

  private fault(command: string, what: string, sense?: Sense): ServerFault {
    this.watch.saw(command, what);
    return new ServerFault(command, what, sense);
  }
}

function isStartingUp({ key }: Sense): boolean {
  return key === KEY_UNIT_ATTENTION || key === KEY_NOT_READY;
}
