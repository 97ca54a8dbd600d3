/**
 * Executes what a core wants of drives and robot (AC_DEVICE, AC_CONTROL) and reports how it ended.
 * Decides nothing: no retry, no sense data is looked at, one command is one EV_DEVICE_DONE.
 * Invariant: an extent is pinned from the command until the drive answered or is given up.
 */

import { crc32c } from "@node-rs/crc32";
import { PARAM_IN_BYTES } from "../../assembly/spec/abi.ts";
import {
  CONTROL_FENCE,
  DIRECTION_IN_BUFFER,
  DIRECTION_IN_PARAM,
  DIRECTION_OUT_EXTENT,
  DIRECTION_OUT_PARAM,
  DIRECTION_OUT_SECRET,
} from "../../assembly/spec/action.ts";
import {
  DONE_DATA_AT,
  DONE_SENSE_BYTES,
  EV_DEVICE_DONE,
  EV_DEVICE_LOST,
  RESULT_ANSWERED,
  RESULT_EXTENT_BAD,
  RESULT_LOST,
  RESULT_SILENT,
} from "../../assembly/spec/event.ts";
import { STATUS_GOOD } from "../../assembly/spec/status.ts";
import type { ActionReader } from "../core/action-reader.ts";
import { type CoreEvent, coreEvent } from "../core/core-event.ts";
import type { ScsiDevice, ScsiResult } from "../lib/scsi-device.ts";
import type { ActionHandler, Post } from "./core-loop.ts";
import type { Extent, Extents } from "./extents.ts";
import type { SecretStore } from "./secret-store.ts";
import type { TransferBuffer } from "./transfer-buffer.ts";

/** Bytes of a CDB in the parameters of AC_DEVICE; data-out follows. */
const CDB_FIELD_BYTES = 16;
const NO_SENSE_PARAMS = new Uint8Array(DONE_SENSE_BYTES);

export interface DevicePortOptions {
  readonly post: Post;
  /** By device number; the robot under DEVICE_ROBOT. */
  readonly devices: ReadonlyMap<number, ScsiDevice>;
  /** Of a lane; the changer has none. */
  readonly extents?: Extents;
  readonly buffers: ReadonlyMap<number, TransferBuffer>;
  /** Of a lane that passes keys on. */
  readonly secrets?: SecretStore;
}

/** What a command needs besides its data. */
interface Call {
  readonly device: ScsiDevice;
  readonly number: number;
  readonly tag: number;
  readonly cdb: Uint8Array;
  readonly timeoutMs: number;
}

/** The devices as one core sees them. */
export class DevicePort {
  readonly #options: DevicePortOptions;
  /** Commands of this core that are out, by device number. */
  readonly #outstanding = new Map<number, number>();

  constructor(options: DevicePortOptions) {
    this.#options = options;
    for (const [number, device] of options.devices) {
      device.onLost(() => this.#lost(number));
    }
  }

  /** AC_DEVICE. */
  readonly command: ActionHandler = (action) => {
    const device = this.#options.devices.get(action.a);
    if (device === undefined) {
      this.#post(action.tag, RESULT_LOST);
      return;
    }
    const call: Call = {
      device,
      number: action.a,
      tag: action.tag,
      cdb: action.params.slice(0, Math.min(action.f, CDB_FIELD_BYTES)),
      timeoutMs: action.d,
    };
    switch (action.b) {
      case DIRECTION_OUT_EXTENT:
        this.#sendExtent(call, action);
        return;
      case DIRECTION_OUT_PARAM:
        this.#run(call, [action.params.slice(CDB_FIELD_BYTES)], undefined, plainDone);
        return;
      case DIRECTION_OUT_SECRET:
        this.#sendSecret(call, action);
        return;
      case DIRECTION_IN_BUFFER:
        this.#readIntoBuffer(call, action);
        return;
      case DIRECTION_IN_PARAM:
        this.#readIntoParams(call, action.c);
        return;
      default:
        this.#run(call, undefined, undefined, plainDone);
    }
  };

  /** AC_CONTROL. */
  readonly control: ActionHandler = (action) => {
    const { tag, a: number, b: what, d: timeoutMs } = action;
    const device = this.#options.devices.get(number);
    const isDone =
      device === undefined
        ? Promise.resolve(false)
        : what === CONTROL_FENCE
          ? device.disconnect().then(() => true)
          : device.connect(timeoutMs);
    isDone.then(
      (ok) => this.#post(tag, ok ? RESULT_ANSWERED : RESULT_LOST),
      () => this.#post(tag, RESULT_LOST),
    );
  };

  #sendExtent(call: Call, action: ActionReader): void {
    const { c: bytes, yLow: offset, yHigh: extentBytes } = action;
    const { extents } = this.#options;
    if (extents === undefined) {
      this.#post(call.tag, RESULT_EXTENT_BAD);
      return;
    }
    extents.obtain(action.x, extentBytes, action.e, (found) => {
      if ("errno" in found) {
        const event = coreEvent(EV_DEVICE_DONE, call.tag);
        event.a = RESULT_EXTENT_BAD;
        event.c = found.errno;
        event.params = NO_SENSE_PARAMS;
        this.#options.post(event);
        return;
      }
      const part = found.view.subarray(offset, offset + bytes);
      const isLastPart = offset + bytes === extentBytes;
      this.#run(call, [part], undefined, (event, result) => {
        settleExtent(extents, found, isLastPart, result);
        plainDone(event, result);
      });
    });
  }

  #sendSecret(call: Call, action: ActionReader): void {
    const { secrets } = this.#options;
    if (secrets === undefined) {
      throw new Error("there are no secrets here");
    }
    const list = secrets.copy(action.x, action.e);
    this.#run(call, [list], undefined, (event, result) => {
      list.fill(0);
      plainDone(event, result);
    });
  }

  #readIntoBuffer(call: Call, action: ActionReader): void {
    const { c: bytes, x: offset, e: seed } = action;
    const buffer = this.#options.buffers.get(action.yLow);
    if (buffer === undefined) {
      throw new Error(`there is no transfer buffer ${action.yLow}`);
    }
    const into = buffer.bytes.subarray(offset, offset + bytes);
    this.#run(call, undefined, into, (event, result) => {
      plainDone(event, result);
      event.e = crc32c(into.subarray(0, event.d), seed);
    });
  }

  #readIntoParams(call: Call, bytes: number): void {
    const params = new Uint8Array(DONE_DATA_AT + Math.min(bytes, PARAM_IN_BYTES - DONE_DATA_AT));
    this.#run(call, undefined, params.subarray(DONE_DATA_AT), (event, result) => {
      plainDone(event, result);
      if (result.kind === "answered") {
        params.set(result.sense.subarray(0, DONE_SENSE_BYTES));
        event.params = params.subarray(0, DONE_DATA_AT + event.d);
      }
    });
  }

  #run(
    call: Call,
    dataOut: readonly Uint8Array[] | undefined,
    dataIn: Uint8Array | undefined,
    finish: (event: CoreEvent, result: ScsiResult) => void,
  ): void {
    const { device, number, tag, cdb, timeoutMs } = call;
    this.#outstanding.set(number, (this.#outstanding.get(number) ?? 0) + 1);
    const done = (result: ScsiResult): void => {
      this.#outstanding.set(number, (this.#outstanding.get(number) ?? 1) - 1);
      const event = coreEvent(EV_DEVICE_DONE, tag);
      finish(event, result);
      this.#options.post(event);
    };
    device
      .execute({
        cdb,
        timeoutMs,
        ...(dataOut === undefined ? {} : { dataOut }),
        ...(dataIn === undefined ? {} : { dataIn }),
      })
      .then(done, () => done({ kind: "lost", reason: "the adapter failed" }));
  }

  #post(tag: number, result: number): void {
    const event = coreEvent(EV_DEVICE_DONE, tag);
    event.a = result;
    event.params = NO_SENSE_PARAMS;
    this.#options.post(event);
  }

  #lost(number: number): void {
    if ((this.#outstanding.get(number) ?? 0) === 0) {
      const event = coreEvent(EV_DEVICE_LOST);
      event.a = number;
      this.#options.post(event);
    }
  }
}

/** Fills the event with result, status, residual, length and sense data. */
function plainDone(event: CoreEvent, result: ScsiResult): void {
  event.params = NO_SENSE_PARAMS;
  if (result.kind !== "answered") {
    event.a = result.kind === "silent" ? RESULT_SILENT : RESULT_LOST;
    return;
  }
  event.a = RESULT_ANSWERED;
  event.b = result.status;
  event.c = result.residual;
  event.d = result.dataInBytes;
  if (result.sense.length > 0) {
    const params = new Uint8Array(DONE_SENSE_BYTES);
    params.set(result.sense.subarray(0, DONE_SENSE_BYTES));
    event.params = params;
  }
}

function settleExtent(
  extents: Extents,
  extent: Extent,
  isLastPart: boolean,
  result: ScsiResult,
): void {
  if (isLastPart && result.kind === "answered" && result.status === STATUS_GOOD) {
    extents.sent(extent);
  }
  extents.unpin(extent);
}
