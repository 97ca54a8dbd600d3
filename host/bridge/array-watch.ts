/**
 * Looks at the md arrays under the rings from time to time and says when one has lost a disk, or is whole
 * again. Decides how often; the lanes need not know, a mirror covers its disks by itself.
 */

import { type ArrayState, arraysUnder, arrayWords } from "../cache/array-state.ts";
import type { Log } from "../lib/log.ts";

/** A lost disk is known at the latest after this, or when somebody asks for the status. */
const LOOK_MS = 10_000;

/** What is said of arrays; asks `look` each time. */
export class ArrayWatch {
  readonly #log: Log;
  readonly #look: (path: string) => readonly ArrayState[];
  readonly #paths: readonly string[];
  readonly #missing = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(paths: readonly string[], log: Log, look = arraysUnder) {
    this.#paths = paths;
    this.#log = log;
    this.#look = (path) => look(path);
  }

  /** Looks now, and then again and again. */
  start(): void {
    this.look();
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks at every array once; says what has changed. */
  look(): void {
    const arrays = new Map(
      this.#paths.flatMap((path) => this.#look(path)).map((array) => [array.name, array]),
    );
    for (const array of arrays.values()) {
      this.#compare(array);
    }
  }

  /** The arrays under these paths, as they are now. */
  arraysUnder(paths: readonly string[]): ArrayState[] {
    this.look();
    const found = paths.flatMap((path) => this.#look(path));
    return [...new Map(found.map((array) => [array.name, array])).values()];
  }

  #compare(array: ArrayState): void {
    const before = this.#missing.get(array.name) ?? 0;
    this.#missing.set(array.name, array.missing);
    if (array.missing > before) {
      const advice = "the ring goes on; replace the disk (mdadm --manage)";
      this.#log("warn", `an array under the ring has lost a disk: ${advice}`, {
        array: arrayWords(array),
      });
    } else if (array.missing === 0 && before > 0) {
      this.#log("info", "an array under the ring is whole again", { array: arrayWords(array) });
    }
  }
}
