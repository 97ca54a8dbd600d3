/**
 * One bridge per state directory: journal, inventory and rings have one writer. Decides only who
 * it is; the lock is a file with the holder's process id.
 */

import { OperatorError, operatorErrorOf } from "../lib/error.ts";
import { type HeldLock, takePidLock } from "../lib/pid-lock.mjs";
import { stateLockPath } from "../lib/state-directory.ts";

/**
 * Takes the lock of a state directory, which is made where it is missing. The fault is a value:
 * alreadyRunning, permission, diskFull, ... A lock left by a killed bridge is taken over.
 */
export function lockState(stateDirectory: string): HeldLock | OperatorError {
  try {
    const lock = takePidLock(stateLockPath(stateDirectory));
    return "release" in lock
      ? lock
      : new OperatorError("alreadyRunning", stateDirectory, `process ${lock.holderPid}`);
  } catch (thrown) {
    return operatorErrorOf(thrown, stateDirectory);
  }
}
