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
}

function phaseOf(name: string, totalBytes: number): Phase {
  return { name: name.padEnd(PHASE_WIDTH), totalBytes, startMs: performance.now(), bytes: 0 };
}

function rateWords(phase: Phase): string {
  const seconds = (performance.now() - phase.startMs) / 1000;
  return `${formatSize(phase.bytes / Math.max(seconds, 0.001))}/s`;
}

function plainProgress(write: (line: string) => void): Progress {
  let phase: Phase | undefined;
  let shownMs = 0;
  const show = (words: string): void => {
    if (phase !== undefined) {
      const size = `${formatSize(phase.bytes)} of ${formatSize(phase.totalBytes)}`;
      write(`${phase.name} ${size}  ${rateWords(phase)}  ${words}`.trimEnd());
      shownMs = performance.now();
    }
  };
  const end = (): void => {
    show("");
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
        phase.bytes = bytes;
      }
      if (performance.now() - shownMs >= PLAIN_INTERVAL_MS) {
        show(words);
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
  const payload = (words: string): Record<string, string> => ({
    phase: phase?.name ?? "",
    size: formatSize(phase?.bytes ?? 0),
    rate: phase === undefined ? "" : rateWords(phase),
    words,
  });
  const end = (): void => {
    bar?.update(phase?.bytes ?? 0, payload(""));
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
      bar = bars.create(totalBytes, 0, payload(""));
    },
    at(bytes, words) {
      if (phase !== undefined) {
        phase.bytes = bytes;
        bar?.update(bytes, payload(words));
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
