/**
 * Ends this process when the one that started it was killed. Decides nothing; without a starter that
 * left its process id and a pipe it does nothing. `kill -9` of the starter is then `kill -9` of the
 * program, as an operator who killed what they had started would expect.
 */

import { Socket } from "node:net";

/** Set by tools/launch/run-node.mjs: the starter's process id. */
const STARTER_VARIABLE = "UNDERSTUDY_STARTER";
/** A pipe that closes when the starter ends. */
const STARTER_FD = 3;

/** Watches the starter; takes the variable out of the environment, which children would inherit. */
export function endWithStarter(environment: NodeJS.ProcessEnv): void {
  const isOurs = environment[STARTER_VARIABLE] === String(process.ppid);
  delete environment[STARTER_VARIABLE];
  if (!isOurs) {
    return;
  }
  const pipe = new Socket({ fd: STARTER_FD, readable: true, writable: false });
  pipe.on("error", () => process.kill(process.pid, "SIGKILL"));
  pipe.on("close", () => process.kill(process.pid, "SIGKILL"));
  pipe.resume();
  pipe.unref();
}
