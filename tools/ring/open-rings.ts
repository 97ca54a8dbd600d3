/**
 * Opens the rings that an operator means, each on one device or striped over several (SPEC.md section 12).
 * Decides that devices belong together in the order given, and that one of several alone is no ring.
 * Invariant: when one cannot be opened, none stays open.
 */
import {
  checkLabels,
  decodeLabel,
  LABEL_BYTES,
  type Labelled,
} from "../../host/cache/stripe-label.ts";
import { OperatorError } from "../../host/lib/error.ts";
import type { OpenRingDevice } from "./device.ts";
import type { RingSource } from "./index-ring.ts";
import { openRing } from "./open-ring.ts";
import { joinStripes } from "./stripes.ts";

/** Opens each ring on its devices; `secret` undefined: no key was given. Throws OperatorError. */
export function openRings(
  rings: readonly (readonly string[])[],
  secret: Uint8Array | undefined,
): RingSource[] {
  const open = (paths: readonly string[]): RingSource => openOne(paths, secret);
  return openEach(rings, open, ({ file }) => file.close());
}

function openOne(paths: readonly string[], secret: Uint8Array | undefined): RingSource {
  const open = (path: string) => ({ path, ...openRing(path, secret) });
  const close = ({ file }: { readonly file: OpenRingDevice }): void => file.close();
  const opened = openEach(paths, open, close);
  try {
    const [first, ...others] = opened;
    if (first === undefined) throw new Error("a ring has a device");
    const file = others.length === 0 ? alone(first) : striped(opened);
    // One key fits all devices, so they are encrypted alike.
    return { path: paths.join(","), devices: paths, file, encryption: first.encryption };
  } catch (thrown) {
    opened.forEach(close);
    throw thrown;
  }
}

/** One device's bytes in clear, and where they are. */
interface Member {
  readonly path: string;
  readonly file: OpenRingDevice;
}

/** Whatever is on it, but no part of a striped ring. */
function alone({ path, file }: Member): OpenRingDevice {
  const label = decodeLabel(file.read(0, LABEL_BYTES));
  if (typeof label !== "object") return file;
  const words = `it is device ${label.index + 1} of ${label.count} of a striped ring`;
  throw new OperatorError("ringStripes", path, words);
}

function striped(members: readonly Member[]): OpenRingDevice {
  const labelled = members.map(labelOf);
  const check = checkLabels(labelled);
  switch (check.kind) {
    case "whole":
      return joinStripes(
        members.map(({ file }) => file),
        check.dataBytes,
      );
    case "wrong":
      throw new OperatorError("ringStripes", check.where, check.details + orderWords(labelled));
    case "new": {
      const where = members.map(({ path }) => path).join(",");
      const words = "blank, or the making of the ring was cut short: nothing is on them";
      throw new OperatorError("ringStripes", where, words);
    }
  }
}

function labelOf({ path, file }: Member): Labelled {
  const bytes = file.read(0, LABEL_BYTES);
  if (bytes.length < LABEL_BYTES) {
    const words = "it does not give its label: it is too short, or the disk fails";
    throw new OperatorError("ringStripes", path, words);
  }
  return { name: path, sizeBytes: file.sizeBytes, label: decodeLabel(bytes) };
}

/** The order that is right; "": no order of these devices is. */
function orderWords(labelled: readonly Labelled[]): string {
  const place = ({ label }: Labelled): number => (typeof label === "object" ? label.index : 0);
  const ordered = labelled.toSorted((one, other) => place(one) - place(other));
  if (checkLabels(ordered).kind !== "whole") return "";
  return `; the order is ${ordered.map(({ name }) => name).join(",")}`;
}

/** Opens one after the other; when one throws, those before it are closed. */
function openEach<From, Opened>(
  from: readonly From[],
  open: (one: From) => Opened,
  close: (one: Opened) => void,
): Opened[] {
  const opened: Opened[] = [];
  try {
    for (const one of from) opened.push(open(one));
  } catch (thrown) {
    opened.forEach(close);
    throw thrown;
  }
  return opened;
}
