/**
 * What must be true at the end of a story. Decides right or wrong, one line per promise; a pure
 * function of what was found.
 */

import type { RecoveryStatus } from "../../host/lib/status-document.ts";
import type { Check } from "./case-result.ts";
import type { Element } from "./changer-client.ts";
import type { DemoCase } from "./demo-case.ts";
import { type Sense, senseWords } from "./sense.ts";
import { firstDifference, prefixDifference, type TapeCount } from "./tally.ts";

/** What a story found. `undefined`: it did not come to that. */
export interface Facts {
  readonly sent: TapeCount;
  readonly readBack: TapeCount | undefined;
  readonly onCartridge: TapeCount | undefined;
  /** As of the library: objects at the end of a tape that a failed write left. */
  readonly phantomObjects: number;
  readonly errorsSeen: number;
  /** What ended the job, in a story that ends so. */
  readonly jobSense: Sense | undefined;
  readonly recoveries: readonly RecoveryStatus[];
  /** The cartridge as it was chosen by the server, and as the lane showed it at the end. */
  readonly volumeTag: string;
  readonly shownVolumeTag: string;
  readonly realVolumeTag: string;
  /** The storage elements as the server saw them. */
  readonly inventoryBefore: readonly Element[];
  readonly inventoryAfter: readonly Element[];
}

/** A medium failure is a write error (3/0C/00), whichever drive says it. */
const WRITE_ERROR = "3/0C/00";

/** Every promise of the story and whether it was kept. */
export function checksOf(demoCase: DemoCase, facts: Facts): Check[] {
  return [
    ...(demoCase.result === "reported" ? reportedChecks(facts) : survivedChecks(facts)),
    recoveryCheck(demoCase, facts.recoveries),
    tagCheck(demoCase, facts),
    check("the server's inventory is what it was", inventoryDifference(facts)),
  ];
}

function survivedChecks(facts: Facts): Check[] {
  const { sent, readBack, onCartridge, errorsSeen } = facts;
  return [
    check("the server saw no error", errorsSeen === 0 ? undefined : `it saw ${errorsSeen}`, "none"),
    check("read back = sent", sameAs(sent, readBack)),
    check("on the cartridge = sent", sameAs(sent, onCartridge)),
  ];
}

/** The job ends with the drive's own error and nothing else; what is on the tape was sent. */
function reportedChecks(facts: Facts): Check[] {
  const { sent, onCartridge, phantomObjects, errorsSeen, jobSense } = facts;
  const words = jobSense === undefined ? "nothing" : senseWords(jobSense);
  const isDrivesOwn = words === WRITE_ERROR || words === `${WRITE_ERROR} deferred`;
  const difference =
    onCartridge === undefined
      ? "no cartridge"
      : prefixDifference(sent, onCartridge, onCartridge.lengths.length - phantomObjects);
  return [
    check(`the server saw ${WRITE_ERROR}`, isDrivesOwn ? undefined : `it saw ${words}`, words),
    check("and nothing else", errorsSeen === 1 ? undefined : `${errorsSeen} errors`, "1 error"),
    check("on the cartridge: the beginning of what was sent", difference),
  ];
}

function recoveryCheck(demoCase: DemoCase, recoveries: readonly RecoveryStatus[]): Check {
  const found = recoveries.map(({ kind, result }) => `${kind} ${result}`).join(", ") || "none";
  if (demoCase.result === undefined) {
    return check("no recovery", recoveries.length === 0 ? undefined : found, found);
  }
  const isRight =
    recoveries.length > 0 &&
    recoveries.every(({ kind, result }) => kind === demoCase.verdict && result === demoCase.result);
  return check(
    `verdict ${demoCase.verdict}, ${demoCase.result}`,
    isRight ? undefined : found,
    found,
  );
}

function tagCheck(demoCase: DemoCase, facts: Facts): Check {
  const { volumeTag, shownVolumeTag, realVolumeTag } = facts;
  const hasMoved = realVolumeTag !== volumeTag;
  const found = `${shownVolumeTag || "none"} on ${realVolumeTag || "none"}`;
  const isRight =
    volumeTag !== "" && shownVolumeTag === volumeTag && hasMoved === demoCase.movesToSpareMedium;
  const what = demoCase.movesToSpareMedium
    ? `volume tag ${volumeTag} on a spare cartridge`
    : `volume tag ${volumeTag} on its own cartridge`;
  return check(what, isRight ? undefined : found, found);
}

function sameAs(sent: TapeCount, found: TapeCount | undefined): string | undefined {
  return found === undefined ? "it did not come to that" : firstDifference(sent, found);
}

function inventoryDifference({ inventoryBefore, inventoryAfter }: Facts): string | undefined {
  if (inventoryAfter.length !== inventoryBefore.length) {
    return `${inventoryBefore.length} elements, then ${inventoryAfter.length}`;
  }
  const changed = inventoryBefore.find((element, index) => {
    const now = inventoryAfter[index];
    return now?.address !== element.address || now.volumeTag !== element.volumeTag;
  });
  return changed === undefined ? undefined : `element ${changed.address} differs`;
}

/** `difference` undefined: kept. */
function check(what: string, difference: string | undefined, found = "the same"): Check {
  return { what, ok: difference === undefined, found: difference ?? found };
}
