/**
 * The commands that a sequence is made of, as a table: one row each, with its weight, and how it is
 * made from what is believed of the tape. Decides which commands a server sends; not in which order, and
 * not what they have to answer. A row may give up: another is then taken.
 */

import { type CommandRow, six, ten } from "./made.ts";
import { formatMedium, selectPartitions } from "./partition-commands.ts";
import { persistentIn, persistentOut, release, reserve } from "./reserve-commands.ts";
import {
  erase,
  erase16,
  filemarks,
  filemarks16,
  load,
  locate10,
  locate16,
  oddTransfer,
  read,
  read16,
  readFixed,
  rewind,
  space,
  unload,
  verify,
  verify16,
  write,
  write16,
  writeFixed,
} from "./stream-commands.ts";
import {
  allowOverwrite,
  diagnostic,
  inquiry,
  logSelect,
  logSense,
  modePage,
  modeSelect,
  modeSense,
  readAttribute,
  readPosition,
  reportLuns,
  requestSense,
  writeAttribute,
} from "./unit-commands.ts";

/** Operation codes that no tape drive has. */
const UNKNOWN = [0x02, 0x25, 0x28, 0x2a, 0x35, 0x9e, 0xb8] as const;

function row(weight: number, name: string, make: CommandRow["make"], moves = false): CommandRow {
  return { name, weight, moves, make };
}
function moving(weight: number, name: string, make: CommandRow["make"]): CommandRow {
  return row(weight, name, make, true);
}

/** All of them. A command more is a row more. */
export const COMMANDS: readonly CommandRow[] = [
  moving(220, "WRITE(6)", write),
  moving(90, "WRITE(6) of blocks", writeFixed),
  moving(90, "WRITE FILEMARKS(6)", filemarks),
  moving(200, "READ(6)", read),
  moving(80, "READ(6) of blocks", readFixed),
  moving(10, "READ or WRITE of nothing", oddTransfer),
  moving(120, "SPACE", space),
  moving(50, "LOCATE(10)", locate10),
  moving(30, "LOCATE(16)", locate16),
  moving(30, "WRITE(16)", write16),
  moving(30, "READ(16)", read16),
  moving(15, "WRITE FILEMARKS(16)", filemarks16),
  moving(4, "ERASE(16)", erase16),
  moving(40, "VERIFY(6)", verify),
  moving(15, "VERIFY(16)", verify16),
  moving(4, "FORMAT MEDIUM", formatMedium),
  moving(25, "REWIND", rewind),
  moving(10, "ERASE(6)", erase),
  moving(8, "LOAD", load),
  moving(3, "UNLOAD", unload),
  row(40, "MODE SELECT", modeSelect),
  row(12, "MODE SELECT of a page", modePage),
  row(5, "MODE SELECT of partitions", selectPartitions),
  row(20, "MODE SENSE", modeSense),
  row(6, "ALLOW OVERWRITE", allowOverwrite),
  row(4, "SEND or RECEIVE DIAGNOSTIC", diagnostic),
  row(20, "READ POSITION", readPosition),
  row(20, "TEST UNIT READY", () => ({ cdb: six(0, 0, 0) })),
  row(8, "READ BLOCK LIMITS", () => ({ cdb: six(0x05, 0, 0), inBytes: 6 })),
  row(10, "REQUEST SENSE", requestSense),
  row(10, "INQUIRY", inquiry),
  row(8, "LOG SENSE", logSense),
  row(2, "LOG SELECT", logSelect),
  row(20, "READ ATTRIBUTE", readAttribute),
  row(15, "WRITE ATTRIBUTE", writeAttribute),
  row(5, "REPORT DENSITY SUPPORT", (random) => ({
    cdb: ten(0x44, random.pick([0, 1, 2]), 0, 0, 512),
    inBytes: 512,
  })),
  row(5, "REPORT LUNS", reportLuns),
  row(8, "RESERVE", reserve),
  row(20, "RELEASE", release),
  row(300, "PERSISTENT RESERVE OUT", persistentOut),
  row(100, "PERSISTENT RESERVE IN", persistentIn),
  row(6, "PREVENT", () => ({ cdb: [0x1e, 0, 0, 0, 1, 0] })),
  row(10, "ALLOW", () => ({ cdb: [0x1e, 0, 0, 0, 0, 0] })),
  row(4, "unknown", (random) => ({ cdb: [random.pick(UNKNOWN), ...Array(15).fill(0)] })),
];
