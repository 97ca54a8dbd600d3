/**
 * What lanes of a storm (storm.ts) say during a recovery, word by word. Decides nothing about what is true:
 * that is asked of, and told to, the storm.
 */
import {
  WORD_ASK_DRIVE,
  WORD_ASK_MEDIUM,
  WORD_BAD_MEDIUM,
  WORD_DRIVE,
  WORD_FENCED,
  WORD_MEDIUM,
  WORD_MOVE_ACROSS,
  WORD_MOVE_IN,
  WORD_MOVE_OUT,
  WORD_MOVED,
  WORD_NONE,
  WORD_RECOVERED,
} from "../../assembly/spec/word.ts";
import type { Action } from "./bench.ts";

/** WORD_RECOVERED: on the same medium, on a spare one, given up. */
const SAME = 0;
export const SPARE = 1;
const GIVEN_UP = 2;

/** What a lane says, and which word it waits for then. */
export interface Line {
  readonly say?: readonly [kind: number, c?: number, d?: number];
  readonly wait?: number;
}
export type Script = Generator<Line, void, Action>;

/** What is really so. */
export interface Truth {
  /** The tag of what is in a drive, by device number. */
  inDrive(device: number): string | undefined;
  /** Throws where the changer has promised what is no blank spare. */
  mustBeBlank(real: string): void;
  /** Whether a spare medium works. */
  works(): boolean;
  /** The volume is on that cartridge now. */
  wrote(volume: string, real: string): void;
}
/** A recovery of a lane's volume in that drive. */
export interface Recovery {
  readonly volume: string;
  readonly drive: number;
  readonly truth: Truth;
}

/** The cartridge out of the drive, a spare one in. */
function* newMedium({ volume, drive, truth }: Recovery): Script {
  if (truth.inDrive(drive) === undefined) return;
  const out = yield { say: [WORD_MOVE_OUT, drive], wait: WORD_MOVED };
  const real = out.c === 0 ? yield* bring(drive, truth) : undefined;
  yield* end(volume, drive, real, truth);
}
/** To another drive with it. */
function* newDrive({ drive }: Recovery): Script {
  const spare = yield { say: [WORD_ASK_DRIVE], wait: WORD_DRIVE };
  if (spare.c === WORD_NONE) {
    yield { say: [WORD_RECOVERED, GIVEN_UP] };
    return;
  }
  const moved = yield { say: [WORD_MOVE_ACROSS, drive, spare.c], wait: WORD_MOVED };
  if (moved.c === 0) yield { say: [WORD_FENCED, drive, spare.c] };
  yield { say: [WORD_RECOVERED, moved.c === 0 ? SAME : GIVEN_UP] };
}
/** It is stuck: a spare one in another drive. */
function* newBoth({ volume, drive, truth }: Recovery): Script {
  const spare = yield { say: [WORD_ASK_DRIVE], wait: WORD_DRIVE };
  const real = spare.c === WORD_NONE ? undefined : yield* bring(spare.c, truth);
  if (real !== undefined) yield { say: [WORD_FENCED, drive, spare.c] };
  yield* end(volume, spare.c, real, truth);
}
/** A spare medium into a drive; its tag, where that worked. */
function* bring(drive: number, truth: Truth): Generator<Line, string | undefined, Action> {
  const medium = yield { say: [WORD_ASK_MEDIUM], wait: WORD_MEDIUM };
  if (medium.c === WORD_NONE) return undefined;
  const real = medium.params.toString("latin1").trimEnd();
  truth.mustBeBlank(real);
  const moved = yield { say: [WORD_MOVE_IN, medium.c, drive], wait: WORD_MOVED };
  // A lane looks at what is in its drive before it writes to it.
  return moved.c === 0 && truth.inDrive(drive) === real ? real : undefined;
}
function* end(volume: string, drive: number, real: string | undefined, truth: Truth): Script {
  const works = real !== undefined && truth.inDrive(drive) === real && truth.works();
  if (works) truth.wrote(volume, real);
  if (!works && real !== undefined) yield { say: [WORD_BAD_MEDIUM, WORD_NONE] };
  yield { say: [WORD_RECOVERED, works ? SPARE : GIVEN_UP] };
}

/** Every kind of recovery. */
export const SCRIPTS: readonly ((recovery: Recovery) => Script)[] = [newMedium, newDrive, newBoth];
