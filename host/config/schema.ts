/**
 * The schema of the configuration: what each key of the file may hold, and the checked value it
 * becomes. Decides ranges and forms; not where values come from, nor contradictions between keys.
 * Messages are the rows of `key-table.ts`, so that help, file and refusal say the same.
 */

import { resolve } from "node:path";
import * as v from "valibot";
import { LANE_COUNT_MAX } from "../../assembly/spec/abi.ts";
import { type KeySource, parseKeySource } from "../cache/key-source.ts";
import { parseIscsiUrl } from "../initiator/iscsi-url.ts";
import { parseSize } from "../lib/size.ts";
import type { HostPort, LibraryAddress } from "./bridge-config.ts";
import { isIscsiName } from "./iscsi-name.ts";
import {
  COPY_WAIT_SECONDS_MAX,
  DRIVE_TIMEOUT_SECONDS_MAX,
  HEADER_MARKS_MAX,
  NO_SPARE_MEDIA,
  PAD_MEGABYTES_MAX,
  RING_BYTES_MIN,
  RING_DEVICES_MAX,
  VOLUME_TAG_LENGTH_MAX,
} from "./key-table.ts";

const PORT_MAX = 65_535;
const MEGABYTE = 1_000_000;
const PATH_LENGTH_MAX = 4_096;
const HOST_PORT_PATTERN = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]@]{1,253}):(\d{1,5})$/;
const VOLUME_TAG_PATTERN = new RegExp(`^[!-+\\--~]{1,${VOLUME_TAG_LENGTH_MAX}}$`);

function hostPort(portMin: number) {
  return v.pipe(
    v.string(),
    v.rawTransform<string, HostPort>(({ dataset, addIssue, NEVER }) => {
      const match = HOST_PORT_PATTERN.exec(dataset.value);
      const port = Number(match?.[2]);
      if (!(port >= portMin && port <= PORT_MAX)) {
        addIssue();
        return NEVER;
      }
      return { host: (match?.[1] ?? "").replace(/^\[|\]$/g, ""), port };
    }),
  );
}

function wholeNumber(least: number, most: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));
}

const libraryAddress = v.pipe(
  v.string(),
  v.rawTransform<string, LibraryAddress>(({ dataset, addIssue, NEVER }) => {
    const address = parseIscsiUrl(dataset.value);
    if ("problem" in address || address.lun !== undefined) {
      addIssue();
      return NEVER;
    }
    return { host: address.host, port: address.port, targetName: address.targetName };
  }),
);

const path = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(PATH_LENGTH_MAX),
  v.check((text) => !text.includes("\0")),
  v.transform((text) => resolve(text)),
);

const ringPaths = v.union([
  v.pipe(
    path,
    v.transform((one) => [one]),
  ),
  v.pipe(
    v.array(path),
    v.minLength(1),
    v.maxLength(RING_DEVICES_MAX),
    v.check((paths) => new Set(paths).size === paths.length),
  ),
]);

const ringBytes = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((size) => (typeof size === "number" ? size : parseSize(size))),
  v.number(),
  v.safeInteger(),
  v.minValue(RING_BYTES_MIN),
);

/** undefined: the core chooses it. */
const pad = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((size) => (size === "auto" ? undefined : padMegabytes(size))),
  v.optional(v.pipe(v.number(), v.safeInteger(), v.maxValue(PAD_MEGABYTES_MAX))),
);

function padMegabytes(size: string | number): number {
  const bytes = typeof size === "number" ? size : parseSize(size);
  return Math.ceil((bytes ?? Number.NaN) / MEGABYTE);
}

const spareMedia = v.pipe(
  v.union([v.literal(NO_SPARE_MEDIA), v.array(v.pipe(v.string(), v.regex(VOLUME_TAG_PATTERN)))]),
  v.transform((tags) => (tags === NO_SPARE_MEDIA ? [] : tags)),
  v.check((tags) => new Set(tags).size === tags.length),
);

function keySource(kinds: readonly KeySource["kind"][]) {
  return v.pipe(
    v.string(),
    v.maxLength(PATH_LENGTH_MAX),
    v.rawTransform<string, KeySource>(({ dataset, addIssue, NEVER }) => {
      const source = parseKeySource(dataset.value);
      if (source === undefined || !kinds.includes(source.kind)) {
        addIssue();
        return NEVER;
      }
      return source;
    }),
  );
}

/** The file's content, checked key by key. Unknown keys are not its business. */
export const CONFIG_SCHEMA = v.object({
  library: libraryAddress,
  "library-digests": v.optional(v.picklist(["none", "prefer", "require"]), "none"),
  "library-chap-file": v.optional(keySource(["file", "credential"])),
  lanes: v.optional(wholeNumber(1, LANE_COUNT_MAX)),
  "spare-media": v.optional(spareMedia),
  listen: v.optional(hostPort(0), "127.0.0.1:3260"),
  advertise: v.optional(hostPort(1)),
  target: v.optional(
    v.pipe(v.string(), v.check(isIscsiName)),
    "iqn.2026-11.com.example:understudy",
  ),
  "access-file": v.optional(path),
  "chap-file": v.optional(keySource(["file", "credential"])),
  ring: v.optional(ringPaths),
  "ring-size": v.optional(ringBytes, "8G"),
  "ring-key": v.optional(keySource(["file", "credential", "boot"])),
  state: v.optional(path),
  runtime: v.optional(v.picklist(["wamr", "v8", "auto"]), "auto"),
  "drive-timeout": v.optional(wholeNumber(1, DRIVE_TIMEOUT_SECONDS_MAX), 30),
  "header-marks": v.optional(wholeNumber(0, HEADER_MARKS_MAX), 1),
  "copy-below": v.optional(wholeNumber(0, 100), 50),
  "copy-wait": v.optional(wholeNumber(0, COPY_WAIT_SECONDS_MAX), 120),
  pad: v.optional(pad, "auto"),
  trace: v.optional(path),
});

/** What the schema makes of a file. */
export type CheckedKeys = v.InferOutput<typeof CONFIG_SCHEMA>;
