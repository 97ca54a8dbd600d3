/**
 * Operator errors: faults that a person can do something about. Decides the codes, their exit code
 * and the advice of each, in one table. Not for SCSI or iSCSI answers, nor for programmer errors.
 */

import { EXIT_MACHINE, EXIT_USAGE } from "./exit-code.ts";

interface ErrorRow {
  readonly exitCode: number;
  /** What happened, in general words. */
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
}

const OPERATOR_ERRORS = {
  portInUse: {
    exitCode: EXIT_MACHINE,
    what: "the port is in use",
    advice: "stop the program that holds it, or choose another with --listen HOST:PORT",
  },
  addressUnknown: {
    exitCode: EXIT_MACHINE,
    what: "this machine does not have the address",
    advice: "choose one that it has with --listen HOST:PORT",
  },
  ringMembers: {
    exitCode: EXIT_MACHINE,
    what: "the devices of a striped ring do not fit together",
    advice:
      "give all devices that the ring was made on, in the same order; what is on them is given up " +
      "by a ring in another place, or by zeros over their first 64 KiB",
  },
  ringStripes: {
    exitCode: EXIT_MACHINE,
    what: "what was given is not one striped ring",
    advice: "give all of its devices as A,B,..., in the order that --ring has; nothing was changed",
  },
  ringKeyMissing: {
    exitCode: EXIT_MACHINE,
    what: "the ring is encrypted",
    advice: "give its key with --ring-key",
  },
  ringKeyWrong: {
    exitCode: EXIT_MACHINE,
    what: "the ring is encrypted with another key",
    advice:
      "give the key that it was made with (--ring-key), nothing was changed; what is on it is given " +
      "up by a ring in another place, or by zeros over its first 64 KiB",
  },
  ringInClear: {
    exitCode: EXIT_MACHINE,
    what: "the ring is not encrypted",
    advice:
      "use it without --ring-key; what is on it is given up by a ring in another place, or by zeros " +
      "over its first 64 KiB, which a start with --ring-key then makes an encrypted one",
  },
  ringLabel: {
    exitCode: EXIT_MACHINE,
    what: "there is no encrypted ring where --ring-key wants one",
    advice:
      "look at the device and its path; what is on it is given up by a ring in another place, or by " +
      "zeros over its first 64 KiB",
  },
  ringKey: {
    exitCode: EXIT_MACHINE,
    what: "the key of the ring cannot be used",
    advice: "see --ring-key in --help",
  },
  accessFile: {
    exitCode: EXIT_USAGE,
    what: "the access list cannot be used",
    advice: "see --access-file in --help",
  },
  chapFile: {
    exitCode: EXIT_USAGE,
    what: "the file with the CHAP accounts cannot be used",
    advice: "see --chap-file in --help",
  },
  libraryChapFile: {
    exitCode: EXIT_USAGE,
    what: "the file with the CHAP accounts for the library cannot be used",
    advice: "see --library-chap-file in --help",
  },
  permission: {
    exitCode: EXIT_MACHINE,
    what: "permission denied",
    advice: "give the user of this program access, or choose another place",
  },
  readOnly: {
    exitCode: EXIT_MACHINE,
    what: "the file system is read-only",
    advice: "choose another place",
  },
  diskFull: {
    exitCode: EXIT_MACHINE,
    what: "no space left on the device",
    advice: "free some space, choose a smaller size, or another place",
  },
  pathMissing: {
    exitCode: EXIT_MACHINE,
    what: "no such file or directory",
    advice: "check the path",
  },
  fileExists: {
    exitCode: EXIT_MACHINE,
    what: "the file is there already",
    advice: "choose another name: nothing is written over",
  },
  pathNotDirectory: {
    exitCode: EXIT_MACHINE,
    what: "not a directory",
    advice: "choose another path",
  },
  pathTooLong: {
    exitCode: EXIT_MACHINE,
    what: "the path is too long for a socket",
    advice: "choose a shorter state directory with --state DIR",
  },
  alreadyRunning: {
    exitCode: EXIT_MACHINE,
    what: "a bridge is already running on this state directory",
    advice: "stop it first (SIGTERM), or choose another with --state DIR",
  },
  notRunning: {
    exitCode: EXIT_MACHINE,
    what: "no bridge is running on this state directory",
    advice: "start one with `understudy start`, or name its directory with --state DIR",
  },
  noAnswer: {
    exitCode: EXIT_MACHINE,
    what: "the bridge does not answer as it should",
    advice: "look at its log; if it hangs, restart it: it carries on from its journal",
  },
  libraryUnreachable: {
    exitCode: EXIT_MACHINE,
    what: "the library cannot be reached",
    advice: "check that it is on and that --library names its address, port and target",
  },
  libraryUnsuitable: {
    exitCode: EXIT_MACHINE,
    what: "the library lacks what a bridge needs",
    advice: "it needs a media changer, tape drives and cartridges: see --help",
  },
  runtimeMissing: {
    exitCode: EXIT_MACHINE,
    what: "the runtime for the core is not here",
    advice: "use --runtime auto, or mend that and start again by npm start, which builds it",
  },
  packageMissing: {
    exitCode: EXIT_MACHINE,
    what: "a program is missing",
    advice: "install it",
  },
  badConfiguration: {
    exitCode: EXIT_USAGE,
    what: "the configuration cannot be used",
    advice: "see --help",
  },
  system: {
    exitCode: EXIT_MACHINE,
    what: "the operating system refused",
    advice: "see the words above",
  },
} as const satisfies Record<string, ErrorRow>;

/** The name of one row of the table. */
export type OperatorErrorCode = keyof typeof OPERATOR_ERRORS;

/** System error numbers that have a row of their own; every other one is `system`. */
const CODE_OF_ERRNO: ReadonlyMap<string, OperatorErrorCode> = new Map([
  ["EADDRINUSE", "portInUse"],
  ["EADDRNOTAVAIL", "addressUnknown"],
  ["EACCES", "permission"],
  ["EPERM", "permission"],
  ["EROFS", "readOnly"],
  ["ENOSPC", "diskFull"],
  ["EDQUOT", "diskFull"],
  ["ENOENT", "pathMissing"],
  ["ENOTDIR", "pathNotDirectory"],
]);

/**
 * A fault with a code from the table. `message` is one line: what, where, details, what to do.
 * `where` names the port, path or target; `details` adds what is known beyond the table's words.
 */
export class OperatorError extends Error {
  readonly code: OperatorErrorCode;
  readonly exitCode: number;

  constructor(code: OperatorErrorCode, where: string, details = "") {
    const { what, advice, exitCode } = OPERATOR_ERRORS[code];
    super(`${what}: ${where}${details === "" ? "" : ` (${details})`}; ${advice}`);
    this.name = "OperatorError";
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** The operator error for what the system threw while working on `where`. */
export function operatorErrorOf(thrown: unknown, where: string): OperatorError {
  if (thrown instanceof OperatorError) {
    return thrown;
  }
  const code = CODE_OF_ERRNO.get(errnoOf(thrown));
  return code === undefined
    ? new OperatorError("system", where, messageOf(thrown))
    : new OperatorError(code, where);
}

/** The system's error name of something thrown ("ENOENT"), "" where it has none. */
export function errnoOf(thrown: unknown): string {
  if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string") {
    return thrown.code;
  }
  return "";
}

/** One line of words for anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
