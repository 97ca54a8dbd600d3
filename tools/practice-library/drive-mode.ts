/**
 * Mode parameters of a drive: buffered mode, block length, write protection, and its pages. Decides what
 * can be set: buffered mode, block length, the format of sense data, compression, where the programmable
 * early warning begins, and how FORMAT MEDIUM divides the cartridge.
 */

import { isDeepStrictEqual } from "node:util";
import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Drive, DriveSettings } from "./drive.ts";
import { defaultSettings } from "./drive.ts";
import type { ListedPage, ModePage, ModeParameters } from "./mode-page.ts";
import { answerModeSense, receiveModeParameters } from "./mode-page.ts";
import { big, filled } from "./parameters.ts";
import {
  isPartitionPageLength,
  PARTITION_PAGE_BYTES,
  partitionPageFault,
  selectsPartitions,
  writePartitionMask,
  writePartitionPage,
} from "./partition-page.ts";
import { SENSE } from "./sense.ts";
import { RECORD_BYTES_MAX } from "./tape-image.ts";
import type { Call } from "./unit-shell.ts";

const WRITE_PROTECT_BIT = 0x80;
const BUFFERED_SHIFT = 4;
const BUFFERED_MASK = 0x07;
const BUFFERED_MODE_MAX = 1;
const DENSITY_DEFAULT = 0x00;
const DENSITY_UNCHANGED = 0x7f;
const BLOCK_LENGTH_AT = 5;

/** A page of a drive: its body for settings, and how a body changes settings. */
interface PageRow {
  readonly code: number;
  readonly subpage: number;
  readonly bytes: number;
  /** Without a drive: as at power on. */
  readonly write?: (body: Buffer, settings: DriveSettings, drive?: Drive) => void;
  readonly changeable?: (body: Buffer) => void;
  /** Whether a selected body may be so long; left out: as long as the page. */
  readonly isLength?: (bytes: number) => boolean;
  /** The first byte of a selected body that does not go with the others. */
  readonly fault?: (body: Buffer, drive: Drive) => number | undefined;
  readonly read?: (body: Buffer, settings: DriveSettings) => void;
}

const ROWS: readonly PageRow[] = [
  { code: 0x01, subpage: 0, bytes: 10 },
  { code: 0x02, subpage: 0, bytes: 14 },
  {
    // Control: GLTSD, D_SENSE.
    code: 0x0a,
    subpage: 0,
    bytes: 10,
    write: (body, settings) => body.writeUInt8(settings.hasDescriptorSense ? 0x06 : 0x02, 0),
    changeable: (body) => body.writeUInt8(0x04, 0),
    read: (body, settings) => {
      settings.hasDescriptorSense = (body.readUInt8(0) & 0x04) !== 0;
    },
  },
  {
    // Data compression: DCE and DCC, DDE, then two algorithm numbers of 4 bytes.
    code: 0x0f,
    subpage: 0,
    bytes: 14,
    write: (body, settings) => {
      body.writeUInt8(settings.isCompressing ? 0xc0 : 0x40, 0);
      body.writeUInt8(0x80, 1);
      body.writeUInt32BE(1, 2);
      body.writeUInt32BE(1, 6);
    },
    changeable: (body) => body.writeUInt8(0x80, 0),
    read: (body, settings) => {
      settings.isCompressing = (body.readUInt8(0) & 0x80) !== 0;
    },
  },
  {
    // Device configuration: object identifiers, EEG and SEW, the compression algorithm.
    code: 0x10,
    subpage: 0,
    bytes: 14,
    write: (body, settings) => {
      body.writeUInt8(0x40, 6);
      body.writeUInt8(0x18, 8);
      body.writeUInt8(settings.isCompressing ? 1 : 0, 12);
    },
    changeable: (body) => body.writeUInt8(1, 12),
    read: (body, settings) => {
      settings.isCompressing = body.readUInt8(12) !== 0;
    },
  },
  {
    // Device configuration extension: PEWS, in MB.
    code: 0x10,
    subpage: 1,
    bytes: 28,
    write: (body, settings) => body.writeUInt16BE(settings.warningMegabytes, 2),
    changeable: (body) => body.writeUInt16BE(0xffff, 2),
    read: (body, settings) => {
      settings.warningMegabytes = body.readUInt16BE(2);
    },
  },
  {
    // Medium partition: what is on the cartridge; what is selected is kept for FORMAT MEDIUM.
    code: 0x11,
    subpage: 0,
    bytes: PARTITION_PAGE_BYTES,
    isLength: isPartitionPageLength,
    write: (body, _, drive) => {
      if (drive !== undefined) {
        writePartitionPage(body, partitionBytesOf(drive));
      }
    },
    changeable: writePartitionMask,
    fault: partitionFault,
    read: (body, settings) => {
      settings.partitionPage = selectsPartitions(body) ? Buffer.from(body) : undefined;
    },
  },
  {
    // Informational exceptions: DEXCPT, MRIE 3.
    code: 0x1c,
    subpage: 0,
    bytes: 10,
    write: (body) => body.writeUInt16BE(0x0803, 0),
  },
];

function partitionBytesOf({ state }: Drive): readonly number[] {
  return state.kind === "ready" ? state.cartridge.partitionBytes : [];
}

function partitionFault(body: Buffer, drive: Drive): number | undefined {
  const capacityBytes = drive.cartridge?.capacityBytes ?? 0;
  return partitionPageFault(body, partitionBytesOf(drive).length, capacityBytes);
}

function pageOf(row: PageRow, drive: Drive): ModePage {
  const { code, subpage, bytes } = row;
  const changeable = filled(bytes, (body) => row.changeable?.(body));
  return {
    ...{ code, subpage, changeable },
    body: filled(bytes, (body) => row.write?.(body, drive.settings, drive)),
    initial: filled(bytes, (body) => row.write?.(body, defaultSettings())),
  };
}

/** MODE SENSE(6) and (10). */
export function modeSense(drive: Drive, { cdb }: Call): Answer {
  const { settings, state } = drive;
  const isProtected = state.kind === "ready" && state.cartridge.isWriteProtected;
  const deviceSpecific =
    (isProtected ? WRITE_PROTECT_BIT : 0) | ((settings.isBuffered ? 1 : 0) << BUFFERED_SHIFT);
  const blockDescriptor = Buffer.concat([
    Buffer.from([densityOf(drive)]),
    Buffer.alloc(4),
    big(settings.blockLength, 3),
  ]);
  const pages = ROWS.map((row) => pageOf(row, drive));
  return answerModeSense(cdb, { deviceSpecific, blockDescriptor }, pages);
}

function densityOf({ state, parts }: Drive): number {
  return state.kind === "ready" ? parts.generation.densityCode : DENSITY_DEFAULT;
}

/** MODE SELECT(6) and (10): all of a list, or nothing. */
export async function modeSelect(drive: Drive, call: Call): Promise<Answer | undefined> {
  const parameters = await receiveModeParameters(call, false);
  if ("answer" in parameters) {
    return parameters.answer;
  }
  const parameterAt = headFault(drive, parameters) ?? pagesFault(drive, parameters.pages);
  if (parameterAt !== undefined) {
    return check(SENSE.invalidFieldInParameters, { parameterAt });
  }
  if (parameters.isCut) {
    return check(SENSE.parameterListLength);
  }
  take(drive, parameters, call);
  return good();
}

function bufferedModeOf({ deviceSpecific }: ModeParameters): number {
  return (deviceSpecific >> BUFFERED_SHIFT) & BUFFERED_MASK;
}

/** Where buffered mode or block descriptor ask for what there is not. */
function headFault(drive: Drive, parameters: ModeParameters): number | undefined {
  const { blockDescriptor, blockDescriptorAt, deviceSpecificAt } = parameters;
  if (bufferedModeOf(parameters) > BUFFERED_MODE_MAX) {
    return deviceSpecificAt;
  }
  if (blockDescriptor === undefined) {
    return undefined;
  }
  const densities = [DENSITY_DEFAULT, DENSITY_UNCHANGED, densityOf(drive)];
  if (!densities.includes(blockDescriptor.readUInt8(0))) {
    return blockDescriptorAt;
  }
  const isTooLong = blockDescriptor.readUIntBE(BLOCK_LENGTH_AT, 3) > RECORD_BYTES_MAX;
  return isTooLong ? blockDescriptorAt + BLOCK_LENGTH_AT : undefined;
}

/** Where the first page is wrong: unknown, of another length than it has, or with a change that cannot be. */
function pagesFault(drive: Drive, pages: readonly ListedPage[]): number | undefined {
  for (const listed of pages) {
    if (listed.body.length < listed.bodyBytes) {
      // The list ends in it: what is told is that.
      return undefined;
    }
    const row = rowOf(listed);
    if (row === undefined) {
      return listed.at;
    }
    if (!(row.isLength?.(listed.bodyBytes) ?? listed.bodyBytes === row.bytes)) {
      return listed.bodyAt - 1;
    }
    const wrong = changeFault(listed.body, pageOf(row, drive)) ?? row.fault?.(listed.body, drive);
    if (wrong !== undefined) {
      return listed.bodyAt + wrong;
    }
  }
  return undefined;
}

/** The first byte that changes what cannot be changed. */
function changeFault(selected: Buffer, { body, changeable }: ModePage): number | undefined {
  const wrong = selected.findIndex((byte, index) => {
    return ((byte ^ (body[index] ?? 0)) & ~(changeable?.[index] ?? 0)) !== 0;
  });
  return wrong < 0 ? undefined : wrong;
}

function rowOf({ code, subpage }: ListedPage): PageRow | undefined {
  return ROWS.find((row) => row.code === code && row.subpage === subpage);
}

function take(drive: Drive, parameters: ModeParameters, call: Call): void {
  const before = drive.settings;
  const after = { ...before, isBuffered: bufferedModeOf(parameters) !== 0 };
  after.blockLength =
    parameters.blockDescriptor?.readUIntBE(BLOCK_LENGTH_AT, 3) ?? before.blockLength;
  for (const listed of parameters.pages) {
    rowOf(listed)?.read?.(listed.body, after);
  }
  drive.settings = after;
  if (after.warningMegabytes !== before.warningMegabytes && drive.state.kind === "ready") {
    drive.state.tape.warningsTold.clear();
  }
  const isSelection = parameters.pages.some((listed) => rowOf(listed)?.fault === partitionFault);
  if (isSelection || !isDeepStrictEqual(before, after)) {
    drive.nexuses.attend(SENSE.modeParametersChanged, call.nexus);
  }
}
