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
        queue.abort(() => true);
      });
    case FUNCTION_LOGICAL_UNIT_RESET:
      return onUnit(scope, request, (queue) => {
        queue.abort(() => true);
        queue.unit.nexus(scope.nexus, "lu-reset");
      });
    case FUNCTION_TARGET_WARM_RESET:
    case FUNCTION_TARGET_COLD_RESET:
      // It ends the sessions of all initiators: not for one who may not even see their units.
      if (request.function === FUNCTION_TARGET_COLD_RESET && scope.view.extent !== "whole") {
        return FUNCTION_AUTHORIZATION_FAILED;
      }
      for (const queue of scope.view.all) {
        queue.abort(() => true);
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
  act(queue);
  return FUNCTION_COMPLETE;
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
