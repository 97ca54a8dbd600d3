/**
 * A cache device that can be closed at any moment: the descriptor goes when the last operation on it
 * ended, since a number that is free is given to the next file that is opened.
 */

import type { CacheDevice } from "../cache/cache-device.ts";

/** `inner`, closed when it is idle. After `close` it takes no further operations. */
export function closingCache(inner: CacheDevice): CacheDevice {
  let outstanding = 0;
  let isClosing = false;
  const closeWhenIdle = (): void => {
    if (isClosing && outstanding === 0) {
      inner.close();
    }
  };
  const counted = <A extends unknown[]>(done: (...answer: A) => void) => {
    outstanding += 1;
    return (...answer: A): void => {
      outstanding -= 1;
      done(...answer);
      closeWhenIdle();
    };
  };
  return {
    sizeBytes: inner.sizeBytes,
    write: (offset, parts, done) => inner.write(offset, parts, counted(done)),
    flush: (done) => inner.flush(counted(done)),
    read: (offset, into, done) => inner.read(offset, into, counted(done)),
    close: () => {
      isClosing = true;
      closeWhenIdle();
    },
  };
}
