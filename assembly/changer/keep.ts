/**
 * What the changer must not lose when its core traps: everything (spec/keep.ts). Its state is tables and
 * a few numbers, and nothing of it has to be found out again, so an instance that takes over is the old
 * one after its last good step. Only the wish to be woken is told the host anew.
 */
import { KEPT_END } from "../lane/keep.ts";
import { act, logNumbers, setA } from "../lib/action.ts";
import { keepGiven, keepRestore, keepSave, keepSaved, keptVersion } from "../lib/keep.ts";
import { AC_RESUMED } from "../spec/action.ts";
import { KEEP_VERSION } from "../spec/keep.ts";
import { LOG_KEEP_BAD } from "../spec/log-code.ts";
import { keepArbiter } from "./arbiter.ts";
import { keepCartridges } from "./cartridge-table.ts";
import { keepDrives } from "./drive-table.ts";
import { keepElements } from "./element-table.ts";
import { keepReading } from "./inventory-reader.ts";
import { keepJobs } from "./job.ts";
import { keepJournals } from "./journal.ts";
import { keepLanes } from "./lane-table.ts";
import { keepMove } from "./mover.ts";
import { keepRobot } from "./robot.ts";
import { keepSpareMedia } from "./spare-media.ts";
import { keepTold } from "./spares.ts";
import { keepStart } from "./start.ts";
import { keepMap } from "./storage-map.ts";
import { keepTasks } from "./task.ts";
import { keepSearch } from "./volume-search.ts";
import { keepVolumeSerials } from "./volume-serial.ts";
import { keepWatch } from "./watch.ts";

/** In this order; whoever changes it changes KEEP_VERSION. */
function everything(): void {
  keepStart();
  keepDrives();
  keepElements();
  keepCartridges();
  keepLanes();
  keepMap();
  keepSpareMedia();
  keepJournals();
  keepRobot();
  keepReading();
  keepMove();
  keepJobs();
  keepArbiter();
  keepTasks();
  keepTold();
  keepSearch();
  keepWatch();
  keepVolumeSerials();
}

/** At the end of a step. */
export function saveChanger(): void {
  keepSave(KEPT_END);
  everything();
  keepSaved();
}
/** At the start: takes over where there is a block; false: this is an ordinary start. */
export function resumeChanger(): bool {
  if (!keepGiven()) return false;
  const same = keepRestore(KEPT_END);
  if (same) everything();
  else logNumbers(LOG_KEEP_BAD, keptVersion(), KEEP_VERSION);
  act(AC_RESUMED, 0);
  setA(same ? 0 : LOG_KEEP_BAD);
  return true;
}
