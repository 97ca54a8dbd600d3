/**
 * One drive: what it holds, whether it is ready, its settings, and what faults do to it. Decides the
 * life of a cartridge in the drive (loading, ready, unloaded, ejected) and the drive's loss of power;
 * commands are in the `drive-*` files, which get a drive handed in.
 * Invariants: commands and the robot's hand take turns (`turnstile`); a cartridge's files are open
 * only while its state is ready; everything that is lost is lost here.
 */

import { messageOf } from "../../host/lib/error.ts";
import type { Nexus } from "../../host/lib/logical-unit.ts";
import type { Answer } from "./answer.ts";
import { check } from "./answer.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Cartridge } from "./cartridge.ts";
import type { Clock } from "./clock.ts";
import { count, newCounters } from "./drive-counters.ts";
import { noEncryption } from "./drive-key.ts";
import type { CartridgePlace, FaultBoard } from "./fault-board.ts";
import { ALERT } from "./fault-board.ts";
import type { Generation } from "./generation.ts";
import type { Identity } from "./identity.ts";
import { BUFFER_BYTES, MountedTape } from "./mounted-tape.ts";
import { NexusTable } from "./nexus-table.ts";
import { Partitions } from "./partitions.ts";
import type { SenseCode } from "./sense.ts";
import { SENSE } from "./sense.ts";
import { Turnstile } from "./turnstile.ts";
import type { Gate, UnitCharacter } from "./unit-shell.ts";

/** What a drive is made of. */
export interface DriveParts {
  /** 1 for the first data transfer element. */
  readonly number: number;
  readonly identity: Identity;
  readonly generation: Generation;
  readonly luns: readonly number[];
  readonly clock: Clock;
  readonly faults: FaultBoard;
  /** Bytes per second; undefined for none. */
  readonly rate: number | undefined;
  readonly loadMs: number;
  log(message: string): void;
}

/** Where a cartridge is on its way through the drive. */
export type DriveState =
  | { readonly kind: "empty" }
  | { readonly kind: "loading"; readonly cartridge: Cartridge; readonly done: Promise<void> }
  | { readonly kind: "ready"; readonly cartridge: Cartridge; readonly tape: MountedTape }
  /** Unthreaded, still inside: UNLOAD with HOLD. */
  | { readonly kind: "held"; readonly cartridge: Cartridge }
  /** Within the robot's reach. */
  | { readonly kind: "ejected"; readonly cartridge: Cartridge }
  | { readonly kind: "stuck"; readonly cartridge: Cartridge }
  | { readonly kind: "cleaning"; readonly cartridge: Cartridge; readonly done: Promise<void> };

const NOT_READY: ReadonlyMap<DriveState["kind"], SenseCode> = new Map([
  ["empty", SENSE.noMedium],
  ["loading", SENSE.becomingReady],
  ["held", SENSE.notLoaded],
  ["ejected", SENSE.noMedium],
  ["stuck", SENSE.loadFailed],
  ["cleaning", SENSE.cleaningCartridge],
]);

/** What MODE SELECT can set. */
export interface DriveSettings {
  /** 0 for variable block lengths. */
  blockLength: number;
  isBuffered: boolean;
  isCompressing: boolean;
  /** D_SENSE: sense data as descriptors. */
  hasDescriptorSense: boolean;
  /** Programmable early warning begins so many MB before early warning; 0: nowhere. */
  warningMegabytes: number;
  /** Body of mode page 11h for the next FORMAT MEDIUM. */
  partitionPage: Buffer | undefined;
}

/** As at power on. */
export function defaultSettings(): DriveSettings {
  return {
    blockLength: 0,
    isBuffered: true,
    isCompressing: true,
    hasDescriptorSense: false,
    warningMegabytes: 0,
    partitionPage: undefined,
  };
}

/** One tape drive. */
export class Drive {
  readonly parts: DriveParts;
  readonly nexuses = new NexusTable();
  readonly turnstile = new Turnstile();
  readonly buffers = new BufferPool();
  settings = defaultSettings();
  /** Lost with the power, and at an unload where the server wants that; not by a reset of the unit. */
  encryption = noEncryption(0);
  counters = newCounters();
  #state: DriveState = { kind: "empty" };
  #silence: "hang" | "drop" | undefined;
  #deferred: SenseCode | undefined;

  constructor(parts: DriveParts) {
    this.parts = parts;
  }

  get state(): DriveState {
    return this.#state;
  }

  /** What is in the drive, ready or not. */
  get cartridge(): Cartridge | undefined {
    return this.#state.kind === "empty" ? undefined : this.#state.cartridge;
  }

  /** Its barcode, "" for none. */
  get barcode(): string {
    return this.cartridge?.barcode ?? "";
  }

  /** Where the next object of `tape` goes or comes from. */
  placeOf({ partition, position }: MountedTape): CartridgePlace {
    return { barcode: this.barcode, partition, object: position.object };
  }

  /** The tape when the drive is ready, else the answer that says why not. */
  get tape(): MountedTape | Answer {
    return this.#state.kind === "ready" ? this.#state.tape : check(this.currentSense());
  }

  /** What the drive would say if nothing else were to be told. */
  currentSense(): SenseCode {
    return NOT_READY.get(this.#state.kind) ?? SENSE.none;
  }

  /** How much of a write may be answered before it is on the medium. */
  get bufferLimitBytes(): number {
    return this.settings.isBuffered && this.#rate() !== undefined ? BUFFER_BYTES : 0;
  }

  /** The part of a unit that is this drive's own; the command table comes from outside. */
  character(commands: UnitCharacter["commands"]): UnitCharacter {
    return {
      commands,
      gate: () => this.#gate(),
      pending: () => this.takeDeferred(),
      reset: () => {
        this.settings = defaultSettings();
        this.counters = newCounters();
        this.nexuses.clearAlerts();
      },
      answered: (operation, receivedBytes, answer) => {
        count(this.counters, operation, receivedBytes, answer);
      },
      hasDescriptorSense: () => this.settings.hasDescriptorSense,
    };
  }

  /** The deferred error that waits, once. */
  takeDeferred(): Answer | undefined {
    const code = this.#deferred;
    this.#deferred = undefined;
    return code && check(code, { deferred: true });
  }

  /** A fault of writing that the initiator will hear of later: the buffer is lost with it. */
  async defer(tape: MountedTape, code: SenseCode): Promise<void> {
    await this.#loseBuffer(tape);
    this.#deferred = code;
  }

  /** What was selected for FORMAT MEDIUM was for the tape as it stood. */
  forgetPartitionPage(): void {
    this.settings = { ...this.settings, partitionPage: undefined };
  }

  /** The robot puts a cartridge in; the drive loads it by itself. */
  insert(cartridge: Cartridge): void {
    this.#state = { kind: "ejected", cartridge };
    void this.load();
  }

  /** Loads what is in the drive; fulfilled when it is ready, cleaned or has failed. */
  load(requester?: Nexus): Promise<void> {
    const state = this.#state;
    if (state.kind === "loading" || state.kind === "cleaning") {
      return state.done;
    }
    if (state.kind === "empty" || state.kind === "ready") {
      return Promise.resolve();
    }
    const { cartridge } = state;
    const isCleaning = cartridge.kind === "cleaning";
    const done = isCleaning ? this.#clean(cartridge) : this.#thread(cartridge, requester);
    this.#state = { kind: isCleaning ? "cleaning" : "loading", cartridge, done };
    return done;
  }

  /** Unloads: undefined when done, else why not. */
  async unload(end: "ejected" | "held"): Promise<SenseCode | undefined> {
    const state = this.#state;
    const { faults, number } = this.parts;
    if (state.kind === "empty" || state.kind === "loading" || state.kind === "cleaning") {
      return this.currentSense();
    }
    if (faults.unloadFails(number)) {
      this.nexuses.raiseAlerts([ALERT.unloadFailure]);
      return SENSE.unloadFailed;
    }
    if (state.kind === "stuck" && faults.loadFails(number)) {
      return SENSE.loadFailed;
    }
    if (state.kind === "ready") {
      await state.tape.close();
      this.#demounted();
    }
    this.#state = { kind: end, cartridge: state.cartridge };
    return undefined;
  }

  /**
   * The robot takes the cartridge, which the library has unloaded first where need be. Works on a
   * silent drive too: the library asks it through another door.
   */
  async give(): Promise<SenseCode | undefined> {
    await this.settled();
    return this.turnstile.run(async () => {
      if (this.nexuses.preventsRemoval()) {
        return SENSE.removalPrevented;
      }
      const refused = await this.unload("ejected");
      if (refused === undefined) {
        this.#state = { kind: "empty" };
      }
      return refused;
    });
  }

  /** All fault rules were cleared: a silent drive answers again, as after power on. */
  endSilence(): void {
    this.#silence = undefined;
  }

  /** Fulfilled when no load or cleaning runs. */
  async settled(): Promise<void> {
    if (this.#state.kind === "loading" || this.#state.kind === "cleaning") {
      await this.#state.done;
    }
  }

  /** Puts everything on the medium and closes the file. */
  async close(): Promise<void> {
    await this.settled();
    await this.turnstile.run(async () => {
      if (this.#state.kind === "ready") {
        const { cartridge, tape } = this.#state;
        await tape.close();
        this.#state = { kind: "held", cartridge };
      }
    });
  }

  async #gate(): Promise<Gate> {
    if (this.#silence === undefined) {
      const silence = this.parts.faults.silence(this.parts.number);
      if (silence === undefined) {
        return "open";
      }
      // Set before the first wait: the rules may be cleared during it.
      this.#silence = silence === "reset" ? undefined : silence;
      await this.#losePower();
    }
    switch (this.#silence) {
      case "hang":
        return "hold";
      case "drop":
        return "drop";
      case undefined:
        return "open";
    }
  }

  /** What a firmware crash or a reset costs: buffer, position, settings, preventions. */
  async #losePower(): Promise<void> {
    if (this.#state.kind === "ready") {
      await this.#loseBuffer(this.#state.tape);
      this.#state.tape.changeTo(0);
    }
    this.#deferred = undefined;
    this.settings = defaultSettings();
    this.encryption = noEncryption(0);
    this.counters = newCounters();
    this.nexuses.reservations.losePower();
    this.nexuses.reset(SENSE.powerOnOrReset);
  }

  #demounted(): void {
    this.forgetPartitionPage();
    const { clearsOnDemount, instance } = this.encryption;
    if (clearsOnDemount) {
      this.encryption = noEncryption(instance + 1);
    }
  }

  async #loseBuffer(tape: MountedTape): Promise<void> {
    const lost = await tape.discard();
    this.parts.log(`drive ${this.parts.number}: ${lost} buffered objects lost`);
  }

  async #thread(cartridge: Cartridge, requester: Nexus | undefined): Promise<void> {
    const { clock, faults, loadMs, number } = this.parts;
    await clock.wait(loadMs);
    if (faults.loadFails(number)) {
      this.#stick(cartridge);
      return;
    }
    try {
      this.#countMount(cartridge);
      const partitions = await Partitions.open(cartridge);
      this.#tellStray(cartridge, partitions);
      const tape = new MountedTape(partitions, clock, this.#rate, (fault) =>
        this.#fileFault(fault),
      );
      this.forgetPartitionPage();
      this.#state = { kind: "ready", cartridge, tape };
    } catch (fault) {
      this.parts.log(`drive ${number} cannot load ${cartridge.barcode}: ${messageOf(fault)}`);
      this.#stick(cartridge);
      return;
    }
    const { nexuses } = this;
    nexuses.lowerAlerts(nexuses.standingAlerts().filter((flag) => flag !== ALERT.cleanNow));
    nexuses.attend(SENSE.mediumChanged, requester);
  }

  #tellStray(cartridge: Cartridge, partitions: Partitions): void {
    for (let number = 0; number < partitions.count; number += 1) {
      const image = partitions.at(number)?.image;
      if (image !== undefined && image.strayBytes > 0) {
        const where = `${cartridge.imagePath(number)}: ${image.strayBytes} bytes`;
        this.parts.log(`${where} behind object ${image.end.object} are no whole object`);
      }
    }
  }

  /** A count that cannot be kept is no reason to refuse the cartridge. */
  #countMount(cartridge: Cartridge): void {
    try {
      cartridge.countMount();
    } catch (fault) {
      this.parts.log(`mount of ${cartridge.barcode} is not counted: ${messageOf(fault)}`);
    }
  }

  #stick(cartridge: Cartridge): void {
    this.nexuses.raiseAlerts([ALERT.loadFailure]);
    this.#state = { kind: "stuck", cartridge };
  }

  async #clean(cartridge: Cartridge): Promise<void> {
    await this.parts.clock.wait(this.parts.loadMs);
    this.parts.faults.cleaned(this.parts.number);
    this.nexuses.lowerAlerts([ALERT.cleanNow]);
    this.#countMount(cartridge);
    this.#state = { kind: "ejected", cartridge };
  }

  readonly #rate = () => this.parts.faults.rate(this.parts.number) ?? this.parts.rate;

  /** The machine's disk failed under the cartridge: a medium failure, told on a later command. */
  #fileFault(fault: unknown): void {
    this.parts.log(`drive ${this.parts.number} lost its buffer: ${messageOf(fault)}`);
    this.#deferred = SENSE.writeError;
  }
}
