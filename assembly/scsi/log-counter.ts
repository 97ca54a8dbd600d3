/**
 * What the log pages count: bytes between server and lane, and errors that the server was told of. What
 * the bridge or a drive has mended is not counted here: it is not the server's.
 */
import { profile } from "../lane/device.ts";
import { kept } from "../lane/keep.ts";
import { PROFILE_LOG_SENSE } from "../spec/drive-profile.ts";
import { DO_READ, DO_VERIFY, DO_WRITE, DO_WRITE_FILEMARKS, dispatch } from "./dispatch.ts";
import {
  ALERT_HARD_ERROR,
  ALERT_READ_FAILURE,
  ALERT_WRITE_FAILURE,
  alertsRaise,
} from "./tape-alert.ts";

function reads(op: u32): bool {
  const what = dispatch(op);
  return what === DO_READ || what === DO_VERIFY;
}
function writes(op: u32): bool {
  const what = dispatch(op);
  return what === DO_WRITE || what === DO_WRITE_FILEMARKS;
}

/** The server is being told of a medium or hardware error, on a command with that code. */
export function errorTold(op: u32): void {
  kept.alertsOpen = true;
  let flags = ALERT_HARD_ERROR;
  if (reads(op)) {
    kept.readErrors += 1;
    flags |= ALERT_READ_FAILURE;
  } else if (writes(op)) {
    kept.writeErrors += 1;
    flags |= ALERT_WRITE_FAILURE;
  } else kept.otherErrors += 1;
  // A drive that has flags of its own says them better.
  if ((profile() & PROFILE_LOG_SENSE) === 0) alertsRaise(flags);
}

/** A reset. */
export function countersClear(): void {
  writeCountersClear();
  readCountersClear();
  otherCounterClear();
}
export function writeCountersClear(): void {
  kept.writtenBytes = 0;
  kept.writeErrors = 0;
}
export function readCountersClear(): void {
  kept.readBytes = 0;
  kept.readErrors = 0;
}
export function otherCounterClear(): void {
  kept.otherErrors = 0;
}
