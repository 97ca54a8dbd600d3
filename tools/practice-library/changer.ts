/**
 * The media changer: robot, elements and what moves between them. Decides whether a move is possible
 * and in which order it happens; element status bytes are in `changer-status`.
 * Invariants: one move at a time; the inventory changes only when the cartridge has really left its
 * drive; after a failed move everything is where it was.
 */

import type { Cartridge } from "./cartridge.ts";
import type { Clock } from "./clock.ts";
import type { Drive } from "./drive.ts";
import type { Element } from "./elements.ts";
import { elementAt, ROBOT_ADDRESS } from "./elements.ts";
import type { FaultBoard } from "./fault-board.ts";
import type { Identity } from "./identity.ts";
import type { Inventory } from "./inventory.ts";
import { NexusTable } from "./nexus-table.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";
import { Turnstile } from "./turnstile.ts";
import type { VolumeSearch } from "./volume-search.ts";

/** What a changer is made of. */
export interface ChangerParts {
  readonly identity: Identity;
  readonly luns: readonly number[];
  readonly inventory: Inventory;
  /** In order of their elements. */
  readonly drives: readonly Drive[];
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** How long a hand takes from element to element. */
  readonly moveMs: number;
}

/** The media changer. */
export class Changer {
  readonly parts: ChangerParts;
  readonly nexuses = new NexusTable();
  readonly turnstile = new Turnstile();
  /** The last SEND VOLUME TAG; a reset forgets it. */
  search: VolumeSearch | undefined;
  #isCarrying = false;

  constructor(parts: ChangerParts) {
    this.parts = parts;
  }

  /** The robot has a move under way: nobody else may touch the inventory. */
  get isCarrying(): boolean {
    return this.#isCarrying;
  }

  /** The drive of a data transfer element. */
  driveAt(element: Element): Drive | undefined {
    return element.kind === "drive" ? this.parts.drives[element.index] : undefined;
  }

  /** MOVE MEDIUM: undefined when done, else why not. */
  async move(transport: number, from: number, to: number): Promise<SenseCode | undefined> {
    const { inventory } = this.parts;
    const source = this.#place(from);
    const destination = this.#place(to);
    if (transport !== ROBOT_ADDRESS || source === undefined || destination === undefined) {
      return SENSE.invalidElement;
    }
    if (inventory.at(from) === undefined) {
      return SENSE.sourceEmpty;
    }
    if (from === to) {
      return undefined;
    }
    if (inventory.at(to) !== undefined) {
      return SENSE.destinationFull;
    }
    return this.#carryLocked([[source, destination]]);
  }

  /** EXCHANGE MEDIUM: source to first, what was in first to second (which may be the source). */
  async exchange(
    transport: number,
    from: number,
    first: number,
    second: number,
  ): Promise<SenseCode | undefined> {
    const { inventory } = this.parts;
    const [source, middle, end] = [from, first, second].map((address) => this.#place(address));
    if (transport !== ROBOT_ADDRESS || !source || !middle || !end || from === first) {
      return SENSE.invalidElement;
    }
    if (inventory.at(from) === undefined || inventory.at(first) === undefined) {
      return SENSE.sourceEmpty;
    }
    if (second === first || (second !== from && inventory.at(second) !== undefined)) {
      return SENSE.destinationFull;
    }
    return this.#carryLocked([
      [middle, end],
      [source, middle],
    ]);
  }

  /** POSITION TO ELEMENT. */
  async position(transport: number, address: number): Promise<SenseCode | undefined> {
    const element = elementAt(this.parts.inventory.ranges, address);
    if (transport !== ROBOT_ADDRESS || element === undefined) {
      return SENSE.invalidElement;
    }
    return this.parts.faults.moveFails() ? SENSE.mechanicalPosition : undefined;
  }

  /** An element that can hold a cartridge for longer than a move. */
  #place(address: number): Element | undefined {
    const element = elementAt(this.parts.inventory.ranges, address);
    return element?.kind === "transport" ? undefined : element;
  }

  async #carryLocked(
    legs: readonly (readonly [Element, Element])[],
  ): Promise<SenseCode | undefined> {
    this.#isCarrying = true;
    try {
      return await this.#carry(legs);
    } finally {
      this.#isCarrying = false;
    }
  }

  async #carry(legs: readonly (readonly [Element, Element])[]): Promise<SenseCode | undefined> {
    const { faults, clock, moveMs, inventory } = this.parts;
    if (faults.moveFails()) {
      return SENSE.mechanicalPosition;
    }
    const freed: [Drive, Cartridge][] = [];
    for (const [source] of legs) {
      const drive = this.driveAt(source);
      const cartridge = inventory.at(source.address)?.cartridge;
      const refused = await drive?.give();
      if (refused !== undefined) {
        putBack(freed);
        return refused;
      }
      if (drive !== undefined && cartridge !== undefined) {
        freed.push([drive, cartridge]);
      }
    }
    await clock.wait(moveMs * legs.length);
    inventory.move(legs.map(([source, destination]) => [source.address, destination.address]));
    for (const [, destination] of legs) {
      const content = inventory.at(destination.address);
      if (content !== undefined) {
        this.driveAt(destination)?.insert(content.cartridge);
      }
    }
    return undefined;
  }
}

/** A cartridge that its drive gave for a move that is off goes back in. */
function putBack(freed: readonly (readonly [Drive, Cartridge])[]): void {
  for (const [drive, cartridge] of freed) {
    drive.insert(cartridge);
  }
}
