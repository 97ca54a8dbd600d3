/**
 * Asks what the cartridge says of itself: how it is divided (mode page 11h), and READ ATTRIBUTE, all values from the
 * first, of the volume's own also for the partitions behind partition 0, where hosts have written too. A drive that has no such command or page, or a cartridge without auxiliary memory, is no failure: then nothing
 * is known, and it has one partition.
 */
import { put16, put32 } from "../lib/bytes.ts";
import { writesLost } from "../scsi/drive-answer.ts";
import { senseKey } from "../scsi/sense-reader.ts";
import { PROFILE_ATTRIBUTES, PROFILE_PARTITIONS } from "../spec/drive-profile.ts";
import { RESULT_ANSWERED } from "../spec/event.ts";
import { OP_MODE_SENSE_10, OP_READ_ATTRIBUTE } from "../spec/operation-code.ts";
import { MODE_PAGE_MEDIUM_PARTITION } from "../spec/page-code.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import {
  commandIn,
  deviceDataAt,
  deviceDataBytes,
  deviceGood,
  deviceResult,
  driveLimitMs,
  OWNER_PROCEDURE,
  profile,
} from "./device.ts";
import { takeHostAttributes } from "./host-attributes.ts";
import {
  forgetIdentity,
  readAttributes,
  showCapacity,
  showLoads,
  takeAttributes,
  takeCapacity,
} from "./medium-identity.ts";
import {
  currentPartition,
  foundLayout,
  foundPartitions,
  LAYOUT_BYTES,
  partitionCount,
} from "./partition.ts";
import {
  countTry,
  FOR_FEEDER,
  FOR_MOUNT,
  FOR_RECOVERY,
  finish,
  OUTCOME_DONE,
  OUTCOME_NO_ANSWER,
  OUTCOME_SENSE,
  PROCEDURE_IDENTITY,
  pc,
  procedureDevice,
  procedureFor,
  procedureKind,
  setPc,
} from "./procedure-state.ts";

const TRIES_MAX: u32 = 4;
/** Everything: what hosts have written comes last. */
const VALUE_BYTES: u32 = 8192;
/** Where READ ATTRIBUTE names the partition. */
const PARTITION_AT: u32 = 7;
const HEADER_BYTES: u32 = 8;
/** Mode page 11h without any size. */
const PAGE_BYTES_MIN: u32 = 8;
const PAGE_CODE_MASK: u32 = 0x3f;
const DISABLE_BLOCK_DESCRIPTORS: u8 = 8;

const START: u32 = 0;
const ATTRIBUTES_ASKED: u32 = 1;
const LAYOUT_ASKED: u32 = 2;

let partition: u32 = 0;

/** One step further. */
export function advanceIdentity(): bool {
  if (pc() === START) return start();
  if (deviceResult() !== RESULT_ANSWERED) return finish(OUTCOME_NO_ANSWER);
  if (writesLost()) return finish(OUTCOME_SENSE);
  const attention = !deviceGood() && senseKey() === KEY_UNIT_ATTENTION;
  const again = attention && countTry() < TRIES_MAX;
  if (pc() === LAYOUT_ASKED) return again ? askDivision() : divided();
  if (again) return ask();
  if (deviceGood()) took();
  return next();
}

function start(): bool {
  partition = procedureFor() === FOR_FEEDER ? currentPartition() : 0;
  if (!isWhole()) return askMemory();
  forgetIdentity();
  if ((profile() & PROFILE_PARTITIONS) !== 0) return askDivision();
  foundLayout(0);
  return askMemory();
}
function askMemory(): bool {
  return (profile() & PROFILE_ATTRIBUTES) === 0 ? finish(OUTCOME_DONE) : ask();
}

/** Who the cartridge is, not the capacities alone (PROCEDURE_CAPACITY). */
function isWhole(): bool {
  return procedureKind() === PROCEDURE_IDENTITY;
}

/** Where a server asks only the capacities are new: what the image is known by stays as at the load. */
function took(): void {
  readAttributes(deviceDataAt(), deviceDataBytes());
  showCapacity(partition);
  if (procedureFor() === FOR_FEEDER) takeCapacity();
  if (isWhole() && partition === 0) takeAttributes();
  if (procedureFor() === FOR_MOUNT && partition === 0) showLoads();
  if (isVolumes()) takeHostAttributes(deviceDataAt(), deviceDataBytes(), partition);
}
/** After a load or FORMAT MEDIUM: a spare does not say what hosts have written, it gets it (procedure-attributes.ts). */
function isVolumes(): bool {
  return isWhole() && procedureFor() !== FOR_RECOVERY;
}

function next(): bool {
  partition += 1;
  return partition < partitionsToAsk() ? ask() : finish(OUTCOME_DONE);
}
/** A server may see the capacities of all partitions. */
function partitionsToAsk(): u32 {
  if (procedureFor() === FOR_FEEDER) return 1;
  if (!isWhole()) return partitionCount();
  return isVolumes() && deviceGood() ? foundPartitions() : 1;
}

function ask(): bool {
  const cdb = commandIn(
    OWNER_PROCEDURE,
    procedureDevice(),
    OP_READ_ATTRIBUTE,
    VALUE_BYTES,
    driveLimitMs(),
  );
  store<u8>(cdb + PARTITION_AT, partition as u8);
  put32(cdb + 10, VALUE_BYTES);
  setPc(ATTRIBUTES_ASKED);
  return true;
}

/** How the cartridge is divided: mode page 11h. */
function askDivision(): bool {
  const bytes = HEADER_BYTES + 2 + LAYOUT_BYTES;
  const limit = driveLimitMs();
  const cdb = commandIn(OWNER_PROCEDURE, procedureDevice(), OP_MODE_SENSE_10, bytes, limit);
  store<u8>(cdb + 1, DISABLE_BLOCK_DESCRIPTORS);
  store<u8>(cdb + 2, MODE_PAGE_MEDIUM_PARTITION as u8);
  put16(cdb + 7, bytes);
  setPc(LAYOUT_ASKED);
  return true;
}
function divided(): bool {
  const page = deviceDataAt() + HEADER_BYTES;
  const bytes = deviceDataBytes();
  const isThere = deviceGood() && bytes >= HEADER_BYTES + PAGE_BYTES_MIN;
  if (!isThere || ((load<u8>(page) as u32) & PAGE_CODE_MASK) !== MODE_PAGE_MEDIUM_PARTITION) {
    foundLayout(0);
    return askMemory();
  }
  // A page may have fewer sizes than there could be partitions.
  memory.fill(page + 2 + min(load<u8>(page + 1) as u32, bytes - HEADER_BYTES - 2), 0, LAYOUT_BYTES);
  foundLayout(page + 2);
  return askMemory();
}
