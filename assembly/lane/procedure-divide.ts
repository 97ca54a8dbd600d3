/**
 * Makes a spare cartridge what the volume is but for its current partition: divides it (mode page 11h, FORMAT MEDIUM),
 * unless that is done, and copies the other partitions to it from their images, each from its beginning and
 * synchronized at its end. Decides how; that the cartridge is blank, or has nothing on it but the volume's, is
 * its owner's to know. It begins anew where it was interrupted: what it writes twice it writes alike.
 */
import { act, setX } from "../lib/action.ts";
import { put16, put24 } from "../lib/bytes.ts";
import { now } from "../lib/event.ts";
import { countRewritten } from "../recovery/state.ts";
import { imageEnd, imageFind } from "../ring/image-table.ts";
import {
  walkerBeside,
  walkerCount,
  walkerCrc,
  walkerDataAt,
  walkerDataBytes,
  walkerFind,
  walkerFirst,
  walkerIsEncrypted,
  walkerKind,
  walkerObjectBytes,
} from "../ring/walker.ts";
import { putDivision } from "../scsi/medium-partition.ts";
import { senseDeferred, senseEom, senseKey } from "../scsi/sense-reader.ts";
import { AC_RELEASE } from "../spec/action.ts";
import { LIMIT_FORMAT_MS } from "../spec/drive-limit.ts";
import { RESULT_ANSWERED, RESULT_EXTENT_BAD } from "../spec/event.ts";
import {
  OP_FORMAT_MEDIUM,
  OP_MODE_SELECT_10,
  OP_REWIND,
  OP_WRITE_FILEMARKS_6,
} from "../spec/operation-code.ts";
import { ENTRY_FILEMARK, WALKER_CHECK, WALKER_FOUND, WALKER_PENDING } from "../spec/ring-layout.ts";
import { KEY_RECOVERED_ERROR, KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { STATUS_BUSY } from "../spec/status.ts";
import {
  commandLocate,
  commandOut,
  commandPlain,
  commandWrite,
  deviceGood,
  deviceResult,
  deviceStatus,
  driveLimitMs,
  loseDrivePosition,
  OWNER_PROCEDURE,
  windLimitMs,
} from "./device.ts";
import { keyFor, keyOpens, keyStale, keysPass } from "./key.ts";
import {
  currentPartition,
  foundPartitions,
  isDividedAlike,
  partitionCount,
  partitionsCopied,
  tagOf,
} from "./partition.ts";
import { prefetch } from "./prefetch.ts";
import { keySent, sendKey } from "./procedure-key.ts";
import {
  countTry,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_RING,
  OUTCOME_RUNNING,
  OUTCOME_SENSE,
  pc,
  procedureDevice,
  procedureMark,
  procedureMarked,
  procedurePause,
  setPc,
} from "./procedure-state.ts";

const PAGE_BYTES: u32 = 16;
const HEADER_BYTES: u32 = 8;
const PAGE_FORMAT: u8 = 0x10;
const BUFFERED: u8 = 0x10;
/** FORMAT: as mode page 11h says. */
const FORMAT_BY_PAGE: u8 = 1;
const PAGE_CODE: u8 = 0x11;
/** Parameters follow the 16 bytes of a CDB. */
const LIST_AT: u32 = 16;
const BUSY_WAIT_MS: u64 = 100;
const UNIT_ATTENTIONS_MAX: u32 = 8;

const START: u32 = 0;
const REWOUND: u32 = 1;
const SELECTED: u32 = 2;
const FORMATTED: u32 = 3;
const NEXT: u32 = 4;
const LOCATED: u32 = 5;
const SEND: u32 = 6;
const WRITTEN: u32 = 7;
const SYNCHRONIZED: u32 = 8;
const KEY_SENT: u32 = 9;

let partition: u32 = 0;
let image: i32 = -1;
let object: u64 = 0;
/** Of the command that is out. */
let objects: u64 = 0;
let bytes: u32 = 0;
let extentAt: u64 = 0;
/** It was the last of its extent. */
let isLast: bool = false;
let told: u64 = 0;
/** Since when the drive does not do what it is told; 0: it does. */
let waitsSince: u64 = 0;

/** However it ends: what comes next goes over the selected image again. */
function end(outcome: u32): bool {
  walkerBeside(-1);
  return finish(outcome);
}

function start(): bool {
  if (!procedureMarked()) waitsSince = 0;
  procedureMark();
  partition = 0;
  loseDrivePosition();
  if (foundPartitions() === partitionCount()) {
    setPc(NEXT);
    return true;
  }
  commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_REWIND, windLimitMs());
  setPc(REWOUND);
  return true;
}

function select(): bool {
  const size = HEADER_BYTES + PAGE_BYTES;
  const limit = driveLimitMs();
  const cdb = commandOut(OWNER_PROCEDURE, procedureDevice(), OP_MODE_SELECT_10, size, limit);
  store<u8>(cdb + 1, PAGE_FORMAT);
  put16(cdb + 7, size);
  store<u8>(cdb + LIST_AT + 3, BUFFERED);
  const page = cdb + LIST_AT + HEADER_BYTES;
  store<u8>(page, PAGE_CODE);
  store<u8>(page + 1, (PAGE_BYTES - 2) as u8);
  putDivision(page, partitionCount());
  setPc(SELECTED);
  return true;
}
function format(): bool {
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), OP_FORMAT_MEDIUM, LIMIT_FORMAT_MS);
  store<u8>(cdb + 2, FORMAT_BY_PAGE);
  setPc(FORMATTED);
  return true;
}
function formatted(): bool {
  isDividedAlike();
  setPc(NEXT);
  return true;
}

/** The next partition that has something and is not current. */
function next(): bool {
  while (partition < partitionCount()) {
    image = partition === currentPartition() ? -1 : imageFind(tagOf(partition));
    if (image >= 0 && imageEnd(image) > 0) return begin();
    partition += 1;
  }
  loseDrivePosition();
  partitionsCopied();
  return end(OUTCOME_DONE);
}
function begin(): bool {
  object = 0;
  walkerBeside(image);
  commandLocate(OWNER_PROCEDURE, 0, partition);
  setPc(LOCATED);
  return true;
}

/** What comes next from the image. */
function send(): bool {
  if (object === imageEnd(image)) return synchronize();
  const found = walkerFind(WALKER_CHECK, object);
  if (found === WALKER_PENDING) return false;
  if (found !== WALKER_FOUND) return lost();
  const done = object - walkerFirst(WALKER_CHECK);
  const left = (walkerCount(WALKER_CHECK) as u64) - done;
  if (walkerKind(WALKER_CHECK) === ENTRY_FILEMARK) return sendFilemarks(left as u32);
  if (keysPass()) {
    const isEncrypted = walkerIsEncrypted(WALKER_CHECK);
    if (isEncrypted && !keyOpens(image)) return lost();
    told = keyFor(isEncrypted);
    if (keyStale(told)) return tellKey();
  }
  objects = 1;
  bytes = walkerObjectBytes(WALKER_CHECK);
  extentAt = walkerDataAt(WALKER_CHECK);
  isLast = left === 1;
  commandWrite(
    OWNER_PROCEDURE,
    extentAt,
    walkerDataBytes(WALKER_CHECK),
    walkerCrc(WALKER_CHECK),
    (done as u32) * bytes,
    bytes,
  );
  if (isLast) prefetch(WALKER_CHECK, object + 1);
  setPc(WRITTEN);
  return true;
}
function lost(): bool {
  return end(OUTCOME_RING);
}
function tellKey(): bool {
  sendKey(told);
  setPc(KEY_SENT);
  return true;
}
function keyTaken(): bool {
  const ended = keySent(told);
  if (ended === OUTCOME_RUNNING) return tellKey();
  if (ended !== OUTCOME_DONE) return end(ended);
  setPc(SEND);
  return true;
}
function sendFilemarks(count: u32): bool {
  objects = count as u64;
  bytes = 0;
  writeFilemarks(count, 1);
  setPc(WRITTEN);
  return true;
}
function synchronize(): bool {
  writeFilemarks(0, 0);
  setPc(SYNCHRONIZED);
  return true;
}
function writeFilemarks(count: u32, immed: u32): void {
  const op = OP_WRITE_FILEMARKS_6;
  const cdb = commandPlain(OWNER_PROCEDURE, procedureDevice(), op, driveLimitMs());
  store<u8>(cdb + 1, immed as u8);
  put24(cdb + 2, count);
}

function written(): bool {
  if (bytes !== 0 && isLast) {
    act(AC_RELEASE, 0);
    setX(extentAt);
  }
  object += objects;
  countRewritten(bytes as u64);
  setPc(SEND);
  return true;
}
function synchronized(): bool {
  partition += 1;
  setPc(NEXT);
  return true;
}

/** The last command was done, perhaps with a warning of the end: a partition as large as the other holds it all. */
function isDone(): bool {
  if (deviceGood()) return true;
  return senseEom() && !senseDeferred() && senseKey() <= KEY_RECOVERED_ERROR;
}
/** It was not: a drive that is busy is asked again within its time limit, one with an attention so many times. */
function failed(): bool {
  const isBusy = deviceStatus() === STATUS_BUSY;
  if (waitsSince === 0) waitsSince = now();
  const isPatient = isBusy && now() - waitsSince <= (driveLimitMs() as u64);
  const isAttention = senseKey() === KEY_UNIT_ATTENTION && countTry() < UNIT_ATTENTIONS_MAX;
  if (!isPatient && !isAttention) return end(OUTCOME_SENSE);
  const writes = pc() === WRITTEN || pc() === SYNCHRONIZED;
  // After a reset the drive stands somewhere else: what was begun begins anew.
  if (isBusy && writes) setPc(SEND);
  else setPc(pc() < NEXT ? START : NEXT);
  procedurePause(BUSY_WAIT_MS);
  return true;
}

/** One step further. */
export function advanceDivide(): bool {
  const at = pc();
  if (at === START) return start();
  if (at === NEXT) return next();
  if (at === SEND) return send();
  if (deviceResult() === RESULT_EXTENT_BAD) return lost();
  if (deviceResult() !== RESULT_ANSWERED) return end(OUTCOME_NO_ANSWER);
  if (at === KEY_SENT) return keyTaken();
  if (!isDone()) return failed();
  waitsSince = 0;
  if (at === REWOUND) return select();
  if (at === SELECTED) return format();
  if (at === FORMATTED) return formatted();
  if (at === WRITTEN) return written();
  if (at === SYNCHRONIZED) return synchronized();
  setPc(SEND);
  return true;
}
