/**
 * The media changer as a backup server uses it: where the cartridges are, and moving one. Decides
 * the CDBs and how element status is read (asked per element type: some libraries answer "all
 * types" wrongly); not which cartridge is taken.
 */

import type { ServerDevice } from "./server-device.ts";

/** One place of the library. `volumeTag` is "" where there is none or it is empty. */
export interface Element {
  readonly address: number;
  readonly isFull: boolean;
  readonly volumeTag: string;
}

/** Element types of READ ELEMENT STATUS. */
const TYPE_STORAGE = 2;
const TYPE_DATA_TRANSFER = 4;

const STATUS_BYTES_MAX = 65_536;
const STATUS_TIMEOUT_MS = 60_000;
/** Linux `ch` waits 300 s for a move; a recovery in the drive may take longer than that. */
const MOVE_TIMEOUT_MS = 600_000;

const REPORT_HEADER_BYTES = 8;
const PAGE_HEADER_BYTES = 8;
const VOLUME_TAG_AT = 12;
const VOLUME_TAG_BYTES = 32;

/** One changer. Every method throws ServerFault where the job would fail. */
export class ChangerClient {
  private readonly changer: ServerDevice;

  constructor(changer: ServerDevice) {
    this.changer = changer;
  }

  /** The storage elements in the order of their addresses. */
  storage(): Promise<Element[]> {
    return this.elements(TYPE_STORAGE);
  }

  /** The data transfer elements in the order of their addresses: LUN 1 is the first. */
  drives(): Promise<Element[]> {
    return this.elements(TYPE_DATA_TRANSFER);
  }

  /** MOVE MEDIUM by the transport that the changer chooses. Addresses 0 to 65535. */
  async move(source: number, destination: number): Promise<void> {
    const cdb = new Uint8Array(12);
    cdb[0] = 0xa5;
    cdb.set([source >> 8, source & 0xff, destination >> 8, destination & 0xff], 4);
    await this.changer.run({ name: "MOVE MEDIUM", cdb, timeoutMs: MOVE_TIMEOUT_MS });
  }

  private async elements(type: number): Promise<Element[]> {
    const dataIn = new Uint8Array(STATUS_BYTES_MAX);
    const lengthBytes = [STATUS_BYTES_MAX >> 16, (STATUS_BYTES_MAX >> 8) & 0xff, 0];
    const cdb = Uint8Array.of(0xb8, 0x10 | type, 0, 0, 0xff, 0xff, 0, ...lengthBytes, 0, 0);
    const command = { name: "READ ELEMENT STATUS", cdb, dataIn, timeoutMs: STATUS_TIMEOUT_MS };
    const { dataInBytes } = await this.changer.run(command);
    return parseElementStatus(dataIn.subarray(0, dataInBytes)).sort(
      (left, right) => left.address - right.address,
    );
  }
}

/** The elements of READ ELEMENT STATUS data (with volume tags); whatever is cut off is left out. */
export function parseElementStatus(data: Uint8Array): Element[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Element[] = [];
  let at = REPORT_HEADER_BYTES;
  while (at + PAGE_HEADER_BYTES <= data.length) {
    const hasVolumeTag = (view.getUint8(at + 1) & 0x80) !== 0;
    const descriptorBytes = view.getUint16(at + 2);
    const pageBytes = view.getUint32(at + 4) & 0xff_ff_ff;
    const pageEnd = Math.min(at + PAGE_HEADER_BYTES + pageBytes, data.length);
    if (descriptorBytes < VOLUME_TAG_AT) {
      return elements;
    }
    for (at += PAGE_HEADER_BYTES; at + descriptorBytes <= pageEnd; at += descriptorBytes) {
      elements.push(elementOf(data.subarray(at, at + descriptorBytes), hasVolumeTag));
    }
    at = Math.max(at, pageEnd);
  }
  return elements;
}

function elementOf(descriptor: Uint8Array, hasVolumeTag: boolean): Element {
  const tag = descriptor.subarray(VOLUME_TAG_AT, VOLUME_TAG_AT + VOLUME_TAG_BYTES);
  return {
    address: ((descriptor[0] ?? 0) << 8) | (descriptor[1] ?? 0),
    isFull: ((descriptor[2] ?? 0) & 0x01) !== 0,
    volumeTag: hasVolumeTag
      ? Buffer.from(tag)
          .toString("latin1")
          .replace(/[\0 ]+$/, "")
      : "",
  };
}
