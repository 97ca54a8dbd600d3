/**
 * A block device for tests: Linux's loop device on a file, where this process may make one. Decides how
 * it is had; who made it detaches it.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";

const MIB_BYTES = 1024 * 1024;

/** A loop device, or why there is none. */
export type LoopDevice =
  | { readonly kind: "ready"; readonly path: string; readonly detach: () => void }
  | { readonly kind: "missing"; readonly reason: string };

/** One of that size on a new file at `file`. */
export function loopDevice(file: string, sizeMib: number): LoopDevice {
  writeFileSync(file, "");
  truncateSync(file, sizeMib * MIB_BYTES);
  const made = spawnSync("losetup", ["--find", "--show", file], { encoding: "utf8" });
  if (made.status !== 0) {
    const why = made.error?.message ?? made.stderr.trim();
    return { kind: "missing", reason: `no loop device: ${why}` };
  }
  const path = made.stdout.trim();
  const detach = (): void => assert.equal(spawnSync("losetup", ["--detach", path]).status, 0);
  return { kind: "ready", path, detach };
}
