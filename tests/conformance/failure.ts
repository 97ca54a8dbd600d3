/**
 * One failure behind the bridge: which kind, in front of which step, and the rules of the practice
 * library for it. Decides from a seed alone; names the drive and the cartridge that a lane has then.
 */

import { Random } from "../parity/random.ts";
import type { Rig } from "./rig.ts";
import type { Step } from "./sequence.ts";

/**
 * What is broken: the cartridge of the lane; its drive; its drive, which answers nothing any more; its drive,
 * which keeps the cartridge; its drive, and what the recovery needs next.
 */
export type FailureKind = "cartridge" | "drive" | "hang" | "stuck" | "second";

export const FAILURE_KINDS: readonly FailureKind[] = [
  "cartridge",
  "drive",
  "hang",
  "stuck",
  "second",
];

/** What can be broken: drives by number, cartridges by volume tag. */
interface Parts {
  readonly drive: number;
  readonly cartridge: string;
  readonly spareDrive: number;
  readonly spareMedium: string;
}

/** A failure that a sequence will have. */
export interface PlannedFailure {
  /** In front of which step. */
  readonly at: number;
  readonly rules: (parts: Parts) => readonly string[];
}

const RECORDS_MAX = 12;
const OBJECTS_MAX = 20;
const SEED_MIX = 0x27d4_eb2f;
const FIRST_DRIVE = 0x100;

type MakeRules = (random: Random) => PlannedFailure["rules"];

const DRIVE_FAILURES = [
  ...(["write fail", "read fail", "write deferred", "drop", "reset", "dirty"] as const),
];
/** So that another drive has to be taken. */
const DRIVE_ENDS = ["write fail", "read fail", "drop"] as const;

const RULES: Readonly<Record<FailureKind, readonly MakeRules[]>> = {
  cartridge: [cartridgeRules("write fail"), cartridgeRules("read fail")],
  drive: DRIVE_FAILURES.map((words) => driveRules(words)),
  hang: [driveRules("hang")],
  stuck: ["write fail", "write deferred", "read fail"].map((words) =>
    driveRules(words, ({ drive }) => `drive ${drive} unload fail`),
  ),
  second: [
    ...DRIVE_ENDS.map((words) => driveRules(words, () => "robot move fail times 1")),
    ...DRIVE_ENDS.map((words) => driveRules(words, (of) => `drive ${of.spareDrive} load fail`)),
    ...DRIVE_ENDS.map((words) => driveRules(words, (of) => `drive ${of.spareDrive} write fail`)),
    cartridgeRules("write fail", ({ spareMedium }) => `cartridge ${spareMedium} write fail at 1`),
    cartridgeRules("write fail", () => "robot move fail times 1"),
  ],
};

/** One of the drive after so many records, and what else is broken at once. */
function driveRules(words: string, ...others: readonly ((of: Parts) => string)[]): MakeRules {
  return (random) => {
    const after = random.below(RECORDS_MAX);
    return (of) => [
      `drive ${of.drive} ${words} after ${after}`,
      ...others.map((other) => other(of)),
    ];
  };
}

/** One of the cartridge from an object on, and what else is broken at once. */
function cartridgeRules(words: string, ...others: readonly ((of: Parts) => string)[]): MakeRules {
  return (random) => {
    const at = random.below(OBJECTS_MAX);
    return (of) => [
      `cartridge ${of.cartridge} ${words} at ${at}`,
      ...others.map((other) => other(of)),
    ];
  };
}

/** The failure of sequence `number` of a seed, which has so many steps. */
export function planFailure(
  seed: number,
  number: number,
  kind: FailureKind,
  length: number,
): PlannedFailure {
  const random = new Random(Math.imul(seed + 1, SEED_MIX) ^ number);
  return { at: random.below(length), rules: random.pick(RULES[kind])(random) };
}

/** ERASE(6) and (16), FORMAT MEDIUM. */
const SLOW: readonly (number | undefined)[] = [0x19, 0x93, 0x04];
const ATTRIBUTE_BYTES = 1024;
/** It says which cartridge stands there. */
const READ_ATTRIBUTE: Omit<Step, "server"> = {
  name: "READ ATTRIBUTE",
  isReset: false,
  moves: false,
  cdb: Uint8Array.of(0x8c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ATTRIBUTE_BYTES >> 8, 0, 0, 0),
  out: undefined,
  inBytes: ATTRIBUTE_BYTES,
};

/**
 * The steps as they are with a failure: the cartridge is asked for at the end; and nothing that a drive may
 * be silent in for hours, since nobody waits so long for the end.
 */
export function stepsFor(kind: FailureKind | undefined, steps: readonly Step[]): readonly Step[] {
  if (kind === undefined) {
    return steps;
  }
  const played = kind === "hang" ? steps.filter(({ cdb }) => !SLOW.includes(cdb[0])) : steps;
  return [...played, { ...READ_ATTRIBUTE, server: played.at(-1)?.server ?? 0 }];
}

/** Sets its rules for what lane `lane` has now; they come back in words. */
export async function strike(rig: Rig, lane: number, { rules }: PlannedFailure): Promise<string> {
  const { lanes, spareDrives, spareMedia } = await rig.status();
  const { drive, cartridge } = lanes.find(({ lun }) => lun === lane) ?? {};
  const numberOf = (element: number | undefined): number => (element ?? 0) - FIRST_DRIVE + 1;
  const all = rules({
    drive: numberOf(drive?.element),
    cartridge: cartridge?.realVolumeTag ?? "",
    spareDrive: numberOf(spareDrives[0]?.element),
    spareMedium: spareMedia[0]?.volumeTag ?? "",
  });
  for (const words of all) {
    await rig.fault(words);
  }
  return all.join(", ");
}
