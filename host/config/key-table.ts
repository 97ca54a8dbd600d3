/**
 * Every key of the configuration: one row is a flag of `understudy start`, a key of the file, its
 * line in the help and in the example file. Decides names, defaults in words and ranges in words;
 * `schema.ts` holds them to it.
 */

import { LANE_COUNT_MAX } from "../../assembly/spec/abi.ts";
import type { FlagRule } from "../lib/flags.ts";
import { ISCSI_NAME_BYTES_MAX } from "./iscsi-name.ts";

/** Smallest ring that holds a few large records beside its own segments. */
export const RING_BYTES_MIN = 64 * 1024 * 1024;
export const DRIVE_TIMEOUT_SECONDS_MAX = 600;
export const HEADER_MARKS_MAX = 100;
export const COPY_WAIT_SECONDS_MAX = 600;
/** What the mode page of a drive can say. */
export const PAD_MEGABYTES_MAX = 65_535;
/** More disks than one drive can keep busy. */
export const RING_DEVICES_MAX = 16;
/** A primary volume tag has 32 characters. */
export const VOLUME_TAG_LENGTH_MAX = 32;
/** As `--spare-media none`: no cartridge is held back. */
export const NO_SPARE_MEDIA = "none";

/** One key: the flag, and how it stands in the file. */
export interface KeyRule extends FlagRule {
  /** What a value must be, as words after "must be". */
  readonly must: string;
  /** The example as TOML. */
  readonly toml: string;
  /** How the text of a flag becomes the value of the file. */
  readonly fromText: (text: string) => unknown;
}

const asText = (text: string): unknown => text;
const asInteger = (text: string): unknown => (/^-?\d{1,15}$/.test(text) ? Number(text) : text);
const asList = (text: string): unknown =>
  text === NO_SPARE_MEDIA ? text : text.split(",").map((part) => part.trim());

/** One path stays as it is; in a file a path may hold commas. */
const asPaths = (text: string): unknown => (text.includes(",") ? asList(text) : text);

/** The keys, in the order of the help. */
export const KEYS: readonly KeyRule[] = [
  {
    name: "library",
    value: "iscsi://HOST:PORT/IQN",
    help: "the real library: changer and every tape drive found there",
    fallback: "required",
    example: "iscsi://192.0.2.10:3260/iqn.2026-11.com.example:library",
    must: "the address of a library, iscsi://HOST:PORT/IQN",
    toml: '"iscsi://192.0.2.10:3260/iqn.2026-11.com.example:library"',
    fromText: asText,
  },
  {
    name: "library-digests",
    value: "none|prefer|require",
    help: "CRC32C over every header and all data to and from the library",
    fallback: "none",
    example: "prefer",
    must: "none, prefer or require",
    toml: '"prefer"',
    fromText: asText,
  },
  {
    name: "library-chap-file",
    value: "FILE|credential:NAME",
    help: "the bridge logs in to the library by CHAP, with the account in this file, a systemd credential",
    fallback: "none, the library must let the bridge in without",
    example: "/etc/understudy/library-chap.toml",
    must: "the path of a file for its owner only, or credential:NAME",
    toml: '"/etc/understudy/library-chap.toml"',
    fromText: asText,
  },
  {
    name: "lanes",
    value: "N",
    help: "drives that the server sees; the others are spares",
    fallback: "all drives but one",
    example: "2",
    must: `a whole number from 1 to ${LANE_COUNT_MAX}`,
    toml: "2",
    fromText: asInteger,
  },
  {
    name: "spare-media",
    value: "BARCODE,...",
    help: `cartridges held back as spares, or \`${NO_SPARE_MEDIA}\``,
    fallback: "the last full storage element",
    example: "UND007L9,UND008L9",
    must: `barcodes of 1 to ${VOLUME_TAG_LENGTH_MAX} printable characters, each once`,
    toml: '["UND007L9", "UND008L9"]',
    fromText: asList,
  },
  {
    name: "listen",
    value: "HOST:PORT",
    help: "where the target listens",
    fallback: "127.0.0.1:3260",
    example: "0.0.0.0:3260",
    must: "HOST:PORT with a port from 0 (any) to 65535",
    toml: '"127.0.0.1:3260"',
    fromText: asText,
  },
  {
    name: "advertise",
    value: "HOST:PORT",
    help: "the TargetAddress that servers are told",
    fallback: "what --listen says",
    example: "192.0.2.20:3260",
    must: "HOST:PORT with a port from 1 to 65535",
    toml: '"192.0.2.20:3260"',
    fromText: asText,
  },
  {
    name: "target",
    value: "IQN",
    help: "the bridge's target name",
    fallback: "iqn.2026-11.com.example:understudy",
    example: "iqn.2026-11.com.example:understudy",
    must: `an iSCSI name (iqn.YYYY-MM.domain:name, eui. or naa.) of at most ${ISCSI_NAME_BYTES_MAX} bytes`,
    toml: '"iqn.2026-11.com.example:understudy"',
    fromText: asText,
  },
  {
    name: "access-file",
    value: "FILE",
    help: "only the initiators in this file may log in; a line each: name, and the units it sees (0,1,2)",
    fallback: "none, every server may log in and sees all units",
    example: "/etc/understudy/access",
    must: "the path of a file that only its owner may change",
    toml: '"/etc/understudy/access"',
    fromText: asText,
  },
  {
    name: "chap-file",
    value: "FILE|credential:NAME",
    help: "servers log in by CHAP, with the accounts in this file, a systemd credential",
    fallback: "none, every server may log in",
    example: "/etc/understudy/chap.toml",
    must: "the path of a file for its owner only, or credential:NAME",
    toml: '"/etc/understudy/chap.toml"',
    fromText: asText,
  },
  {
    name: "ring",
    value: "DIR,...",
    help: "each lane's cache device: a file in this directory, or a block device; several: striped",
    fallback: "ring in the state directory",
    example: "/disk1/ring,/disk2/ring",
    must: `a path, or up to ${RING_DEVICES_MAX} paths, each once`,
    toml: '["/disk1/ring", "/disk2/ring"]',
    fromText: asPaths,
  },
  {
    name: "ring-size",
    value: "SIZE",
    help: "size of each lane's ring",
    fallback: "8G",
    example: "8G",
    must: "a size of at least 64M, a number with K, M, G or T",
    toml: '"8G"',
    fromText: asText,
  },
  {
    name: "ring-key",
    value: "FILE|credential:NAME|boot",
    help: "encrypts the rings: a key in a file, a systemd credential, or made at random for one boot",
    fallback: "none, the rings are not encrypted",
    example: "/etc/understudy/ring.key",
    must: "the path of a file with 32 to 4096 random bytes, credential:NAME, or boot",
    toml: '"/etc/understudy/ring.key"',
    fromText: asText,
  },
  {
    name: "state",
    value: "DIR",
    help: "journal, virtual inventory, control socket",
    fallback: "$XDG_STATE_HOME/understudy, as a service /var/lib/understudy",
    example: "/var/lib/understudy",
    must: "a path",
    toml: '"/var/lib/understudy"',
    fromText: asText,
  },
  {
    name: "runtime",
    value: "wamr|v8|auto",
    help: "who runs the core; `wamr` fails where it cannot",
    fallback: "auto",
    example: "auto",
    must: "wamr, v8 or auto",
    toml: '"auto"',
    fromText: asText,
  },
  {
    name: "drive-timeout",
    value: "SECONDS",
    help: "a drive that is silent for longer on a write has failed",
    fallback: "30",
    example: "30",
    must: `a whole number of seconds from 1 to ${DRIVE_TIMEOUT_SECONDS_MAX}`,
    toml: "30",
    fromText: asInteger,
  },
  {
    name: "header-marks",
    value: "N",
    help: "of a cartridge that is not in the ring so many filemarks, and what is before them, are read at load",
    fallback: "1",
    example: "1",
    must: `a whole number from 0 to ${HEADER_MARKS_MAX}`,
    toml: "1",
    fromText: asInteger,
  },
  {
    name: "copy-below",
    value: "PERCENT",
    help: "the rest is copied while the server is quiet, if less of the cartridge is used",
    fallback: "50",
    example: "50",
    must: "a whole number of percent from 0 to 100",
    toml: "50",
    fromText: asInteger,
  },
  {
    name: "copy-wait",
    value: "SECONDS",
    help: "the longest that a command of the server waits for this copying",
    fallback: "120",
    example: "120",
    must: `a whole number of seconds from 0 to ${COPY_WAIT_SECONDS_MAX}`,
    toml: "120",
    fromText: asInteger,
  },
  {
    name: "pad",
    value: "SIZE",
    help: "so much of a cartridge is left before the drive's early warning: the server is warned there",
    fallback: "auto",
    example: "1G",
    must: "auto, 0, or a size up to 61G, a number with K, M, G or T",
    toml: '"1G"',
    fromText: asText,
  },
  {
    name: "trace",
    value: "DIR",
    help: "records every event of the core for replay",
    fallback: "off",
    example: "/var/tmp/understudy-trace",
    must: "a path",
    toml: '"/var/tmp/understudy-trace"',
    fromText: asText,
  },
];
