/** A cache device that cannot be used: what the core hears of it is the error number. */

import type { CacheDevice } from "./cache-device.ts";

/** Every operation on these devices together ends with that error number. */
export function failedCache(devices: readonly CacheDevice[], errno: number): CacheDevice {
  return {
    sizeBytes: devices.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    write: (_offset, _parts, done) => setImmediate(done, errno),
    flush: (done) => setImmediate(done, errno),
    read: (_offset, _into, done) => setImmediate(done, errno, 0),
    close: () => {
      for (const device of devices) {
        device.close();
      }
    },
  };
}
