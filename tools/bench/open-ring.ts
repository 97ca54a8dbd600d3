/**
 * Opens a ring with a lane's core, through the host's own ring port, and nothing else of a bridge.
 * Decides what an opening is: from EV_START to AC_STARTED.
 */

import { crc32c } from "@node-rs/crc32";
import { ROLE_LANE } from "../../assembly/spec/abi.ts";
import {
  AC_LOG,
  AC_RING_FLUSH,
  AC_RING_LOAD,
  AC_RING_READ,
  AC_RING_WRITE,
  AC_STARTED,
  AC_WAKE,
} from "../../assembly/spec/action.ts";
import { EV_START } from "../../assembly/spec/event.ts";
import { START_LANE_BYTES } from "../../assembly/spec/lane-start.ts";
import { LOG_RING_OPENED } from "../../assembly/spec/log-code.ts";
import { SHOW_INDEX_BYTES } from "../../assembly/spec/show.ts";
import type { CacheDevice } from "../../host/cache/cache-device.ts";
import { Core } from "../../host/core/core.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import type { CoreRuntime } from "../../host/core/runtime.ts";
import { systemClock } from "../../host/lane/clock.ts";
import { type ActionHandler, CoreLoop } from "../../host/lane/core-loop.ts";
import { Extents } from "../../host/lane/extents.ts";
import { RingPort } from "../../host/lane/ring-port.ts";

const EXTENT_BYTES_MAX = 64 * 1024 ** 2;
const DRIVE_TIMEOUT_MS = 10_000;

/** What an opening found and what it took. */
export interface Opening {
  readonly images: number;
  readonly segments: number;
  readonly badEntries: number;
  /** The object after the last one of the image that was used last. */
  readonly end: number;
  readonly indexBytes: number;
  /** All the memory that the core has. */
  readonly memoryBytes: number;
  readonly ms: number;
}

/** Opens it. Rejects where the core fails or cannot start. */
export function openRing(runtime: CoreRuntime, cache: CacheDevice): Promise<Opening> {
  const core = new Core(runtime);
  const found = { images: 0, segments: 0, badEntries: 0, end: 0 };
  const load: ConstructorParameters<typeof Extents>[1] = (offset, into, done) =>
    cache.read(offset, into, done);
  const extents = new Extents(EXTENT_BYTES_MAX, load, (bytes) => crc32c(bytes));
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const handlers = new Map<number, ActionHandler>();
    const onFailed = (reason: string): void => reject(new Error(reason));
    const loop = new CoreLoop({ core, clock: systemClock, handlers, onFailed });
    const port = new RingPort({ post: loop.post, cache, extents, buffers: new Map() });
    handlers
      .set(AC_RING_WRITE, port.write)
      .set(AC_RING_FLUSH, port.flush)
      .set(AC_RING_READ, port.read)
      .set(AC_RING_LOAD, port.load)
      .set(AC_WAKE, () => undefined)
      .set(AC_LOG, ({ a: code, b, c, d, x }) => {
        if (code === LOG_RING_OPENED) {
          Object.assign(found, { images: b, segments: c, badEntries: d, end: x });
        }
      })
      .set(AC_STARTED, ({ a: fault }) => {
        const ms = performance.now() - startMs;
        if (fault !== 0) {
          reject(new Error(`the core does not start: log code ${fault}`));
        }
        // The show block is that of the step that this action belongs to.
        const indexBytes = Number(core.show.getBigUint64(SHOW_INDEX_BYTES, true));
        resolve({ ...found, indexBytes, memoryBytes: runtime.memory.length, ms });
      });
    const start = coreEvent(EV_START);
    const params = Buffer.alloc(START_LANE_BYTES, " ");
    const fields = { a: ROLE_LANE, b: 1, c: 1, d: 1, e: DRIVE_TIMEOUT_MS };
    loop.post(Object.assign(start, fields, { x: cache.sizeBytes, y: 1, params }));
  });
}
