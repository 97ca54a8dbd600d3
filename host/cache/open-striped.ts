/**
 * Opens the devices of a striped ring, or makes the ring on blank ones. Decides when a ring is made: only
 * when no device says that one may be there. A power cut while it is made leaves labels that are not
 * complete, and the next start makes it anew. A device that fails here fails like one that fails later: it
 * is the core that decides what becomes of the lane.
 */

import { randomBytes } from "node:crypto";
import { OperatorError } from "../lib/error.ts";
import type { CacheDevice, CacheFault } from "./cache-device.ts";
import { failedCache } from "./failed-cache.ts";
import {
  checkLabels,
  decodeLabel,
  encodeLabel,
  type FoundLabel,
  LABEL_AREA_BYTES,
  LABEL_BYTES,
  STRIPE_UNIT_BYTES,
  type StripeLabel,
} from "./stripe-label.ts";
import { stripedCache } from "./striped-cache.ts";

/** Opens one device. */
type Open = (path: string, sizeBytes: number) => Promise<CacheDevice | CacheFault>;

const IDENTITY_BYTES = 16;

/** A ring on one device; refused where that is one of several of a striped ring. */
export async function openUnstriped(
  path: string,
  sizeBytes: number,
  open: Open,
): Promise<CacheDevice | CacheFault> {
  const device = await open(path, sizeBytes);
  if ("fault" in device) {
    return device;
  }
  const label = await readLabel(device);
  if (typeof label !== "object") {
    return device;
  }
  device.close();
  const details = `it is number ${label.index + 1} of a ring on ${label.count} devices`;
  return { fault: new OperatorError("ringMembers", path, details) };
}

/** A ring of about `sizeBytes` over `paths`, in their order; devices with a size of their own keep it. */
export async function openStriped(
  paths: readonly string[],
  sizeBytes: number,
  open: Open,
): Promise<CacheDevice | CacheFault> {
  const units = Math.ceil(sizeBytes / paths.length / STRIPE_UNIT_BYTES);
  const devices: CacheDevice[] = [];
  const closeAll = (fault: OperatorError): CacheFault => {
    for (const device of devices) {
      device.close();
    }
    return { fault };
  };
  for (const path of paths) {
    const device = await open(path, LABEL_AREA_BYTES + units * STRIPE_UNIT_BYTES);
    if ("fault" in device) {
      return closeAll(device.fault);
    }
    devices.push(device);
  }
  const striped = await join(devices, paths);
  return striped instanceof OperatorError ? closeAll(striped) : striped;
}

async function join(
  devices: readonly CacheDevice[],
  paths: readonly string[],
): Promise<CacheDevice | OperatorError> {
  const labels: FoundLabel[] = [];
  for (const device of devices) {
    const label = await readLabel(device);
    if (typeof label === "number") {
      return failedCache(devices, label);
    }
    labels.push(label);
  }
  const check = checkLabels(
    devices.map(({ sizeBytes }, n) => ({
      name: paths[n] ?? "",
      sizeBytes,
      label: labels[n] ?? "blank",
    })),
  );
  if (check.kind === "wrong") {
    return new OperatorError("ringMembers", check.where, check.details);
  }
  if (check.kind === "whole") {
    return stripedCache(devices, check.dataBytes);
  }
  const smallest = Math.min(...devices.map(({ sizeBytes }) => sizeBytes)) - LABEL_AREA_BYTES;
  const dataBytes = Math.floor(smallest / STRIPE_UNIT_BYTES) * STRIPE_UNIT_BYTES;
  const errno = await makeRing(devices, dataBytes);
  return errno === 0 ? stripedCache(devices, dataBytes) : failedCache(devices, errno);
}

/** All labels, durable; then all of them complete, durable. The error number, 0: done. */
async function makeRing(devices: readonly CacheDevice[], dataBytes: number): Promise<number> {
  const identity = randomBytes(IDENTITY_BYTES).toString("hex");
  for (const isComplete of [false, true]) {
    for (const [index, device] of devices.entries()) {
      const label: StripeLabel = { identity, index, count: devices.length, dataBytes, isComplete };
      const errno = await writeLabel(device, label);
      if (errno !== 0) {
        return errno;
      }
    }
  }
  return 0;
}

function writeLabel(device: CacheDevice, label: StripeLabel): Promise<number> {
  return new Promise((resolve) => {
    device.write(0, [encodeLabel(label)], (errno) => {
      if (errno === 0) {
        device.flush(resolve);
      } else {
        resolve(errno);
      }
    });
  });
}

/** The label, or an error number. */
function readLabel(device: CacheDevice): Promise<FoundLabel | number> {
  const bytes = Buffer.alloc(LABEL_BYTES);
  return new Promise((resolve) => {
    device.read(0, bytes, (errno, got) =>
      resolve(errno === 0 ? decodeLabel(bytes.subarray(0, got)) : errno),
    );
  });
}
