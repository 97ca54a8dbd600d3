/**
 * The stories that the demo tells, one row each: what breaks, with which spares, and what must come
 * of it. Decides nothing at run time; `story.ts` plays a row, `checks.ts` holds it to its promise.
 */

/** As in `--fail`. */
export type CaseName = "none" | "medium" | "drive" | "stuck-drive" | "no-spare";

/** What a library is asked to break. */
export type Breakage = "medium" | "drive" | "stuck-drive";

/** One story. */
export interface DemoCase {
  readonly name: CaseName;
  /** For people, one line. */
  readonly story: string;
  readonly breaks: Breakage | undefined;
  /** false: every drive is a lane and no cartridge is held back. */
  readonly hasSpares: boolean;
  /** What the recovery must end with; undefined: there must be none. */
  readonly result: "recovered" | "reported" | undefined;
  /** The verdict that must be reached (`kind` of the status), "" where there is none. */
  readonly verdict: string;
  /** The data must be on another cartridge than the one that was loaded. */
  readonly movesToSpareMedium: boolean;
}

/** Every story, in the order of the help. */
export const DEMO_CASES: readonly DemoCase[] = [
  {
    name: "none",
    story: "nothing breaks",
    breaks: undefined,
    hasSpares: true,
    result: undefined,
    verdict: "",
    movesToSpareMedium: false,
  },
  {
    name: "medium",
    story: "the cartridge dies in the middle; a spare cartridge takes its place",
    breaks: "medium",
    hasSpares: true,
    result: "recovered",
    verdict: "medium",
    movesToSpareMedium: true,
  },
  {
    name: "drive",
    story: "the drive dies in the middle; the cartridge goes on in a spare drive",
    breaks: "drive",
    hasSpares: true,
    result: "recovered",
    verdict: "drive",
    movesToSpareMedium: false,
  },
  {
    name: "stuck-drive",
    story: "the drive dies and keeps the cartridge; a spare of each takes over",
    breaks: "stuck-drive",
    hasSpares: true,
    result: "recovered",
    verdict: "stuck-drive",
    movesToSpareMedium: true,
  },
  {
    name: "no-spare",
    story: "the cartridge dies and there is no spare; the server gets the drive's own error",
    breaks: "medium",
    hasSpares: false,
    result: "reported",
    verdict: "medium",
    movesToSpareMedium: false,
  },
];

/** What `--fail` is when nobody says. */
export const DEFAULT_CASES: readonly CaseName[] = ["medium", "drive"];
