/**
 * What a lane must not lose when its core traps (spec/keep.ts): everything that the server can see and
 * the ring does not hold, the dialogue with the changer, the recovery, and the drive's command that is
 * out. It lives in the keep block itself: there is no second copy that could be older, and keeping
 * costs nothing. Each field belongs to the file that it stands under, only that file touches it. What
 * differs from zero at first is set there. Tables that change seldom are at the end: the host copies them
 * only when `revision` is another.
 * What a new instance makes of it: it is the old one after its last good step, but for procedures, which
 * begin again, and the ring, which is opened (resume.ts).
 */
import {
  DRIVE_COUNT_MAX,
  NEXUS_COUNT_MAX,
  PORT_NAME_BYTES_MAX,
  REGISTRANT_COUNT_MAX,
  VOLUME_TAG_BYTES,
} from "../spec/abi.ts";
import { DONE_SENSE_BYTES } from "../spec/event.ts";
import { KEEP_AT, KEEP_VERSION } from "../spec/keep.ts";
import { IMAGE_ROW_BYTES } from "../spec/ring-layout.ts";

/** The block. Whoever changes it, or a table below, changes KEEP_VERSION. */
@unmanaged
class Kept {
  version: u32;
  bytes: u32;
  seldomAt: u32;
  revision: u32;

  // task.ts: the command in work; of an earlier instance until it is given again.
  taskTag: u32;
  taskPhase: u32;
  taskBytes: u32;

  // stream-write.ts
  writeCount: u32;
  writeObjectBytes: u32;
  /** The first object of the command in work. */
  writeFirst: u64;
  /** What the tape has behind the image's end was given up for a WRITE, which has not come yet. */
  appendPrepared: bool;

  // device.ts
  drive: u32;
  owner: u32;
  outstandingTag: u32;
  tagCounter: u32;
  operation: u32;
  drivePositionKnown: bool;
  drivePosition: u64;
  startedAt: u64;

  // feeder.ts
  sendingBytes: u64;
  sendingObjects: u64;
  busyUntil: u64;
  busySince: u64;
  /** Bytes since the last synchronization when the drive was last asked. */
  askedAtBytes: u64;
  extentAt: u64;
  /** When the last object was taken, while another one was waiting; 0: none was. */
  tookAt: u64;
  extentLast: bool;
  syncing: bool;
  wantSync: bool;

  // cursor.ts
  received: u64;
  sent: u64;
  synchronized: u64;
  receivedBytes: u64;
  sentBytes: u64;
  synchronizedBytes: u64;
  /** All bytes of the image as far as this run knows; the base of what a whole copy costs. */
  imageBytes: u64;

  // medium.ts
  medium: u32;
  imageTrusted: bool;
  /** The tape goes on behind the image's end. */
  imagePrefix: bool;
  damaged: bool;
  /** A logical object identifier in the current partition. */
  serverPosition: u64;

  // partition.ts
  /** The one that the server stands in, and how many the volume has; 0 and 1: it is not divided. */
  partition: u32;
  partitionCount: u32;
  /** How many the cartridge in the drive has: in a recovery not yet what the volume has. */
  foundPartitions: u32;
  /** The cartridge in the drive stands in for a divided one: it is not divided yet, or its other partitions lack something. */
  partitionsOwed: bool;
  /** It was blank when it was put in: it may be divided. */
  blankVerified: bool;
  /** Of KEPT_SELECTED: what the server wants the next FORMAT MEDIUM to make; 0: nothing. */
  selectedBytes: u32;

  // medium-identity.ts
  /** CRC32C of the serial number; 0: not known. */
  mediumSerial: u32;
  mediumLoads: u32;
  /** KEPT_VOLUME_SERIAL holds one. */
  volumeSerialKnown: bool;

  // host-attributes.ts
  hostAttributeBytes: u32;
  /** The cartridge in the drive stands in, and may lack them. */
  hostAttributesOwed: bool;
  /** In MiB; a maximum of 0: not known. */
  remainingCapacity: u64;
  maximumCapacity: u64;
  /** Of the volume's own cartridge when a recovery began, MiB. */
  ownCapacity: u64;
  /** The capacities are of the current partition. */
  capacityKnown: bool;
  /** What the log pages say: loads as when it was mounted. Capacities, as last read, are in KEPT_PARTITIONS. */
  shownLoads: u32;

  // early-warning.ts: places, as numbers of objects; 0: not reached.
  /** Where the server is warned, and where the drive's own early warning begins. */
  warnedAt: u64;
  endsAt: u64;
  /** The same as `warnedAt`, of the medium that a recovery copies to. */
  copyWarnedAt: u64;
  /** Where the programmable early warning of the server begins. */
  programmedAt: u64;
  programmedTold: bool;
  /** MB: what the operator has chosen, and what the server has. */
  pad: u32;
  serverWarning: u32;

  // drive-mode.ts: what the drive was told.
  warningSet: u32;
  compressionSet: u32;

  // key.ts: the key that the server has given, by its mark; never its bytes.
  keyMark: u32;
  keyModes: u32;
  keyListBytes: u32;
  /** CKOD: it goes when the cartridge is unloaded. */
  keyClears: bool;
  /** Of the key that was in force when the bridge ended, 0: none was, or the server has spoken since. */
  keyMissed: u32;
  /** What the tape may be owed waits for that key. */
  keyAwaited: bool;
  /** What the current drive was told, and a bit for each drive that may have a key. */
  keyInDrive: u64;
  keyedDrives: u32;
  /** A bit for each drive that was asked since the start whether it encrypts. */
  keyAskedDrives: u32;

  // ring/geometry.ts: a ring that was given up stays given up.
  ringFault: u32;

  // resume.ts: an image was selected.
  imageSelected: bool;

  // mount.ts: a load, a check or an unload that was under way begins again.
  foundAtStart: bool;
  answerMount: bool;
  releasing: bool;
  loadRecovered: bool;
  standsIn: bool;
  mountSense: u32;

  // procedure-ready.ts
  writeProtected: bool;
  mediumType: u32;
  densityCode: u32;

  // procedure-evidence.ts
  tapeAlert: u64;
  alertsTaken: u64;

  // mode-page.ts
  fixedLength: u32;
  buffered: u32;
  /** D_SENSE of the Control page (task.ts), and DCE of the Data Compression page (drive-mode.ts). */
  descriptorSense: bool;
  compression: bool;

  // block-protection.ts: a nexus has chosen it.
  anyProtection: bool;

  // density.ts; 0: no drive has been asked.
  densityReportBytes: u32;

  // log-counter.ts (task.ts counts the bytes)
  writtenBytes: u64;
  readBytes: u64;
  writeErrors: u32;
  readErrors: u32;
  otherErrors: u32;

  // tape-alert.ts
  /** A new nexus hears of these. */
  alertsStanding: u64;
  /** The server was told of an error: the drive's flags are about that. */
  alertsOpen: bool;

  // reservation.ts, registration.ts, unit-attention.ts: a nexus does not notice a trap.
  holder: u32;
  registrations: u32;
  generation: u32;
  /** Type of the persistent reservation, 0: there is none; and its holder's row in port-table.ts. */
  reservationType: u32;
  reservationHolder: u32;

  // timestamp.ts: what is added to the clock of events.
  timestampOffset: u64;
  timestampSet: bool;
  attentionNext: u32;

  // report.ts: an error that the server has not been told yet.
  reportPending: bool;
  reportLost: bool;
  driveFailed: bool;

  // failure.ts
  failureClass: u32;
  failureEvidence: u32;
  failureDrive: u32;
  failureObject: u64;

  // state.ts
  recovery: u32;
  plan: u32;
  recoveryNumber: u32;
  recoveryKind: u32;
  spareDrives: u32;
  spareMedia: u32;
  rewritten: u64;
  accepting: bool;

  // recovery.ts
  /** What the state waits for has been asked for. */
  asked: bool;
  ringFailed: bool;
  copyUpTo: u64;

  // spares.ts
  spareDrive: u32;
  spareMedium: u32;
  /** The spare medium that is in the lane's drive now. */
  placedMedium: u32;
  mediumReplaced: bool;
  /** The volume's own cartridge is out of the drive, in the storage element that is kept for it. */
  ownOut: bool;
  /** What it holds: objects that its drive answered GOOD to, and those that are certain. */
  ownSent: u64;
  ownSynchronized: u64;

  // fault.ts
  attempts: u32;
  retriedDrive: u32;
  retriedCartridge: u32;
  retried: bool;

  // pace.ts: how fast the drive was seen to be.
  credit: i64;
  pacedAt: u64;
  heldSince: u64;
  pacedBytes: u64;
  rate: u64;
  windowBytes: u64;
  windowMs: u64;

  // history.ts
  failures: u32;
}

export const kept = changetype<Kept>(KEEP_AT);

/** Failures that history.ts remembers. */
export const HISTORY_MAX: u32 = 32;
export const HISTORY_ROW_BYTES: u32 = 16;

// The tables behind the fields, each begins where the one before it ends.
/** device.ts: u32 for each drive. */
export const KEPT_PROFILES: u32 = KEEP_AT + (((offsetof<Kept>() as u32) + 7) & ~7);
/** medium.ts; show.ts copies both at once. */
export const KEPT_VIRTUAL_TAG: u32 = KEPT_PROFILES + (DRIVE_COUNT_MAX << 2);
export const KEPT_REAL_TAG: u32 = KEPT_VIRTUAL_TAG + VOLUME_TAG_BYTES;
/** resume.ts: the selected image as in the superblock, which may not have it yet. */
export const KEPT_IMAGE_ROW: u32 = KEPT_REAL_TAG + VOLUME_TAG_BYTES;
/** failure.ts */
export const KEPT_SENSE: u32 = KEPT_IMAGE_ROW + IMAGE_ROW_BYTES;
/** spares.ts */
export const KEPT_NEXT_TAG: u32 = KEPT_SENSE + DONE_SENSE_BYTES;
export const KEPT_OWN_TAG: u32 = KEPT_NEXT_TAG + VOLUME_TAG_BYTES;
/** history.ts */
export const KEPT_HISTORY: u32 = KEPT_OWN_TAG + VOLUME_TAG_BYTES;
/** prevent.ts: u32 for each nexus; from here on what changes seldom. */
export const KEPT_PREVENTIONS: u32 = KEPT_HISTORY + HISTORY_MAX * HISTORY_ROW_BYTES;
/** unit-attention.ts: u32 for each nexus, three times. */
export const KEPT_NEXUSES: u32 = KEPT_PREVENTIONS + (NEXUS_COUNT_MAX << 2);
export const KEPT_ATTENTIONS: u32 = KEPT_NEXUSES + (NEXUS_COUNT_MAX << 2);
export const KEPT_ATTENTION_PORTS: u32 = KEPT_ATTENTIONS + (NEXUS_COUNT_MAX << 2);
/** port-table.ts */
export const KEPT_PORTS: u32 = (KEPT_ATTENTION_PORTS + (NEXUS_COUNT_MAX << 2) + 7) & ~7;
/** Every nexus, and registrants that are not there. */
export const PORT_COUNT_MAX: u32 = NEXUS_COUNT_MAX + REGISTRANT_COUNT_MAX;
export const PORT_ROW_BYTES: u32 = 16 + PORT_NAME_BYTES_MAX;
/** What the changer keeps begins here: what is of nexuses is of both roles. */
export const KEPT_END: u32 = KEPT_PORTS + PORT_COUNT_MAX * PORT_ROW_BYTES;
/** tape-alert.ts, of a lane alone: u64 for each nexus, in the slots of unit-attention.ts. */
export const KEPT_ALERTS: u32 = (KEPT_END + 7) & ~7;
/** density.ts, of a lane alone, seven densities: REPORT DENSITY SUPPORT. */
export const KEPT_DENSITY_REPORT: u32 = KEPT_ALERTS + (NEXUS_COUNT_MAX << 3);
export const DENSITY_REPORT_BYTES_MAX: u32 = 368;
/** block-protection.ts, of a lane alone: u8 for each nexus, in the slots of unit-attention.ts; changes seldom. */
export const KEPT_PROTECTIONS: u32 = KEPT_DENSITY_REPORT + DENSITY_REPORT_BYTES_MAX;
/** medium-identity.ts: serial number of the volume's own cartridge; changes seldom. */
export const KEPT_VOLUME_SERIAL: u32 = KEPT_PROTECTIONS + NEXUS_COUNT_MAX;
/** host-attributes.ts: as in a list of WRITE ATTRIBUTE, what the lane's journal has room for; changes seldom. */
export const KEPT_HOST_ATTRIBUTES: u32 = KEPT_VOLUME_SERIAL + VOLUME_TAG_BYTES;
export const HOST_ATTRIBUTES_BYTES_MAX: u32 = 900;
/** partition.ts: mode page 11h without its two bytes of header, of the volume, and as the drive said it last; changes seldom. */
export const KEPT_LAYOUT: u32 = (KEPT_HOST_ATTRIBUTES + HOST_ATTRIBUTES_BYTES_MAX + 7) & ~7;
export const KEPT_LAYOUT_FOUND: u32 = KEPT_LAYOUT + 16;
/** The same page, whole, as the server has selected it. */
export const KEPT_SELECTED: u32 = KEPT_LAYOUT_FOUND + 16;
/** A row for each partition that is not current. */
export const KEPT_PARTITIONS: u32 = KEPT_SELECTED + 16;
export const PARTITION_COUNT_MAX: u32 = 4;
export const PARTITION_ROW_BYTES: u32 = 48;
const KEPT_LANE_END: u32 = KEPT_PARTITIONS + PARTITION_COUNT_MAX * PARTITION_ROW_BYTES;

/** At the start of a lane: what the host shall copy. */
export function keptBegin(): void {
  kept.version = KEEP_VERSION;
  kept.bytes = KEPT_LANE_END - KEEP_AT;
  kept.seldomAt = KEPT_PREVENTIONS - KEEP_AT;
  // It may have come in pieces: the host has to copy it whole once more.
  kept.revision += 1;
}
