/**
 * What an operator sees while it runs: a bar on a terminal, a few plain lines elsewhere. Decides
 * how often something is shown; never what.
 */

import { MultiBar, type SingleBar } from "cli-progress";
import { formatSize } from "../../host/lib/size.ts";

/** Shows one phase at a time. */
export interface Progress {
  /** A new phase of `totalBytes`; ends the last one. */
  begin(phase: string, totalBytes: number): void;
  /** So far; `words` are added (ring fill, state). */
  at(bytes: number, words: string): void;
  /** The phase is over. */
  end(): void;
  /** A line that stays. */
  line(text: string): void;
}

const BAR_OPTIONS = {
  format: "{phase} [{bar}] {percentage} %  {size}  {rate}  {words}",
  fps: 8,
  barsize: 28,
  barCompleteChar: "#",
  barIncompleteChar: ".",
  hideCursor: true,
  linewrap: false,
  // SIGINT is the program's own business.
  gracefulExit: false,
};
/** Without a terminal: one line per so many milliseconds at most. */
const PLAIN_INTERVAL_MS = 5_000;
const PHASE_WIDTH = 10;
const RATE_WINDOW_MS = 500;

/** A bar on `terminal`, or plain lines through `write` where there is none. */
export function createProgress(
  write: (line: string) => void,
  terminal: NodeJS.WritableStream | undefined,
): Progress {
  return terminal === undefined ? plainProgress(write) : barProgress(terminal);
}

interface Phase {
  readonly name: string;
  readonly totalBytes: number;
  readonly startMs: number;
  bytes: number;
  /** The rate of the last RATE_WINDOW_MS or so, and where that window began. */
  rate: number;
  windowMs: number;
  windowBytes: number;
}

function phaseOf(name: string, totalBytes: number): Phase {
  const startMs = performance.now();
  const window = { rate: 0, windowMs: startMs, windowBytes: 0 };
  return { name: name.padEnd(PHASE_WIDTH), totalBytes, startMs, bytes: 0, ...window };
}

function advance(phase: Phase, bytes: number): void {
  phase.bytes = bytes;
  const nowMs = performance.now();
  if (nowMs - phase.windowMs >= RATE_WINDOW_MS) {
    phase.rate = ((bytes - phase.windowBytes) * 1000) / (nowMs - phase.windowMs);
    phase.windowMs = nowMs;
    phase.windowBytes = bytes;
  }
}

function rateWords(bytesPerSecond: number): string {
  return `${formatSize(bytesPerSecond)}/s`;
}

function meanRate({ bytes, startMs }: Phase): number {
  return (bytes * 1000) / Math.max(1, performance.now() - startMs);
}

function plainProgress(write: (line: string) => void): Progress {
  let phase: Phase | undefined;
  let shownMs = 0;
  const show = (words: string, rate: (phase: Phase) => number): void => {
    if (phase !== undefined) {
      const size = `${formatSize(phase.bytes)} of ${formatSize(phase.totalBytes)}`;
      write(`${phase.name} ${size}  ${rateWords(rate(phase))}  ${words}`.trimEnd());
      shownMs = performance.now();
    }
  };
  const end = (): void => {
    show("", meanRate);
    phase = undefined;
  };
  return {
    begin(name, totalBytes) {
      end();
      phase = phaseOf(name, totalBytes);
      shownMs = performance.now();
    },
    at(bytes, words) {
      if (phase !== undefined) {
        advance(phase, bytes);
      }
      if (performance.now() - shownMs >= PLAIN_INTERVAL_MS) {
        show(words, ({ rate }) => rate);
      }
    },
    end,
    line: write,
  };
}

function barProgress(terminal: NodeJS.WritableStream): Progress {
  let phase: Phase | undefined;
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;
  const payload = (words: string, bytesPerSecond: number): Record<string, string> => ({
    phase: phase?.name ?? "",
    size: formatSize(phase?.bytes ?? 0),
    rate: rateWords(bytesPerSecond),
    words,
  });
  const end = (): void => {
    if (phase !== undefined) {
      bar?.update(phase.bytes, payload("", meanRate(phase)));
    }
    // Its own last update writes the lines that still wait.
    bars?.update();
    bars?.stop();
    bars = undefined;
    bar = undefined;
    phase = undefined;
  };
  return {
    begin(name, totalBytes) {
      end();
      phase = phaseOf(name, totalBytes);
      bars = new MultiBar({ ...BAR_OPTIONS, stream: terminal });
      bar = bars.create(totalBytes, 0, payload("", 0));
    },
    at(bytes, words) {
      if (phase !== undefined) {
        advance(phase, bytes);
        bar?.update(bytes, payload(words, phase.rate));
      }
    },
    end,
    line(text) {
      if (bars === undefined) {
        terminal.write(`${text}\n`);
      } else {
        bars.log(`${text}\n`);
      }
    },
  };
}
