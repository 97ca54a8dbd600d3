/**
 * Gives the robot to one job after another and tells its owner how it ended. A move's destination is
 * chosen here, when its turn comes. A move that failed for good is followed by a reading.
 */

import { logNumbers } from "../lib/action.ts";
import { keepFlag } from "../lib/keep.ts";
import {
  ATTENTION_MEDIUM_CHANGED,
  ATTENTION_PORT_ACCESSED,
  attentionRaise,
} from "../scsi/unit-attention.ts";
import {
  ASC_MEDIUM_DESTINATION_ELEMENT_FULL,
  ASC_MEDIUM_SOURCE_ELEMENT_EMPTY,
} from "../spec/additional-sense.ts";
import { LOG_ROBOT_FAILED } from "../spec/log-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { WORD_NONE } from "../spec/word.ts";
import {
  cartridgeElement,
  cartridgeHidden,
  cartridgeLane,
  cartridgeSource,
} from "./cartridge-table.ts";
import { driveElement } from "./drive-table.ts";
import { elementCartridge } from "./element-table.ts";
import { reading, readingFailed, startReading } from "./inventory-reader.ts";
import {
  addReading,
  addWatch,
  dropJob,
  dropJobs,
  JOB_MOVE,
  JOB_READ,
  JOB_WATCH,
  jobCartridge,
  jobCount,
  jobKind,
  jobOwner,
  jobTo,
  jobWaits,
  OWNER_CHANGE,
  OWNER_LANE,
  OWNER_START,
  OWNER_TASK,
  TO_DRIVE,
  TO_HOME,
  TO_INDEX,
  TO_KIND,
} from "./job.ts";
import { touchJournal } from "./journal.ts";
import { laneCount, laneVolume } from "./lane-table.ts";
import { laneMoved, sayGone, sayMount } from "./lane-word.ts";
import { NEVER, NONE, STORAGE_BASE } from "./limits.ts";
import { moveResult, moveSense, moving, startMove } from "./mover.ts";
import {
  CHANGED_NOTHING,
  CHANGED_PLACE,
  CHANGED_PORT,
  forgetAbsent,
  takeInventory,
  takeVolumes,
} from "./reconcile.ts";
import { robotSense, robotSenseAt, takeRobotChange } from "./robot.ts";
import { inventoryRead, inventoryWanted, restored } from "./start.ts";
import { exchange, findHome, realStorage, tuck, virtualIndex } from "./storage-map.ts";
import { taskGone, taskJobEnded, taskMoves, taskNexus } from "./task.ts";
import { isStorage, roomAt, virtualAt } from "./virtual.ts";
import { startWatch, watchEnd, watching, watchWake, watchWanted } from "./watch.ts";

const SOURCE_EMPTY: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_SOURCE_ELEMENT_EMPTY;
const DESTINATION_FULL: u32 = (KEY_ILLEGAL_REQUEST << 16) | ASC_MEDIUM_DESTINATION_ELEMENT_FULL;

/** Volumes of lanes before a reading, to see what it changed. */
const VOLUMES: usize = memory.data(132, 4);
/** The first job of the queue is under way. */
let busy: bool = false;

/** Something is under way at the robot. */
export function robotBusy(): bool {
  return busy;
}

/** The storage element where a cartridge belongs (real), or NONE. */
function home(cartridge: u32): u32 {
  const own = virtualAt(cartridgeSource(cartridge));
  const known = !cartridgeHidden(cartridge) && own !== NONE && isStorage(own);
  const index = findHome(known ? own - STORAGE_BASE : NONE, cartridgeHidden(cartridge));
  return index === NONE ? NONE : realStorage(index);
}
/**
 * A lane's volume that is in a storage element already (its drive was given another cartridge) needs no
 * robot: the virtual element where it shall be is put before it.
 */
function standsThere(cartridge: u32, to: u32): bool {
  const element = cartridgeElement(cartridge);
  if (cartridgeLane(cartridge) === 0 || !isStorage(element) || !isStorage(to)) return false;
  exchange(to - STORAGE_BASE, virtualIndex(element));
  return true;
}
function room(element: u32, cartridge: u32): u32 {
  if (element === NONE || element === cartridgeElement(cartridge)) return element;
  return elementCartridge(element) === NONE ? element : NONE;
}
/** The real element that the move at the head of the queue goes to, or NONE. */
function resolve(): u32 {
  const to = jobTo() & TO_INDEX;
  const kind = jobTo() & TO_KIND;
  const cartridge = jobCartridge();
  if (kind === TO_HOME) return home(cartridge);
  if (kind === TO_DRIVE) return room(driveElement(to), cartridge);
  return standsThere(cartridge, to) ? cartridgeElement(cartridge) : roomAt(to);
}
/** Begins the move at the head; false: it ended at once. */
function beginMoving(): bool {
  const cartridge = jobCartridge();
  if (cartridgeElement(cartridge) === NONE) {
    jobEnded(SOURCE_EMPTY, 0);
    return false;
  }
  const to = resolve();
  touchJournal();
  if (to === NONE || to === cartridgeElement(cartridge)) {
    jobEnded(to === NONE ? DESTINATION_FULL : 0, 0);
    return false;
  }
  startMove(cartridge, to);
  return true;
}

function rememberVolumes(): void {
  for (let n: u32 = 1; n <= laneCount(); n++) store<u32>(VOLUMES + (n << 2), laneVolume(n));
}
/** An operator changed what is in a lane's drive: the lane hears of it. */
function tellVolumes(): void {
  for (let n: u32 = 1; n <= laneCount(); n++) {
    const before = load<u32>(VOLUMES + (n << 2));
    if (laneVolume(n) === before) continue;
    if (before !== NONE) {
      sayGone(n, 0);
      taskGone(n);
    }
    if (laneVolume(n) !== NONE) sayMount(n, true);
  }
}
/** A reading after the start has ended: what an operator changed is a unit attention. */
function inventoryReadAgain(nexus: u32): void {
  rememberVolumes();
  const changed = takeInventory();
  const lanes = takeVolumes();
  if (jobCount() === 0 && !taskMoves()) forgetAbsent();
  if (changed === CHANGED_NOTHING && !lanes) return;
  tuck();
  touchJournal();
  tellVolumes();
  if (lanes || (changed & CHANGED_PLACE) !== 0) attentionRaise(ATTENTION_MEDIUM_CHANGED, nexus);
  if ((changed & CHANGED_PORT) !== 0) attentionRaise(ATTENTION_PORT_ACCESSED, nexus);
}
function readingEnded(owner: u32): void {
  const sense = robotSense() === 0 ? WORD_NONE : robotSense();
  if (owner === OWNER_START) return inventoryRead(readingFailed());
  if (readingFailed()) logNumbers(LOG_ROBOT_FAILED, 0, sense);
  else inventoryReadAgain(owner >= OWNER_TASK ? taskNexus(owner - OWNER_TASK) : 0);
  if (owner < OWNER_TASK) return;
  const result: u32 = readingFailed() ? sense : 0;
  taskJobEnded(owner - OWNER_TASK, result, sense === WORD_NONE ? 0 : robotSenseAt());
}
function jobEnded(result: u32, raw: u32): void {
  const owner = jobOwner();
  dropJob();
  if (owner >= OWNER_TASK) taskJobEnded(owner - OWNER_TASK, result, raw);
  else if (owner >= OWNER_LANE) laneMoved(owner - OWNER_LANE, result);
  else restored();
}
function workEnded(): void {
  busy = false;
  const owner = jobOwner();
  if (jobKind() === JOB_WATCH) return dropJob();
  if (jobKind() === JOB_READ) {
    dropJob();
    return readingEnded(owner);
  }
  const result = moveResult();
  jobEnded(result, result === 0 || result === WORD_NONE ? 0 : moveSense());
  if (result !== 0) wantReading();
}
function wantReading(): void {
  if (!jobWaits(OWNER_CHANGE)) addReading(OWNER_CHANGE);
}

/** Takes up what has ended and begins what waits; asked at the end of each step. */
export function arbiterRun(): void {
  if (busy && !moving() && !reading() && !watching()) workEnded();
  if (!inventoryWanted() && takeRobotChange()) wantReading();
  if (!busy && jobCount() === 0 && watchWanted()) addWatch();
  while (!busy && jobCount() > 0) beginJob();
}
function beginJob(): void {
  if (jobKind() === JOB_MOVE) {
    busy = beginMoving();
    return;
  }
  busy = true;
  if (jobKind() === JOB_READ) startReading(jobOwner() === OWNER_START);
  else startWatch();
}
/** When it wants EV_TIME for a question of its own, or NEVER. */
export function arbiterWake(): u64 {
  return busy || jobCount() > 0 ? NEVER : watchWake();
}
/** The bridge stops: only what is under way goes on. */
export function arbiterStop(): void {
  watchEnd();
  dropJobs(busy ? 1 : 0);
}
/** What outlives a trap (keep.ts): the job at the head of the queue is under way. */
export function keepArbiter(): void {
  busy = keepFlag(busy);
}
