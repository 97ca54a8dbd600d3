/**
 * Runs one script with the project's Node, as if it had been started directly: same standard
 * streams, signals passed on, its exit code handed back. A starter that is killed takes it along: the
 * script is told by a pipe that closes (its file descriptor 3; STARTER_VARIABLE names the starter).
 * Decides nothing else about the script.
 */

import { spawn } from "node:child_process";
import { constants } from "node:os";

/** In the script's environment: the process id of its starter. */
const STARTER_VARIABLE = "UNDERSTUDY_STARTER";

const FORWARDED_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"];
/** What shells answer for a program that ended by signal N: this plus N. */
const SIGNAL_EXIT_BASE = 128;

/**
 * @param {string} node path of the Node
 * @param {readonly string[]} args its arguments, the script first
 * @returns {Promise<number>} the exit code; rejects when the Node cannot be started
 */
export function runNode(node, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, {
      stdio: ["inherit", "inherit", "inherit", "pipe"],
      env: { ...process.env, [STARTER_VARIABLE]: String(process.pid) },
    });
    for (const signal of FORWARDED_SIGNALS) {
      process.on(signal, () => child.kill(signal));
    }
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      resolve(code ?? SIGNAL_EXIT_BASE + (constants.signals[signal] ?? 0));
    });
  });
}
