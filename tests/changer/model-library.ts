/**
 * A library as a plain list of elements that answers a changer's commands with the bytes of SMC. Faults
 * are set by the test. It knows nothing of the core: what it answers is written here byte by byte.
 */

import { RESULT_LOST, RESULT_SILENT } from "../../assembly/spec/event.ts";

/** One element; `tag` undefined: empty. */
export interface Place {
  readonly type: number;
  readonly address: number;
  tag: string | undefined;
  source: number;
  /** Byte 2 of its descriptor without FULL; ACCESS (not for the robot) where it is not said. */
  flags?: number;
  readonly serial?: string;
}

/** A move that goes wrong: where the cartridge is then, and what is said. */
export interface Misdeed {
  readonly moved: "no" | "half" | "yes";
  readonly says: "good" | "failed" | "nothing" | "lost";
}

/** What a command ended with. */
export interface Answer {
  /** RESULT_*: it did not end with a status; undefined: it did. */
  readonly result?: number;
  readonly status: number;
  readonly sense: Buffer;
  readonly data: Buffer;
}

/** How this library differs from a good one. */
export interface Quirks {
  /** DVCID is refused. */
  noDeviceIds?: boolean;
  /** DVCID is taken, but no identifier comes. */
  silentDeviceIds?: boolean;
  /** MODE SENSE is refused. */
  noModePage?: boolean;
  /** As tgtd: all data end eight bytes early, the byte counts too. */
  shortBytes?: boolean;
  /** No volume tag of a cartridge in a drive. */
  blindDrives?: boolean;
}

const CHECK = 2;
const NOTHING: Answer = { status: 0, sense: Buffer.alloc(0), data: Buffer.alloc(0) };

/** Fixed format sense data, 18 bytes. */
export function sense(key: number, code: number): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeUInt8(0x70, 0);
  bytes.writeUInt8(key, 2);
  bytes.writeUInt8(10, 7);
  bytes.writeUInt16BE(code, 12);
  return bytes;
}
function check(key: number, code: number): Answer {
  return { status: CHECK, sense: sense(key, code), data: Buffer.alloc(0) };
}

/** The robot and its elements. */
export class ModelLibrary {
  readonly places: Place[];
  readonly quirks: Quirks;
  /** Answered first, one a command: CHECK CONDITION with key and additional sense. */
  readonly pending: [key: number, code: number][] = [];
  /** Moves that fail with 4/15/01; `afterwards`: the cartridge was moved all the same. */
  failures: { readonly afterwards: boolean }[] = [];
  /** Moves that are refused with key and additional sense, whatever stands where. */
  readonly refusals: [key: number, code: number][] = [];
  /** Moves that are done before the first of them. */
  passing = 0;
  /** Asked for each move that could be done: how it goes wrong. */
  misdeed: () => Misdeed | undefined = () => undefined;
  /** Drives (serial numbers) that do not give their cartridge out. */
  readonly stuck = new Set<string>();
  /** What PREVENT ALLOW MEDIUM REMOVAL said, each time. */
  readonly locked: number[] = [];
  moves = 0;
  readings = 0;

  constructor(places: Place[], quirks: Quirks = {}) {
    this.places = places;
    this.quirks = quirks;
  }

  at(address: number): Place {
    const place = this.places.find((one) => one.address === address);
    if (place === undefined) throw new Error(`no element ${address}`);
    return place;
  }

  command(cdb: Buffer): Answer {
    const first = this.pending.shift();
    if (first !== undefined) return check(...first);
    switch (cdb.readUInt8(0)) {
      case 0x00:
        return NOTHING;
      case 0x1e:
        this.locked.push(cdb.readUInt8(4));
        return NOTHING;
      case 0x1a:
        return this.#addresses();
      case 0xb8:
        return this.#status(cdb);
      case 0xa5:
        return this.#move(cdb);
      default:
        return check(5, 0x2000);
    }
  }

  #addresses(): Answer {
    if (this.quirks.noModePage === true) return check(5, 0x2400);
    const page = Buffer.alloc(24);
    page.writeUInt8(23, 0);
    page.writeUInt8(0x1d, 4);
    page.writeUInt8(18, 5);
    for (const type of [1, 2, 3, 4]) {
      const all = this.places.filter((place) => place.type === type);
      page.writeUInt16BE(all[0]?.address ?? 0, 2 + type * 4);
      page.writeUInt16BE(all.length, 4 + type * 4);
    }
    return { ...NOTHING, data: page };
  }

  #status(cdb: Buffer): Answer {
    this.readings += 1;
    const type = cdb.readUInt8(1) & 0x0f;
    const named = (cdb.readUInt8(6) & 1) !== 0;
    if (named && this.quirks.noDeviceIds === true) return check(5, 0x2400);
    const found = this.places
      .filter((place) => place.type === type && place.address >= cdb.readUInt16BE(2))
      .slice(0, cdb.readUInt16BE(4));
    if (found.length === 0) return check(5, 0x2101);
    const ids = named && this.quirks.silentDeviceIds !== true;
    const body = Buffer.concat(found.map((place) => this.#descriptor(place, ids)));
    const head = Buffer.alloc(16);
    const lost = this.quirks.shortBytes === true ? 8 : 0;
    head.writeUInt16BE(found[0]?.address ?? 0, 0);
    head.writeUInt16BE(found.length, 2);
    head.writeUIntBE(8 + body.length - lost, 5, 3);
    head.writeUInt8(type, 8);
    head.writeUInt8(0x80, 9);
    head.writeUInt16BE(body.length / found.length, 10);
    head.writeUIntBE(body.length - lost, 13, 3);
    const data = Buffer.concat([head, body]).subarray(0, cdb.readUIntBE(7, 3));
    return { ...NOTHING, data: data.subarray(0, data.length - lost) };
  }

  #descriptor(place: Place, named: boolean): Buffer {
    const head = Buffer.alloc(12);
    head.writeUInt16BE(place.address, 0);
    const access = place.flags ?? (place.type === 1 ? 0 : 8);
    head.writeUInt8((place.tag === undefined ? 0 : 1) | access, 2);
    if (place.tag !== undefined && place.source !== 0) {
      head.writeUInt8(0x80, 9);
      head.writeUInt16BE(place.source, 10);
    }
    const blind = this.quirks.blindDrives === true && place.type === 4;
    const tag = Buffer.alloc(36);
    if (place.tag !== undefined && !blind) tag.fill(0x20, 0, 32).write(place.tag, "latin1");
    if (!named || place.serial === undefined) return Buffer.concat([head, tag, Buffer.alloc(4)]);
    const text = Buffer.from(`ACME    TAPE            ${place.serial}`, "latin1");
    return Buffer.concat([head, tag, Buffer.from([2, 1, 0, text.length]), text]);
  }

  #move(cdb: Buffer): Answer {
    const from = this.places.find((place) => place.address === cdb.readUInt16BE(4));
    const to = this.places.find((place) => place.address === cdb.readUInt16BE(6));
    if (from === undefined || to === undefined) return check(5, 0x2101);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return check(...refusal);
    if (from.tag === undefined) return check(5, 0x3b0e);
    if (to.tag !== undefined) return check(5, 0x3b0d);
    if (from.serial !== undefined && this.stuck.has(from.serial)) return check(4, 0x5300);
    const misdeed = this.misdeed();
    if (misdeed !== undefined) return this.#misbehave(from, to, misdeed);
    const passes = this.failures.length > 0 && this.passing > 0;
    if (passes) this.passing -= 1;
    const failure = passes ? undefined : this.failures.shift();
    if (failure === undefined || failure.afterwards) this.#carry(from, to);
    return failure === undefined ? NOTHING : check(4, 0x1501);
  }
  #carry(from: Place, to: Place): void {
    this.moves += 1;
    to.tag = from.tag;
    if (from.type === 2) to.source = from.address;
    else if (to.type === 4) to.source = from.source;
    from.tag = undefined;
  }
  #misbehave(from: Place, to: Place, { moved, says }: Misdeed): Answer {
    const hand = this.places.find(({ type }) => type === 1);
    if (moved === "yes") this.#carry(from, to);
    // The hand holds one cartridge: with another in it the move does not begin.
    else if (moved === "half" && hand !== undefined && hand.tag === undefined) {
      this.#carry(from, hand);
    }
    if (says === "good") return NOTHING;
    if (says === "failed") return check(4, 0x1501);
    return { ...NOTHING, result: says === "lost" ? RESULT_LOST : RESULT_SILENT };
  }
}

/** Slots 1000.., drives 256.., import/export 16.., robot 1; tags fill the first slots. */
export function library(
  size: { slots: number; drives: number; ports: number },
  tags: readonly string[],
  quirks: Quirks = {},
): ModelLibrary {
  const empty = { tag: undefined, source: 0 };
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return new ModelLibrary(
    [
      { ...empty, type: 1, address: 1 },
      ...range(size.slots).map((n) => ({ ...empty, type: 2, address: 1000 + n, tag: tags[n] })),
      ...range(size.ports).map((n) => ({ ...empty, type: 3, address: 16 + n })),
      ...range(size.drives).map((n) => ({
        ...empty,
        type: 4,
        address: 256 + n,
        serial: `DRV${String(n).padStart(5, "0")}`,
      })),
    ],
    quirks,
  );
}
