/**
 * What docs/commands.md says in words: a name and what the bridge does for each row of the dispatch
 * table, and the commands that are refused, with the reason. Keys as `commandKey` makes them.
 */

/** Name, and what is done. */
export type Words = readonly [name: string, done: string];

/** Persistent reservations, of lanes and the changer alike. */
export const PERSISTENT_WORDS: readonly (readonly [string, Words])[] = [
  ["5e/00", ["PERSISTENT RESERVE IN, READ KEYS", "the bridge's own"]],
  ["5e/01", ["PERSISTENT RESERVE IN, READ RESERVATION", "the bridge's own"]],
  ["5e/02", ["PERSISTENT RESERVE IN, REPORT CAPABILITIES", "six types, one port, no APTPL"]],
  ["5e/03", ["PERSISTENT RESERVE IN, READ FULL STATUS", "the bridge's own, with initiator ports"]],
  ["5f/00", ["PERSISTENT RESERVE OUT, REGISTER", "the bridge's own; SPEC_I_PT, APTPL refused"]],
  ["5f/01", ["PERSISTENT RESERVE OUT, RESERVE", "the bridge's own, never the drive's"]],
  ["5f/02", ["PERSISTENT RESERVE OUT, RELEASE", "the bridge's own"]],
  ["5f/03", ["PERSISTENT RESERVE OUT, CLEAR", "the bridge's own"]],
  ["5f/04", ["PERSISTENT RESERVE OUT, PREEMPT", "the bridge's own"]],
  [
    "5f/05",
    [
      "PERSISTENT RESERVE OUT, PREEMPT AND ABORT",
      "as PREEMPT; allows what they prevented; their commands that wait meet the reservation",
    ],
  ],
  ["5f/06", ["PERSISTENT RESERVE OUT, REGISTER AND IGNORE", "the bridge's own; as REGISTER"]],
];
export const REGISTER_AND_MOVE: readonly [string, Words] = [
  "5f/07",
  ["PERSISTENT RESERVE OUT, REGISTER AND MOVE", "there is one target port"],
];

/** Commands of a lane. */
export const LANE_WORDS: ReadonlyMap<string, Words> = new Map([
  ["00", ["TEST UNIT READY", "answered from the lane's own state"]],
  ["01", ["REWIND", "the bridge's position, in the current partition; the drive follows"]],
  ["03", ["REQUEST SENSE", "answered: a unit attention that waits, else what the medium is at"]],
  [
    "04",
    [
      "FORMAT MEDIUM",
      "by the drive, told how to divide the cartridge right before it, else by its ERASE; VERIFY refused",
    ],
  ],
  ["05", ["READ BLOCK LIMITS", "answered; MLOI refused"]],
  ["08", ["READ(6)", "from the ring or from the drive"]],
  ["0a", ["WRITE(6)", "to the ring and to the drive"]],
  ["0b", ["SET CAPACITY", "by the drive; a spare is made as short"]],
  ["10", ["WRITE FILEMARKS(6)", "to the ring and to the drive; without IMMED the promise is kept"]],
  ["11", ["SPACE(6)", "by the image's index or by the drive"]],
  ["12", ["INQUIRY", "answered: the lane's identity for ever"]],
  ["13", ["VERIFY(6)", "as READ, told what the medium does not give back; BYTCMP, IMMED refused"]],
  ["15", ["MODE SELECT(6)", "the bridge's own values; told to each drive that stands in"]],
  ["16", ["RESERVE(6)", "the bridge's own, never the drive's; third party refused"]],
  ["17", ["RELEASE(6)", "the bridge's own"]],
  ["19", ["ERASE(6)", "by the drive, and in the image; IMMED waits for the end"]],
  ["1a", ["MODE SENSE(6)", "answered"]],
  ["1b", ["LOAD UNLOAD", "by the drive, when all is on the tape; HOLD refused"]],
  ["1c", ["RECEIVE DIAGNOSTIC RESULTS", "answered: page 00h, there is no other"]],
  ["1d", ["SEND DIAGNOSTIC", "default self-test answered; pages and other self-tests refused"]],
  ["1e", ["PREVENT ALLOW MEDIUM REMOVAL", "the bridge's own, for each nexus"]],
  ["2b", ["LOCATE(10)", "the bridge's position, also in another partition; the drive follows"]],
  ["34/00", ["READ POSITION, short form, block address", "answered"]],
  ["34/01", ["READ POSITION, short form, vendor", "answered as the one above"]],
  ["34/06", ["READ POSITION, long form", "answered"]],
  ["34/08", ["READ POSITION, extended form", "answered"]],
  ["3c", ["READ BUFFER", "passed to the drive that is in the lane now; BUSY in a recovery"]],
  ["44", ["REPORT DENSITY SUPPORT", "the drive's answer; in a recovery its last one, or BUSY"]],
  ["4c", ["LOG SELECT", "counters and TapeAlert flags to zero; a parameter list refused"]],
  ["4d", ["LOG SENSE", "answered; vendor pages 30h to 3Eh but 31h passed to the drive"]],
  ["55", ["MODE SELECT(10)", "as MODE SELECT(6)"]],
  ["5a", ["MODE SENSE(10)", "answered"]],
  ["56", ["RESERVE(10)", "as RESERVE(6)"]],
  ["57", ["RELEASE(10)", "as RELEASE(6)"]],
  ...PERSISTENT_WORDS,
  ["80", ["WRITE FILEMARKS(16)", "goes to the place that it names, then as WRITE FILEMARKS(6)"]],
  [
    "82",
    ["ALLOW OVERWRITE", "answered: there is no append-only mode, every place may be overwritten"],
  ],
  ["88", ["READ(16)", "goes to the place that it names, then as READ(6)"]],
  ["8a", ["WRITE(16)", "goes to the place that it names, then as WRITE(6)"]],
  [
    "8c/00",
    [
      "READ ATTRIBUTE, values",
      "the drive's; of a spare with the volume's barcode and serial number; BUSY in a recovery",
    ],
  ],
  ["8c/01", ["READ ATTRIBUTE, list", "passed to the drive; BUSY in a recovery"]],
  ["8c/02", ["READ ATTRIBUTE, logical volumes", "as the one above"]],
  ["8c/03", ["READ ATTRIBUTE, partitions", "as the one above"]],
  ["8c/05", ["READ ATTRIBUTE, supported", "as the one above"]],
  ["8d", ["WRITE ATTRIBUTE", "by the drive; kept, and written to a spare; BUSY in a recovery"]],
  ["8f", ["VERIFY(16)", "goes to the place that it names, then as VERIFY(6)"]],
  ["91", ["SPACE(16)", "as SPACE(6)"]],
  ["92", ["LOCATE(16)", "as LOCATE(10)"]],
  ["93", ["ERASE(16)", "goes to the place that it names, then as ERASE(6)"]],
  ["a0", ["REPORT LUNS", "answered: changer and lanes"]],
  ["a3/0c", ["REPORT SUPPORTED OPERATION CODES", "answered: this table"]],
  ["a3/0d", ["REPORT SUPPORTED TASK MANAGEMENT FUNCTIONS", "answered: what the target does"]],
  ["a3/0f", ["REPORT TIMESTAMP", "the bridge's own clock"]],
  ["a4/0f", ["SET TIMESTAMP", "the bridge's own clock, until the bridge ends; never a drive's"]],
  ["a2", ["SECURITY PROTOCOL IN", "by the drive; protocols 00h and 20h; only with --ring-key"]],
  [
    "b5",
    [
      "SECURITY PROTOCOL OUT",
      "by the drive, and by each that stands in; set data encryption; only with --ring-key",
    ],
  ],
]);

/** Name, and why not. */
export const LANE_REFUSED: ReadonlyMap<string, Words> = new Map([
  ["0f", ["READ REVERSE(6)", "not a command of LTO drives"]],
  [
    "14",
    ["RECOVER BUFFERED DATA", "what was answered is in the ring: there is nothing to recover"],
  ],
  ["3b", ["WRITE BUFFER", "changes firmware or state of one drive behind the bridge's back"]],
  REGISTER_AND_MOVE,
  ["83", ["EXTENDED COPY", "the bridge copies nothing for a server"]],
  ["a3/0a", ["REPORT TARGET PORT GROUPS", "one port, no asymmetric access (TPGS is 0)"]],
]);
