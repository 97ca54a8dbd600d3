/**
 * The requests of a session that are no SCSI Commands: pings, task management, logout. All are
 * immediate, so they pass a closed command window. Decides their fields only.
 */
import { encodeLogoutRequest } from "../iscsi/logout-request.ts";
import type { NopIn } from "../iscsi/nop-in.ts";
import { encodeNopOut } from "../iscsi/nop-out.ts";
import {
  FUNCTION_ABORT_TASK,
  FUNCTION_LOGICAL_UNIT_RESET,
  LOGOUT_CLOSE_SESSION,
  RESERVED_TAG,
} from "../iscsi/opcode.ts";
import { encodeTaskManagementRequest } from "../iscsi/task-management-request.ts";
import type { Task } from "./task.ts";
import type { Sender } from "./write-phase.ts";

/** Asks for a sign of life; `itt` must be a tag of nothing else. */
export function sendPing(sender: Sender, itt: number): void {
  const bhs = encodeNopOut({
    ...numbers(sender, itt),
    lun: 0,
    ttt: RESERVED_TAG,
    dataSegmentLength: 0,
  });
  sendBhs(sender, bhs);
}

/** Gives the sign of life that the target asked for. */
export function answerPing(sender: Sender, { lun, ttt }: NopIn): void {
  const bhs = encodeNopOut({ ...numbers(sender, RESERVED_TAG), lun, ttt, dataSegmentLength: 0 });
  sendBhs(sender, bhs);
}

/** ABORT TASK of a task that was sent. */
export function sendAbortTask(sender: Sender, itt: number, task: Task): void {
  const bhs = encodeTaskManagementRequest({
    ...numbers(sender, itt),
    function: FUNCTION_ABORT_TASK,
    lun: sender.lun,
    referencedTaskTag: task.itt,
    refCmdSN: task.cmdSN,
  });
  sendBhs(sender, bhs);
}

/** LOGICAL UNIT RESET. */
export function sendLunReset(sender: Sender, itt: number): void {
  const bhs = encodeTaskManagementRequest({
    ...numbers(sender, itt),
    function: FUNCTION_LOGICAL_UNIT_RESET,
    lun: sender.lun,
    referencedTaskTag: RESERVED_TAG,
    refCmdSN: 0,
  });
  sendBhs(sender, bhs);
}

/** Asks the target to close the session. */
export function sendLogout(sender: Sender, itt: number): void {
  const bhs = encodeLogoutRequest({
    ...numbers(sender, itt),
    reasonCode: LOGOUT_CLOSE_SESSION,
    cid: 0,
  });
  sendBhs(sender, bhs);
}

function numbers(sender: Sender, itt: number) {
  const { cmdSN, expStatSN } = sender.window;
  return { immediate: true, itt, cmdSN, expStatSN };
}

function sendBhs(sender: Sender, bhs: Uint8Array): void {
  sender.connection.send(bhs, [], 0);
}
