/**
 * One failure behind the bridge: which kind, in front of which step, and the rule of the practice
 * library for it. Decides from a seed alone; names the drive and the cartridge that a lane has then.
 */

import { Random } from "../parity/random.ts";
import type { Rig } from "./rig.ts";

/** What is broken: the cartridge of the lane, or its drive. */
export type FailureKind = "cartridge" | "drive";

export const FAILURE_KINDS: readonly FailureKind[] = ["cartridge", "drive"];

/** A failure that a sequence will have. */
export interface PlannedFailure {
  /** In front of which step. */
  readonly at: number;
  /** The rule, for a drive number and a volume tag. */
  readonly rule: (drive: number, volumeTag: string) => string;
}

const RECORDS_MAX = 12;
const OBJECTS_MAX = 60;
const SEED_MIX = 0x27d4_eb2f;
const FIRST_DRIVE = 0x100;

type MakeRule = (random: Random) => PlannedFailure["rule"];

const RULES: Readonly<Record<FailureKind, readonly MakeRule[]>> = {
  cartridge: [
    (random) => {
      const at = random.below(OBJECTS_MAX);
      return (_, tag) => `cartridge ${tag} write fail at ${at}`;
    },
    (random) => {
      const at = random.below(OBJECTS_MAX);
      return (_, tag) => `cartridge ${tag} read fail at ${at}`;
    },
  ],
  drive: [
    driveRule("write fail"),
    driveRule("read fail"),
    driveRule("write deferred"),
    driveRule("drop"),
    driveRule("reset"),
  ],
};

function driveRule(words: string): MakeRule {
  return (random) => {
    const after = random.below(RECORDS_MAX);
    return (drive) => `drive ${drive} ${words} after ${after}`;
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
  return { at: random.below(length), rule: random.pick(RULES[kind])(random) };
}

/** Sets its rule for what lane `lane` has now. */
export async function strike(rig: Rig, lane: number, { rule }: PlannedFailure): Promise<string> {
  const { lanes } = await rig.status();
  const found = lanes.find(({ lun }) => lun === lane);
  const { drive, cartridge } = found ?? {};
  const element = drive?.element;
  const words = rule(Number(element ?? 0) - FIRST_DRIVE + 1, cartridge?.realVolumeTag ?? "");
  await rig.fault(words);
  return words;
}
