/**
 * What a lane must not lose when its core traps (spec/keep.ts): everything that the server can see and
 * the ring does not hold, the dialogue with the changer, the recovery, and the drive's command that is
 * out. Decides what is kept, and what a new instance makes of it: it is the old one after its last good
 * step, but for procedures, which begin again, and the ring, which is opened (resume.ts).
 */
import { keepRestore, keepSave, keepSaved } from "../lib/keep.ts";
import { keepFailure } from "../recovery/failure.ts";
import { keepAttempts } from "../recovery/fault.ts";
import { keepHistory } from "../recovery/history.ts";
import { keepPace } from "../recovery/pace.ts";
import { keepRecovery } from "../recovery/recovery.ts";
import { keepReport } from "../recovery/report.ts";
import { keepSpares } from "../recovery/spares.ts";
import { keepRecoveryState } from "../recovery/state.ts";
import { keepRingFault } from "../ring/geometry.ts";
import { keepMode } from "../scsi/mode-page.ts";
import { keepPrevent } from "../scsi/prevent.ts";
import { keepReservation } from "../scsi/reservation.ts";
import { keepWrite } from "../scsi/stream-write.ts";
import { keepAttentions } from "../scsi/unit-attention.ts";
import { keepCursors } from "../tape/cursor.ts";
import { keepDevice } from "./device.ts";
import { keepFeeder } from "./feeder.ts";
import { keepMedium } from "./medium.ts";
import { keepIdentity } from "./medium-identity.ts";
import { keepMount } from "./mount.ts";
import { keepEvidence } from "./procedure-evidence.ts";
import { keepReady } from "./procedure-ready.ts";
import { keepImage } from "./resume.ts";
import { keepTask } from "./task.ts";

/** In this order; whoever changes it changes KEEP_VERSION. */
function everything(): void {
  keepTask();
  keepWrite();
  keepDevice();
  keepFeeder();
  keepCursors();
  keepMedium();
  keepIdentity();
  keepRingFault();
  keepImage();
  keepMount();
  keepReady();
  keepMode();
  keepReservation();
  keepReport();
  keepFailure();
  keepRecoveryState();
  keepRecovery();
  keepSpares();
  keepAttempts();
  keepPace();
  keepEvidence();
  keepPrevent();
  keepAttentions();
  keepHistory();
}

/** At the end of a step. */
export function saveKeep(): void {
  keepSave();
  everything();
  keepSaved();
}
/** At the start: takes the block that was given; false: it is of another version, nothing was taken. */
export function restoreKeep(): bool {
  if (!keepRestore()) return false;
  everything();
  return true;
}
