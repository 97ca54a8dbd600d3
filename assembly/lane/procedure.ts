/**
 * Sequences of drive commands that mount, position, unload and check a medium: one runs at a time, each
 * is a function of its program counter and the last completion. Decides how such a sequence goes; who
 * wants it and what follows is its owner's. Every wait is bounded by a named limit.
 */
import { deviceIdle } from "./device.ts";
import { advanceAttributes } from "./procedure-attributes.ts";
import { advanceBlank } from "./procedure-blank.ts";
import { advanceCheck } from "./procedure-check.ts";
import { advanceDivide } from "./procedure-divide.ts";
import { advanceEvidence } from "./procedure-evidence.ts";
import { advanceIdentity } from "./procedure-identity.ts";
import { advanceKey } from "./procedure-key.ts";
import { advancePage } from "./procedure-page.ts";
import { advancePosition } from "./procedure-position.ts";
import { advanceReady } from "./procedure-ready.ts";
import {
  OUTCOME_RUNNING,
  outcome,
  PROCEDURE_ATTRIBUTES,
  PROCEDURE_BLANK,
  PROCEDURE_CAPACITY,
  PROCEDURE_CHECK,
  PROCEDURE_COMPRESSION,
  PROCEDURE_DIVIDE,
  PROCEDURE_EVIDENCE,
  PROCEDURE_IDENTITY,
  PROCEDURE_KEY,
  PROCEDURE_POSITION,
  PROCEDURE_READY,
  PROCEDURE_TAIL,
  PROCEDURE_UNLOAD,
  PROCEDURE_WALK,
  PROCEDURE_WARNING,
  procedureIdle,
  procedureKind,
  setProcedureWaiting,
} from "./procedure-state.ts";
import { advanceTail } from "./procedure-tail.ts";
import { advanceUnload } from "./procedure-unload.ts";
import { advanceWalk } from "./walk.ts";

/** Goes on where it can: the drive is idle and no wait is running. True when something was done. */
export function procedurePump(): bool {
  return !procedureIdle() && advance();
}

function advance(): bool {
  const kind = procedureKind();
  if (outcome() !== OUTCOME_RUNNING || !deviceIdle() || setProcedureWaiting()) return false;
  if (kind === PROCEDURE_READY) return advanceReady();
  if (kind === PROCEDURE_POSITION) return advancePosition();
  if (kind === PROCEDURE_UNLOAD) return advanceUnload();
  if (kind === PROCEDURE_TAIL) return advanceTail();
  if (kind === PROCEDURE_BLANK) return advanceBlank();
  if (kind === PROCEDURE_IDENTITY || kind === PROCEDURE_CAPACITY) return advanceIdentity();
  if (kind === PROCEDURE_CHECK) return advanceCheck();
  if (kind === PROCEDURE_WARNING || kind === PROCEDURE_COMPRESSION) return advancePage();
  if (kind === PROCEDURE_KEY) return advanceKey();
  if (kind === PROCEDURE_WALK) return advanceWalk();
  if (kind === PROCEDURE_ATTRIBUTES) return advanceAttributes();
  if (kind === PROCEDURE_DIVIDE) return advanceDivide();
  assert(kind === PROCEDURE_EVIDENCE);
  return advanceEvidence();
}
