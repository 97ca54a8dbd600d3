/**
 * The changer role: the virtual inventory towards the server, and the arbiter of what lanes share
 * (robot, spare drives, spare media). Here events go to the files that decide, and each step ends in one
 * order: jobs, answers, journal, robot, words, show, wake.
 */
import { act, setA, setX } from "../lib/action.ts";
import { eventA, eventKind } from "../lib/event.ts";
import { UNIT_CHANGER, useCommands } from "../scsi/command-table.ts";
import { AC_STOPPED, AC_WAKE, WAKE_IDLE } from "../spec/action.ts";
import {
  EV_COMMAND,
  EV_DATA,
  EV_DEVICE,
  EV_DEVICE_DONE,
  EV_DEVICE_LOST,
  EV_JOURNAL_DONE,
  EV_NEXUS,
  EV_OPERATOR,
  EV_TASK_END,
  EV_TIME,
  EV_WORD,
  OPERATOR_STOP,
} from "../spec/event.ts";
import { WORD_MOUNTED, WORD_RELEASED } from "../spec/word.ts";
import { arbiterRun, arbiterStop, arbiterWake, robotBusy } from "./arbiter.ts";
import { deviceKnown, deviceValid, setConnected } from "./drive-table.ts";
import { readingDone, readingTime, readingWake } from "./inventory-reader.ts";
import { flushJournal, journalClean, journalDone } from "./journal.ts";
import { resumeChanger, saveChanger } from "./keep.ts";
import { laneWord } from "./lane-word.ts";
import { NEVER } from "./limits.ts";
import { moveDone, moveJournal, moveTime, moveWake, moving } from "./mover.ts";
import { ROBOT_BUSY, robotDone } from "./robot.ts";
import { serverCommand, serverData, serverNexus, serverTaskEnded } from "./server.ts";
import { showChanger } from "./show.ts";
import { tellSpares } from "./spares.ts";
import {
  inventoryWanted,
  ready,
  startFailed,
  startSettle,
  takeDevice,
  takeStart,
} from "./start.ts";
import { taskMounted, taskReleased, taskSettle, taskTime, taskWake } from "./task.ts";
import { watchDone, watching } from "./watch.ts";

let stopping: bool = false;
/** The time that the host was told last. */
let wake: u64 = NEVER;

function deviceDone(): void {
  const how = robotDone();
  if (how === ROBOT_BUSY) return;
  if (moving()) moveDone(how);
  else if (watching()) watchDone(how);
  else readingDone(how);
}
function deviceLost(): void {
  if (deviceValid(eventA()) && deviceKnown(eventA())) setConnected(eventA(), false);
}
function word(): void {
  if (!ready()) return;
  if (eventA() === WORD_MOUNTED) return taskMounted();
  if (eventA() === WORD_RELEASED) return taskReleased();
  laneWord();
}
function time(): void {
  wake = NEVER;
  readingTime();
  moveTime();
  taskTime();
}
function dispatch(): void {
  const kind = eventKind();
  if (kind === EV_COMMAND) return serverCommand();
  if (kind === EV_DEVICE_DONE) return deviceDone();
  if (kind === EV_WORD) return word();
  if (kind === EV_TIME) return time();
  if (kind === EV_JOURNAL_DONE) return journalDone();
  if (kind === EV_NEXUS) return serverNexus();
  if (kind === EV_DATA) return serverData();
  if (kind === EV_TASK_END) return serverTaskEnded();
  if (kind === EV_DEVICE) return takeDevice();
  if (kind === EV_DEVICE_LOST) return deviceLost();
  if (kind === EV_OPERATOR && eventA() === OPERATOR_STOP) stopping = true;
}

function stop(): void {
  arbiterStop();
  if (robotBusy() || !journalClean()) return;
  stopping = false;
  act(AC_STOPPED, 0);
  setA(1);
}
function tellWake(): void {
  let earliest = taskWake();
  if (moveWake() < earliest) earliest = moveWake();
  if (readingWake() < earliest) earliest = readingWake();
  const waits = earliest !== NEVER;
  if (arbiterWake() < earliest) earliest = arbiterWake();
  if (earliest === wake) return;
  wake = earliest;
  if (earliest === NEVER) return;
  act(AC_WAKE, 0);
  setA(waits ? 0 : WAKE_IDLE);
  setX(earliest);
}
function settle(): void {
  if (stopping) arbiterStop();
  arbiterRun();
  startSettle();
  taskSettle();
  arbiterRun();
  flushJournal();
  moveJournal();
  if (!inventoryWanted() && !startFailed()) tellSpares();
  if (stopping) stop();
  showChanger();
  tellWake();
  saveChanger();
}

/** EV_START with ROLE_CHANGER: the first event. */
export function changerStart(): void {
  useCommands(UNIT_CHANGER);
  if (!resumeChanger()) takeStart();
  settle();
}
/** Every later event. */
export function changerEvent(): void {
  dispatch();
  settle();
}
