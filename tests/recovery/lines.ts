/**
 * The lines that a running command writes, as events: a story waits for what the program says, never
 * for a while. Decides how long a wait may be; a wait that ends without its line throws with the
 * last lines that there were.
 */

/** The longest that a story waits for one line. */
const LINE_TIMEOUT_MS = 30_000;
const LINES_SHOWN = 40;

interface Waiter {
  readonly pattern: RegExp;
  readonly found: (line: string) => void;
  readonly giveUp: () => void;
}

/** Lines in their order, and who waits for one. */
export class Lines {
  readonly all: string[] = [];
  readonly #waiters = new Set<Waiter>();

  push(line: string): void {
    this.all.push(line);
    for (const waiter of this.#waiters) {
      if (waiter.pattern.test(line)) {
        this.#waiters.delete(waiter);
        waiter.found(line);
      }
    }
  }

  /** The first line from number `from` on that matches: one that was there, or one that comes. */
  until(pattern: RegExp, from = 0): Promise<string> {
    const there = this.all.slice(from).find((line) => pattern.test(line));
    if (there !== undefined) {
      return Promise.resolve(there);
    }
    return new Promise((resolve, reject) => {
      const give = (): void => {
        this.#waiters.delete(waiter);
        const last = this.all.slice(-LINES_SHOWN).join("\n");
        reject(new Error(`no line ${pattern} in ${LINE_TIMEOUT_MS} ms after:\n${last}`));
      };
      const timer = setTimeout(give, LINE_TIMEOUT_MS);
      const found = (line: string): void => {
        clearTimeout(timer);
        resolve(line);
      };
      const giveUp = (): void => clearTimeout(timer);
      const waiter: Waiter = { pattern, found, giveUp };
      this.#waiters.add(waiter);
    });
  }

  /** No line will come any more: nobody waits for one. */
  end(): void {
    for (const waiter of this.#waiters) {
      waiter.giveUp();
    }
    this.#waiters.clear();
  }

  count(pattern: RegExp): number {
    return this.all.filter((line) => pattern.test(line)).length;
  }
}
