/**
 * The whole practice library without its network: inventory, drives, changer and the board of
 * faults, as logical units, and who breaks or opens it. Decides which unit has which number and what a
 * fault rule may name.
 */

import type { LogicalUnit } from "../../host/lib/logical-unit.ts";
import { Changer } from "./changer.ts";
import { changerCommands } from "./changer-commands.ts";
import type { Clock } from "./clock.ts";
import { Drive } from "./drive.ts";
import { driveCommands } from "./drive-commands.ts";
import { allElements } from "./elements.ts";
import type { FaultView } from "./fault-board.ts";
import { FAULTS_MAX, FaultBoard } from "./fault-board.ts";
import type { FaultRule } from "./fault-rule.ts";
import { parseFaultRule } from "./fault-rule.ts";
import type { InventoryOrder } from "./inventory.ts";
import { Inventory } from "./inventory.ts";
import { operate, parseDeed } from "./operator.ts";
import { UnitShell } from "./unit-shell.ts";
import { wellKnownUnit } from "./well-known-unit.ts";

/** How a library is built. */
export interface LibraryOrder extends InventoryOrder {
  /** Bytes per second of each drive; undefined for none. */
  readonly rate: number | undefined;
  readonly moveMs: number;
  readonly loadMs: number;
}

/** What a library needs of its surroundings. */
export interface LibrarySurroundings {
  readonly clock: Clock;
  /** Cuts the connections of those who talk to a logical unit. */
  disconnect(lun: number): void;
  /** One line for the operator. */
  log(message: string): void;
}

const TAPE = 0x01;
const CHANGER = 0x08;
const CHANGER_PRODUCT = "PRACTICE-LIB";
const CHANGER_SERIAL = "PRACLIB001";

/** A running practice library. */
export class PracticeLibrary {
  /** LUN 0 the changer, LUN 1 and up the drives. */
  readonly units: ReadonlyMap<number, LogicalUnit>;
  readonly wellKnown: LogicalUnit;
  readonly inventory: Inventory;
  readonly drives: readonly Drive[];
  readonly #changer: Changer;
  readonly #driveShells: readonly UnitShell[];
  readonly #faults = new FaultBoard();

  private constructor(inventory: Inventory, order: LibraryOrder, around: LibrarySurroundings) {
    this.inventory = inventory;
    const numbers = Array.from({ length: order.drives }, (_, index) => index + 1);
    const luns = [0, ...numbers];
    const { clock } = around;
    const faults = this.#faults;
    const log = (message: string) => around.log(message);
    this.drives = numbers.map((number) => {
      const serial = `PRACDRV${String(number).padStart(3, "0")}`;
      const identity = { deviceType: TAPE, product: order.generation.product, serial };
      const { generation, rate, loadMs } = order;
      return new Drive({ number, identity, generation, luns, clock, faults, rate, loadMs, log });
    });
    this.#driveShells = this.drives.map((drive) => {
      const disconnect = () => around.disconnect(drive.parts.number);
      const character = drive.character(driveCommands(drive));
      return new UnitShell(character, drive.nexuses, drive.turnstile, { disconnect, log });
    });
    this.#changer = new Changer({
      identity: { deviceType: CHANGER, product: CHANGER_PRODUCT, serial: CHANGER_SERIAL },
      luns,
      inventory,
      drives: this.drives,
      faults,
      clock,
      moveMs: order.moveMs,
    });
    this.units = new Map([
      [0, changerShell(this.#changer, log)],
      ...shellsByLun(this.#driveShells),
    ]);
    this.wellKnown = wellKnownUnit(luns);
  }

  /**
   * Opens or furnishes the library in `order.directory`; drives that held a cartridge load it.
   * Throws what the file system throws, and a RangeError where cartridges find no slot.
   */
  static open(order: LibraryOrder, around: LibrarySurroundings): PracticeLibrary {
    const library = new PracticeLibrary(Inventory.open(order), order, around);
    for (const element of allElements(library.inventory.ranges)) {
      const content = library.inventory.at(element.address);
      if (element.kind === "drive" && content !== undefined) {
        library.drives[element.index]?.insert(content.cartridge);
      }
    }
    return library;
  }

  /** Sets a fault rule; undefined when it stands, else why not. */
  setFault(text: string): string | undefined {
    const rule = parseFaultRule(text);
    if ("problem" in rule) {
      return rule.problem;
    }
    const unknown = this.#unknownName(rule);
    if (unknown !== undefined) {
      return unknown;
    }
    return this.#faults.add(rule)
      ? undefined
      : `${FAULTS_MAX} rules stand already; remove them with: clear`;
  }

  /** Removes every rule; silent drives come back as after power on. */
  clearFaults(): void {
    this.#faults.clear();
    for (const drive of this.drives) {
      drive.endSilence();
    }
    for (const shell of this.#driveShells) {
      shell.releaseHeld();
    }
  }

  /** Every rule with how often it struck. */
  listFaults(): FaultView[] {
    return this.#faults.list();
  }

  /** An operator's deed; undefined when it is done, else why not. */
  operate(text: string): string | undefined {
    const deed = parseDeed(text);
    return "problem" in deed ? deed.problem : operate(this.#changer, deed);
  }

  /** Writes every buffer to its cartridge and closes the files. */
  async close(): Promise<void> {
    await Promise.all(this.drives.map((drive) => drive.close()));
  }

  #unknownName(rule: FaultRule): string | undefined {
    const barcodes = this.inventory.barcodes();
    if (rule.drive > this.drives.length) {
      return `there is no drive ${rule.drive}; drives are 1 to ${this.drives.length}`;
    }
    if (rule.barcode !== "" && !barcodes.includes(rule.barcode)) {
      return `there is no cartridge ${rule.barcode}; there is: ${barcodes.sort().join(" ")}`;
    }
    return undefined;
  }
}

function changerShell(changer: Changer, log: (message: string) => void): UnitShell {
  const character = {
    commands: changerCommands(changer),
    gate: () => Promise.resolve("open" as const),
    pending: () => undefined,
    reset: () => {
      changer.search = undefined;
    },
    hasDescriptorSense: () => false,
  };
  const around = { disconnect: () => undefined, log };
  return new UnitShell(character, changer.nexuses, changer.turnstile, around);
}

function shellsByLun(shells: readonly UnitShell[]): [number, UnitShell][] {
  return shells.map((shell, index) => [index + 1, shell]);
}
