/** The flags of `understudy ring`. Decides names, defaults and mistakes. */
import { type KeySource, parseKeySource } from "../../host/cache/key-source.ts";
import { type FlagRule, HELP_FLAG, JSON_FLAG, readFlags } from "../../host/lib/flags.ts";
import { helpLines } from "../../host/lib/help.ts";
import type { Problem } from "../../host/lib/problem.ts";

/** What shall be done. */
export interface RingOptions {
  readonly action: "show" | "check" | "save";
  readonly path: string;
  /** "" is every image. */
  readonly volumeTag: string;
  /** The file that `save` makes; "" for the others. */
  readonly saveTo: string;
  readonly objects: boolean;
  readonly json: boolean;
  /** What the ring is encrypted with; undefined: nothing. */
  readonly key: KeySource | undefined;
}

const POSITIONALS_MAX = 4;
const EXAMPLE = "ring show /var/lib/understudy";
const SAVE_EXAMPLE = "ring save /var/lib/understudy UND001L9 UND001L9.tap";
const RING_FLAGS: readonly FlagRule[] = [
  {
    name: "objects",
    value: "",
    help: "show: one line per object (number, kind, bytes, ring offset, CRC32C of its entry)",
    fallback: "",
    example: "",
  },
  {
    name: "ring-key",
    value: "FILE|credential:NAME|boot",
    help: "the key of an encrypted ring, as for `start`",
    fallback: "",
    example: "/etc/understudy/ring.key",
  },
  JSON_FLAG,
  HELP_FLAG,
];

/** The help of the command. */
export function ringHelpLines(): string[] {
  return helpLines({
    usage:
      "ring show|check PATH [TAG] [--objects] [--ring-key KEY] [--json]\n" +
      "       understudy ring save PATH TAG FILE [--ring-key KEY] [--json]",
    what: [
      "Reads a ring without a bridge. PATH is a ring file, a block device, a directory with",
      "lane-N.ring in it, or a state directory; of a striped ring A,B,...: all its devices or",
      "directories, in the order that --ring of `start` has. TAG: only the image of that cartridge.",
      "  show   geometry, superblocks, the lane's journal, images",
      "  check  reads everything, the data too, and lists what is wrong: where, what, for which",
      "         objects of which image, and what to do",
      "  save   writes the image of TAG into FILE, which must not be there yet: a cartridge file in",
      "         the SIMH magnetic tape format, as `understudy cartridge` reads it and a practice",
      "         library keeps it (DIR/BARCODE.tap). All of it is checked on the way: FILE is there",
      "         when all is right, and nothing is when it is not. Where the ring has given up the",
      "         older part, FILE begins with the first object that it still has.",
      "Never writes into a ring. Works while a bridge runs, and says so: the ring changes while it is",
      "read.",
    ],
    flags: RING_FLAGS,
    examples: [
      "understudy ring show /var/lib/understudy",
      "understudy ring show /var/lib/understudy/ring/lane-1.ring UND001L9 --objects",
      "understudy ring check /dev/nvme1n1",
      "understudy ring check /disk1/ring,/disk2/ring",
      `understudy ${SAVE_EXAMPLE}`,
    ],
  });
}

/** Reads the words after `ring`; every mistake is listed. Never throws. */
export function parseRing(
  argv: readonly string[],
): RingOptions | "help" | { readonly problems: readonly Problem[] } {
  const flags = readFlags(argv, RING_FLAGS, POSITIONALS_MAX);
  if (flags.values.has("help") || argv.includes("-h")) return "help";
  const problems = [...flags.problems];
  const [action = "", path = "", volumeTag = "", saveTo = ""] = flags.positionals;
  const objects = flags.values.has("objects");
  const json = flags.values.has("json");
  if (action !== "show" && action !== "check" && action !== "save") {
    const reason =
      action === "" ? "is missing: show, check or save" : "is neither show, check nor save";
    problems.push({ key: action || "show|check|save", reason, example: EXAMPLE });
    return { problems };
  }
  if (path === "") {
    const reason = "is missing: a ring file, a block device, or a directory";
    problems.push({ key: "PATH", reason, example: action === "save" ? SAVE_EXAMPLE : EXAMPLE });
  }
  if (objects && action !== "show") {
    problems.push({ key: "--objects", reason: "belongs to show", example: `${EXAMPLE} --objects` });
  }
  if (action === "save") {
    problems.push(...saveProblems(volumeTag, saveTo));
  } else if (saveTo !== "") {
    problems.push({ key: saveTo, reason: "is not expected here", example: "" });
  }
  const keyText = flags.values.get("ring-key")?.[0];
  const key = keyText === undefined ? undefined : parseKeySource(keyText);
  if (keyText !== undefined && key === undefined) {
    const example = "--ring-key /etc/understudy/ring.key";
    problems.push({ key: "--ring-key", reason: "must be FILE, credential:NAME or boot", example });
  }
  const options: RingOptions = { action, path, volumeTag, saveTo, objects, json, key };
  return problems.length > 0 ? { problems } : options;
}

function saveProblems(volumeTag: string, saveTo: string): Problem[] {
  const problems: Problem[] = [];
  if (volumeTag === "") {
    const reason = "is missing: the volume tag of an image, see ring show";
    problems.push({ key: "TAG", reason, example: SAVE_EXAMPLE });
  }
  if (saveTo === "") {
    const reason = "is missing: the file to make";
    problems.push({ key: "FILE", reason, example: SAVE_EXAMPLE });
  }
  if (saveTo === "-") {
    const reason = "is no file: a save is there at its end or not at all";
    problems.push({ key: "FILE -", reason, example: SAVE_EXAMPLE });
  }
  return problems;
}
