/** What docs/commands.md says of the changer's commands, as words.ts does of a lane's. */

import { PERSISTENT_WORDS, REGISTER_AND_MOVE, type Words } from "./words.ts";

/** Commands of the changer. */
export const CHANGER_WORDS: ReadonlyMap<string, Words> = new Map([
  ["00", ["TEST UNIT READY", "answered: ready when the library has been read"]],
  ["03", ["REQUEST SENSE", "answered: a pending unit attention, once"]],
  ["07", ["INITIALIZE ELEMENT STATUS", "the library's element status is read anew"]],
  ["12", ["INQUIRY", "answered: the changer's identity for ever"]],
  ["15", ["MODE SELECT(6)", "nothing can be changed: what is set already is GOOD"]],
  ["16", ["RESERVE(6)", "the bridge's own; elements and third parties refused"]],
  ["17", ["RELEASE(6)", "the bridge's own"]],
  ["1a", ["MODE SENSE(6)", "answered: 1Dh, 1Eh, 1Fh of the virtual library"]],
  [
    "1e",
    ["PREVENT ALLOW MEDIUM REMOVAL", "the bridge's own, for each nexus; locks the library's door"],
  ],
  ["2b", ["POSITION TO ELEMENT", "answered for an element that is there; nothing is moved"]],
  ["37", ["INITIALIZE ELEMENT STATUS WITH RANGE", "as 07h, for an element that is there"]],
  ["4d", ["LOG SENSE", "answered: pages 00h and 2Eh"]],
  ["55", ["MODE SELECT(10)", "as MODE SELECT(6)"]],
  ["56", ["RESERVE(10)", "as RESERVE(6)"]],
  ["57", ["RELEASE(10)", "as RELEASE(6)"]],
  ["5a", ["MODE SENSE(10)", "answered"]],
  ...PERSISTENT_WORDS,
  ["a0", ["REPORT LUNS", "answered: changer and lanes"]],
  ["a3/0c", ["REPORT SUPPORTED OPERATION CODES", "answered: this table"]],
  ["a3/0d", ["REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", "answered: what the target does"]],
  ["a5", ["MOVE MEDIUM", "by the robot, between what stands behind the elements"]],
  ["a6", ["EXCHANGE MEDIUM", "by the robot, as two or three moves"]],
  ["b5", ["REQUEST VOLUME ELEMENT ADDRESS", "answered from the virtual inventory"]],
  ["b6", ["SEND VOLUME TAG", "searches the virtual inventory; tags cannot be set"]],
  ["b8", ["READ ELEMENT STATUS", "answered from the virtual inventory"]],
  ["e7", ["INITIALIZE ELEMENT STATUS WITH RANGE(12)", "as 37h"]],
]);

/** Name, and why not. */
export const CHANGER_REFUSED: ReadonlyMap<string, Words> = new Map([
  ["1b", ["OPEN/CLOSE IMPORT/EXPORT ELEMENT", "the operator's door is the operator's"]],
  ["1c", ["RECEIVE DIAGNOSTIC RESULTS", "the robot's own affair; the server has no robot"]],
  ["1d", ["SEND DIAGNOSTIC", "a self-test would take the robot away from a recovery"]],
  ["3b", ["WRITE BUFFER", "changes firmware or state of the library behind the bridge's back"]],
  ["3c", ["READ BUFFER", "a dump of the library: take it at the library"]],
  ["4c", ["LOG SELECT", "there is nothing to set: no flag, no counter"]],
  REGISTER_AND_MOVE,
  ["8c", ["READ ATTRIBUTE", "the cartridge's memory is read in a lane"]],
  ["a3/0a", ["REPORT TARGET PORT GROUPS", "one port, no asymmetric access (TPGS is 0)"]],
  ["a4", ["MAINTENANCE OUT", "nothing can be set"]],
  ["a7", ["MOVE MEDIUM ATTACHED", "no medium changer sits in a drive here"]],
  ["b4", ["READ ELEMENT STATUS ATTACHED", "no medium changer sits in a drive here"]],
]);
