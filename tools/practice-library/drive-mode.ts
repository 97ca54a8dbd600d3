/**
 * Mode parameters of a drive: buffered mode, block length, write protection, and pages 0Fh, 10h,
 * 10h/01h and 11h. Decides what can be set: buffered mode, block length, compression, and where the
 * programmable early warning begins.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive } from "./drive.ts";
import type { ModePage } from "./mode-page.ts";
import { answerModeSense, modeSelectLength, parseModeParameters } from "./mode-page.ts";
import { big, filled } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import { RECORD_BYTES_MAX } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const WRITE_PROTECT_BIT = 0x80;
const BUFFERED_SHIFT = 4;
const BUFFERED_MASK = 0x07;
const BUFFERED_MODE_MAX = 2;
/** PEWS, behind the page's header. */
const WARNING_SIZE_AT = 2;
const COMPRESSION_PAGE = 0x0f;
const CONFIGURATION_PAGE = 0x10;
const PARTITION_PAGE = 0x11;
const COMPRESSION_ENABLE_BIT = 0x80;
const COMPRESSION_CAPABLE_BIT = 0x40;
const DECOMPRESSION_ENABLE_BIT = 0x80;
const DENSITY_DEFAULT = 0x00;
const DENSITY_UNCHANGED = 0x7f;

/** MODE SENSE(6) and (10). */
export function modeSense(drive: Drive, { cdb }: Call): Answer {
  const { settings, cartridge, parts } = drive;
  const density = drive.state.kind === "ready" ? parts.generation.densityCode : DENSITY_DEFAULT;
  const deviceSpecific =
    (cartridge?.isWriteProtected === true ? WRITE_PROTECT_BIT : 0) |
    ((settings.isBuffered ? 1 : 0) << BUFFERED_SHIFT);
  const blockDescriptor = Buffer.concat([
    Buffer.from([density]),
    Buffer.alloc(4),
    big(settings.blockLength, 3),
  ]);
  return answerModeSense(cdb, { deviceSpecific, blockDescriptor }, pagesOf(drive));
}

function pagesOf(drive: Drive): ModePage[] {
  return [
    { code: COMPRESSION_PAGE, subpage: 0, body: compressionPage(drive.settings.isCompressing) },
    { code: CONFIGURATION_PAGE, subpage: 0, body: configurationPage() },
    { code: CONFIGURATION_PAGE, subpage: 1, body: extensionPage(drive.settings.warningMegabytes) },
    // One partition, none to add.
    { code: PARTITION_PAGE, subpage: 0, body: Buffer.alloc(6) },
  ];
}

/** Data compression page: DCE and DCC, DDE, then two algorithm numbers of 4 bytes. */
function compressionPage(isCompressing: boolean): Buffer {
  return filled(14, (body) => {
    body.writeUInt8((isCompressing ? COMPRESSION_ENABLE_BIT : 0) | COMPRESSION_CAPABLE_BIT, 0);
    body.writeUInt8(DECOMPRESSION_ENABLE_BIT, 1);
    body.writeUInt32BE(1, 2);
    body.writeUInt32BE(1, 6);
  });
}

/** Device configuration page: the select data compression algorithm byte says "as page 0Fh". */
function configurationPage(): Buffer {
  return filled(14, (body) => body.writeUInt8(1, 12));
}

/** Device configuration extension page: PEWS, in MB. */
function extensionPage(warningMegabytes: number): Buffer {
  return filled(28, (body) => body.writeUInt16BE(warningMegabytes, WARNING_SIZE_AT));
}

/** MODE SELECT(6) and (10). Pages that cannot be changed are taken and have no effect. */
export async function modeSelect(drive: Drive, call: Call): Promise<Answer | undefined> {
  const listBytes = modeSelectLength(call.cdb);
  if (listBytes === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (listBytes === 0) {
    return good();
  }
  if (listBytes > call.dataOutBytes) {
    return check(SENSE.parameterListLength);
  }
  const list = Buffer.alloc(listBytes);
  if (!(await call.receive(list))) {
    return undefined;
  }
  const parameters = parseModeParameters(call.cdb, list);
  if (parameters === undefined) {
    return check(SENSE.parameterListLength);
  }
  const { deviceSpecific, blockDescriptor, pages } = parameters;
  const bufferedMode = (deviceSpecific >> BUFFERED_SHIFT) & BUFFERED_MASK;
  const blockLength = blockDescriptor?.readUIntBE(5, 3) ?? drive.settings.blockLength;
  const known = pagesOf(drive);
  const isRefused =
    bufferedMode > BUFFERED_MODE_MAX ||
    blockLength > RECORD_BYTES_MAX ||
    !isKnownDensity(drive, blockDescriptor) ||
    pages.some((page) => !known.some((one) => isSamePage(one, page)));
  if (isRefused) {
    return check(SENSE.invalidFieldInParameters);
  }
  const compression = pages.find(({ code }) => code === COMPRESSION_PAGE);
  const extension = pages.find(({ code, subpage }) => code === CONFIGURATION_PAGE && subpage === 1);
  drive.settings = {
    isBuffered: bufferedMode !== 0,
    blockLength,
    isCompressing:
      compression === undefined
        ? drive.settings.isCompressing
        : (compression.body.readUInt8(0) & COMPRESSION_ENABLE_BIT) !== 0,
    warningMegabytes:
      extension?.body.readUInt16BE(WARNING_SIZE_AT) ?? drive.settings.warningMegabytes,
  };
  if (extension !== undefined && drive.state.kind === "ready") {
    drive.state.tape.isWarningTold = false;
  }
  drive.nexuses.attend(SENSE.modeParametersChanged, call.nexus);
  return good();
}

function isKnownDensity(drive: Drive, blockDescriptor: Buffer | undefined): boolean {
  const densities = [DENSITY_DEFAULT, DENSITY_UNCHANGED, drive.parts.generation.densityCode];
  return blockDescriptor === undefined || densities.includes(blockDescriptor.readUInt8(0));
}

function isSamePage(one: ModePage, other: ModePage): boolean {
  return (
    one.code === other.code &&
    one.subpage === other.subpage &&
    one.body.length === other.body.length
  );
}
