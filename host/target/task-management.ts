/**
 * Task management functions: which tasks they end, what the units are told, what is answered.
 * A task that was answered is complete; only what is not answered yet is aborted.
 */
import {
  FUNCTION_ABORT_TASK,
  FUNCTION_ABORT_TASK_SET,
  FUNCTION_AUTHORIZATION_FAILED,
  FUNCTION_CLEAR_TASK_SET,
  FUNCTION_COMPLETE,
  FUNCTION_LOGICAL_UNIT_RESET,
  FUNCTION_LUN_DOES_NOT_EXIST,
  FUNCTION_NOT_SUPPORTED,
  FUNCTION_REASSIGNMENT_NOT_SUPPORTED,
  FUNCTION_TARGET_COLD_RESET,
  FUNCTION_TARGET_WARM_RESET,
  FUNCTION_TASK_DOES_NOT_EXIST,
  FUNCTION_TASK_REASSIGN,
} from "../iscsi/opcode.ts";
import { serialLess } from "../iscsi/serial-number.ts";
import type { TaskManagementRequest } from "../iscsi/task-management-request.ts";
import type { Nexus } from "../lib/logical-unit.ts";
import type { CommandWindow } from "./command-window.ts";
import type { Task } from "./task.ts";
import type { UnitQueue } from "./unit-queue.ts";
import type { UnitView } from "./unit-view.ts";

/** What a function may touch: the session that asks, and the units that it sees. */
export interface ManagementScope {
  readonly nexus: Nexus;
  readonly window: CommandWindow;
  readonly tasks: ReadonlyMap<number, Task>;
  readonly view: UnitView;
}

/** Does the function and gives the response code; after COLD RESET the caller closes. */
export function manageTasks(scope: ManagementScope, request: TaskManagementRequest): number {
  switch (request.function) {
    case FUNCTION_ABORT_TASK:
      return abortOne(scope, request);
    case FUNCTION_ABORT_TASK_SET:
      return onUnit(scope, request, (queue) => {
        queue.abort((task) => task.nexus === scope.nexus);
      });
    case FUNCTION_CLEAR_TASK_SET:
      return onUnit(scope, request, (queue) => {
        for (const nexus of clearQueue(scope, queue)) {
          queue.unit.nexus(nexus, "tasks-cleared");
        }
      });
    case FUNCTION_LOGICAL_UNIT_RESET:
      return onUnit(scope, request, (queue) => {
        clearQueue(scope, queue);
        queue.unit.nexus(scope.nexus, "lu-reset");
      });
    case FUNCTION_TARGET_WARM_RESET:
    case FUNCTION_TARGET_COLD_RESET:
      // It ends the sessions of all initiators: not for one who may not even see their units.
      if (request.function === FUNCTION_TARGET_COLD_RESET && scope.view.extent !== "whole") {
        return FUNCTION_AUTHORIZATION_FAILED;
      }
      abortOwn(scope, request, () => true);
      for (const queue of scope.view.all) {
        clearQueue(scope, queue);
        queue.unit.nexus(scope.nexus, "target-reset");
      }
      return FUNCTION_COMPLETE;
    case FUNCTION_TASK_REASSIGN:
      return FUNCTION_REASSIGNMENT_NOT_SUPPORTED;
    default:
      return FUNCTION_NOT_SUPPORTED;
  }
}

/** Ends a task wherever it is: with its unit, waiting for it, or waiting for its turn. */
export function abortTask(task: Task, view: UnitView): void {
  view.queueOf(task.command).abort((candidate) => candidate === task);
  task.end();
}

function onUnit(
  scope: ManagementScope,
  request: TaskManagementRequest,
  act: (queue: UnitQueue) => void,
): number {
  const queue = scope.view.unitOf(request.lun);
  if (queue === undefined) {
    return FUNCTION_LUN_DOES_NOT_EXIST;
  }
  abortOwn(scope, request, (task) => task.command.lun === request.lun);
  act(queue);
  return FUNCTION_COMPLETE;
}

/**
 * Ends those of the asking session's tasks that were sent before the function: also the ones that no
 * queue has yet, because a command before them is missing.
 */
function abortOwn(
  scope: ManagementScope,
  request: TaskManagementRequest,
  chosen: (task: Task) => boolean,
): void {
  for (const task of [...scope.tasks.values()]) {
    if (serialLess(task.command.cmdSN, request.cmdSN) && chosen(task)) {
      abortTask(task, scope.view);
    }
  }
}

/** Ends all tasks of a queue; gives the other nexuses that lost some, and tells them their windows. */
function clearQueue(scope: ManagementScope, queue: UnitQueue): Iterable<Nexus> {
  const others = queue.abort(() => true).filter(({ nexus }) => nexus !== scope.nexus);
  const losers = new Map(others.map((task) => [task.nexus, task]));
  for (const task of losers.values()) {
    task.tellWindow();
  }
  return losers.keys();
}

function abortOne(scope: ManagementScope, request: TaskManagementRequest): number {
  const task = scope.tasks.get(request.referencedTaskTag);
  if (task !== undefined) {
    abortTask(task, scope.view);
    return FUNCTION_COMPLETE;
  }
  // A command that was sent before but never came: its number counts as received (RFC 7143).
  if (serialLess(request.refCmdSN, request.cmdSN) && scope.window.takes(request.refCmdSN)) {
    scope.window.accept(request.refCmdSN, () => undefined);
    return FUNCTION_COMPLETE;
  }
  return FUNCTION_TASK_DOES_NOT_EXIST;
}
