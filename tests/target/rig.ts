/** A target with logical units that the test drives by hand, and the clients that talk to it. */
import type { TestContext } from "node:test";
import type { LogicalUnit, Nexus, NexusEvent, TargetTask } from "../../host/lib/logical-unit.ts";
import { startTarget, type Target, type TargetOptions } from "../../host/target/portal.ts";
import { type Keys, RawClient, TARGET_NAME } from "./raw-client.ts";

/** Bounds a wait that has already failed; a machine that is busy with other things takes seconds. */
const WAIT_MS = 30_000;
const FOREVER_MS = 60_000;
/** No timer of the target strikes during a test. */
export const TIMELESS = {
  loginMs: FOREVER_MS,
  idleMs: FOREVER_MS,
  answerMs: FOREVER_MS,
  stallMs: FOREVER_MS,
  logoutMs: 10,
};

/** Keeps what the target did to it; `next` waits for one event. */
export class ManualUnit implements LogicalUnit {
  readonly aborted: TargetTask[] = [];
  readonly events: string[] = [];
  readonly nexuses: Nexus[] = [];
  /** Where set, commands are answered by it; else they wait in `tasks`. */
  onCommand: ((task: TargetTask) => void) | undefined;
  readonly #tasks: TargetTask[] = [];
  #waiting: (() => void) | undefined;

  command(task: TargetTask): void {
    if (this.onCommand !== undefined) {
      this.onCommand(task);
      return;
    }
    this.#tasks.push(task);
    this.#waiting?.();
  }

  abort(task: TargetTask): void {
    this.aborted.push(task);
    this.#waiting?.();
  }

  nexus(nexus: Nexus, event: NexusEvent): void {
    this.events.push(event);
    this.nexuses.push(nexus);
    this.#waiting?.();
  }

  /** Commands that came and were not fetched by `task`. */
  get pendingCount(): number {
    return this.#tasks.length;
  }

  /** The next command. */
  async task(): Promise<TargetTask> {
    await this.until(() => this.#tasks.length > 0, "command");
    const task = this.#tasks.shift();
    if (task === undefined) {
      throw new Error("command gone");
    }
    return task;
  }

  /** Waits until `condition`, looked at after each event, holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    while (!condition()) {
      await new Promise<void>((resolve, reject) => {
        const late = () => reject(new Error(`no ${what} within ${WAIT_MS} ms`));
        deadline.addEventListener("abort", late, { once: true });
        this.#waiting = () => {
          deadline.removeEventListener("abort", late);
          resolve();
        };
      });
    }
  }
}

/** Target on a free port with logical units 0 and 1; all of it ends with the test. */
export interface Rig {
  readonly target: Target;
  readonly unit: ManualUnit;
  readonly otherUnit: ManualUnit;
  readonly wellKnown: ManualUnit;
  readonly log: string[];
  /** A new connection, not logged in. */
  connect(): Promise<RawClient>;
  /** A new connection, logged in. */
  session(keys?: Keys, isid?: string): Promise<RawClient>;
}

export async function startRig(
  context: TestContext,
  options: Partial<TargetOptions> = {},
): Promise<Rig> {
  const [unit, otherUnit, wellKnown] = [new ManualUnit(), new ManualUnit(), new ManualUnit()];
  const log: string[] = [];
  const target = await startTarget({
    host: "127.0.0.1",
    port: 0,
    targetName: TARGET_NAME,
    units: new Map([
      [0, unit],
      [1, otherUnit],
    ]),
    wellKnown,
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  });
  const clients: RawClient[] = [];
  context.after(async () => {
    for (const client of clients) {
      client.close();
    }
    await target.close();
  });
  const connect = async () => {
    const client = await RawClient.open(target.address.port);
    clients.push(client);
    return client;
  };
  const session = async (keys: Keys = [], isid = "800000000001") => {
    const client = await connect();
    await client.login(keys, { isid });
    return client;
  };
  return { target, unit, otherUnit, wellKnown, log, connect, session };
}

/** One of many. */
export function isidOf(number: number): string {
  return number.toString(16).padStart(12, "0");
}

/** Both units answer every command at once. */
export function answerAll(rig: Rig): void {
  for (const unit of [rig.unit, rig.otherUnit]) {
    unit.onCommand = (task) => task.reply({ status: 0 });
  }
}

/** A command ends well. */
export async function isServed(client: RawClient, lun = 0): Promise<boolean> {
  return (await client.outcome(client.command({ lun }))).status === 0;
}

/** Bytes that differ from place to place. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) {
    bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  }
  return bytes;
}

/** A task's data, all of it; rejects when it does not come. */
export function receiveAll(task: TargetTask, length = task.dataOutBytes): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`no data within ${WAIT_MS} ms`));
    const deadline = setTimeout(late, WAIT_MS);
    task.receive(into, () => {
      clearTimeout(deadline);
      resolve(into);
    });
  });
}
