/**
 * Commands that make the whole cartridge anew, SET CAPACITY and FORMAT MEDIUM, and ALLOW OVERWRITE. Decides when they
 * may, and into which partitions.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive } from "./drive.ts";
import type { MountedTape } from "./mounted-tape.ts";
import { unsigned64 } from "./parameters.ts";
import { dividedBy } from "./partition-page.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const CODE_MASK = 0x0f;
const FORMAT_VERIFY_BIT = 0x02;
const FORMAT_ONE_PARTITION = 0;
const FORMAT_MAX = 2;
const OVERWRITE_HERE = 1;
const OVERWRITE_MAX = 2;

/** SET CAPACITY at the beginning: bytes 3-4 the proportion of 65535; one partition, and nothing on it. */
export async function setCapacity(drive: Drive, tape: MountedTape, { cdb }: Call): Promise<Answer> {
  const { cartridge } = drive;
  if (cartridge === undefined || cartridge.isWriteProtected) {
    return check(SENSE.writeProtected);
  }
  if (!isAtBeginning(tape)) {
    return check(SENSE.positionPastBeginning);
  }
  await tape.drain();
  await tape.divide([cartridge.capacityBytes]);
  cartridge.setCapacityPart(cdb.readUInt16BE(3));
  return good();
}

/**
 * FORMAT MEDIUM at the beginning: flag VERIFY refused, byte 2 FORMAT (0: one partition; 1, 2: as mode page 11h was
 * selected), bytes 3-4 no parameters. Everything is erased.
 */
export async function formatMedium(
  drive: Drive,
  tape: MountedTape,
  { cdb }: Call,
): Promise<Answer> {
  const isVerifying = (cdb.readUInt8(1) & FORMAT_VERIFY_BIT) !== 0;
  const format = cdb.readUInt8(2) & CODE_MASK;
  if (isVerifying || format > FORMAT_MAX || cdb.readUInt16BE(3) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const { cartridge } = drive;
  if (cartridge === undefined || cartridge.isWriteProtected) {
    return check(SENSE.writeProtected);
  }
  if (!isAtBeginning(tape)) {
    return check(SENSE.positionPastBeginning);
  }
  const page = format === FORMAT_ONE_PARTITION ? undefined : drive.settings.partitionPage;
  const { capacityBytes } = cartridge;
  const sizes = page === undefined ? [capacityBytes] : dividedBy(page, capacityBytes);
  if (sizes === undefined) {
    return check(SENSE.invalidFieldInParameters);
  }
  await tape.drain();
  await tape.divide(sizes);
  drive.forgetPartitionPage();
  return drive.takeDeferred() ?? good();
}

function isAtBeginning({ partition, position }: MountedTape): boolean {
  return partition === 0 && position.object === 0;
}

/** ALLOW OVERWRITE: byte 2 none, at this place, format; byte 3 partition, 4-11 the place. Nothing is forbidden. */
export async function allowOverwrite(
  _drive: Drive,
  tape: MountedTape,
  { cdb }: Call,
): Promise<Answer> {
  const allow = cdb.readUInt8(2) & CODE_MASK;
  if (allow !== OVERWRITE_HERE) {
    return allow > OVERWRITE_MAX ? check(SENSE.invalidFieldInCdb) : good();
  }
  const partition = cdb.readUInt8(3);
  if (tape.partitionAt(partition) === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  const isHere = partition === tape.partition && unsigned64(cdb, 4) === tape.position.object;
  return isHere ? good() : check(SENSE.positioningError);
}
