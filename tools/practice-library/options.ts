/**
 * The flags of `understudy library`, `library fault` and `library operator`. Decides defaults, ranges and
 * contradictions; every mistake is listed. Reads the environment only for the default directory.
 */

import { join, resolve } from "node:path";
import { env as processEnvironment } from "node:process";
import type { FlagRule } from "../../host/lib/flags.ts";
import { HELP_FLAG, JSON_FLAG, readFlags } from "../../host/lib/flags.ts";
import { helpLines } from "../../host/lib/help.ts";
import type { Problem } from "../../host/lib/problem.ts";
import { parseSize } from "../../host/lib/size.ts";
import type { Environment } from "../../host/lib/state-directory.ts";
import { defaultStateDirectory } from "../../host/lib/state-directory.ts";
import { faultRuleExamples, parseFaultRule } from "./fault-rule.ts";
import type { Generation } from "./generation.ts";
import { GENERATIONS } from "./generation.ts";
import { DEED_EXAMPLES, parseDeed } from "./operator.ts";

/** What `understudy library` was asked for. */
export interface LibraryOptions {
  readonly host: string;
  readonly port: number;
  readonly targetName: string;
  readonly dir: string;
  readonly drives: number;
  readonly slots: number;
  readonly importExport: number;
  readonly cartridges: number;
  readonly capacityBytes: number;
  readonly generation: Generation;
  /** Bytes per second of each drive; undefined for "none". */
  readonly rate: number | undefined;
  readonly control: string;
  readonly moveMs: number;
  readonly loadMs: number;
  readonly json: boolean;
}

/** What `understudy library fault` was asked for. */
export interface FaultOptions {
  /** A rule, "list" or "clear". */
  readonly rule: string;
  readonly control: string;
}

/** What `understudy library operator` was asked for. */
export interface OperatorOptions {
  /** As parseDeed reads it. */
  readonly deed: string;
  readonly control: string;
}

const CONTROL_SOCKET = "control.sock";
const SOCKET_BYTES_MAX = 107;
const PORT_MAX = 65_535;
const CAPACITY_MIN = 1024 * 1024;
const RATE_MIN = 1024 * 1024;
const SIZE_MAX = 1024 ** 5;
const DELAY_MS_MAX = 600_000;
const TARGET_NAME = /^(iqn\.|eui\.|naa\.)[^\s/]{1,219}$/;
const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[^\s/:[\]@]+):(\d{1,5})$/;

const FLAGS: readonly FlagRule[] = [
  flag(
    "listen",
    "HOST:PORT",
    "where the target listens; port 0 takes a free one",
    "127.0.0.1:3270",
  ),
  flag("target", "IQN", "target name", "iqn.2026-11.com.example:practice"),
  {
    ...flag("dir", "DIR", "cartridges, inventory and control socket", ""),
    fallback: "$XDG_STATE_HOME/understudy/practice-library",
    example: "/var/tmp/practice-library",
  },
  flag("drives", "N", "drives: LUN 1 and up; LUN 0 is the changer", "3"),
  flag("slots", "N", "storage elements", "12"),
  flag("import-export", "N", "import/export elements", "2"),
  flag("cartridges", "N", "data cartridges, beside one for cleaning where a slot is left", "8"),
  flag("capacity", "SIZE", "capacity of each new cartridge", "4G"),
  flag("generation", "NAME", GENERATIONS.map(({ name }) => name).join(", "), "LTO-9"),
  flag("rate", "RATE|none", "bytes per second of each drive", "400M"),
  {
    ...flag("control", "SOCKET", "where orders are heard", ""),
    fallback: "DIR/control.sock",
    example: "/run/user/1000/practice.sock",
  },
  flag("move-ms", "MS", "time of the robot from element to element", "50"),
  flag("load-ms", "MS", "time from insertion to ready", "50"),
  { ...JSON_FLAG, help: "the ready line is one JSON object" },
  HELP_FLAG,
];

function flag(name: string, value: string, help: string, fallback: string): FlagRule {
  return { name, value, help, fallback, example: fallback };
}

/** What `understudy library --help` prints. */
export const LIBRARY_HELP = helpLines({
  usage: 'library [flags], or library fault "RULE" or operator "DEED" [--control SOCKET]',
  what: [
    "A practice tape library over iSCSI: an LTO-like changer with drives, whose cartridges are",
    "files (SIMH magnetic tape format). Runs in the foreground until SIGTERM or SIGINT and says",
    "on one line when it is ready. What it holds survives a restart.",
    "",
    "`library fault` breaks a running one: a rule at a time, `list` shows them with how often each",
    "struck, `clear` removes all. Rules:",
    ...faultRuleExamples().map((example) => `  ${example}`),
    "",
    "`library operator` puts a cartridge into a running one or takes it out, as by hand: slots and",
    "import/export elements, by their addresses; not while an initiator prevents removal. Deeds:",
    ...DEED_EXAMPLES.map((example) => `  ${example}`),
  ],
  flags: FLAGS,
  examples: [
    "understudy library --dir /var/tmp/practice-library --drives 2 --capacity 1G",
    'understudy library fault "cartridge UND001L9 write fail at 1000"',
    'understudy library operator "put NEW001L9 into 10h"',
  ],
}).join("\n");

/** `practice-library` in the state directory of the program. */
function defaultDirectory(environment: Environment): string {
  return join(defaultStateDirectory(environment), "practice-library");
}

/** Takes values out of flags and collects what is wrong with them. */
class FlagReader {
  readonly problems: Problem[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>, problems: readonly Problem[]) {
    this.#values = values;
    this.problems = [...problems];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The value given, or the flag's default. */
  text(name: string): string {
    const rule = FLAGS.find((one) => one.name === name);
    return this.#values.get(name)?.[0] ?? rule?.fallback ?? "";
  }

  /** Parsed, or the fallback with a problem noted. */
  parsed<T>(name: string, parse: (text: string) => T | undefined, reason: string, fallback: T): T {
    const value = parse(this.text(name));
    if (value === undefined) {
      this.complain(name, reason);
    }
    return value ?? fallback;
  }

  /** A whole number within a range. */
  count(name: string, min: number, max: number): number {
    const parse = (text: string) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
      return value >= min && value <= max ? value : undefined;
    };
    return this.parsed(name, parse, `must be a whole number from ${min} to ${max}`, min);
  }

  complain(name: string, reason: string): void {
    const example = FLAGS.find((one) => one.name === name)?.example ?? "";
    this.problems.push({ key: `--${name}`, reason, example: `--${name} ${example}` });
  }
}

/** Reads the flags of `understudy library`; never throws. */
export function parseLibraryOptions(
  argv: readonly string[],
  environment: Environment = processEnvironment,
): LibraryOptions | { readonly problems: Problem[] } {
  const { values, problems } = readFlags(argv, FLAGS);
  const reader = new FlagReader(values, problems);
  const dir = resolve(reader.has("dir") ? reader.text("dir") : defaultDirectory(environment));
  const isSet = reader.has("control");
  const [host, port] = reader.parsed("listen", parseAddress, "must be HOST:PORT", ["", 0]);
  const isName = (text: string) => (TARGET_NAME.test(text) ? text : undefined);
  const options: LibraryOptions = {
    host,
    port,
    targetName: reader.parsed("target", isName, "must begin with iqn., eui. or naa.", ""),
    dir,
    drives: reader.count("drives", 1, 16),
    slots: reader.count("slots", 1, 512),
    importExport: reader.count("import-export", 0, 32),
    cartridges: reader.count("cartridges", 0, 512),
    capacityBytes: reader.parsed("capacity", parseCapacity, "must be a size from 1M", 0),
    generation: reader.parsed("generation", generationOf, "is not known", defaultGeneration()),
    rate: parseRate(reader),
    control: isSet ? resolve(reader.text("control")) : join(dir, CONTROL_SOCKET),
    moveMs: reader.count("move-ms", 0, DELAY_MS_MAX),
    loadMs: reader.count("load-ms", 0, DELAY_MS_MAX),
    json: reader.has("json"),
  };
  if (options.cartridges > options.slots) {
    reader.complain("cartridges", `must be at most --slots (${options.slots})`);
  }
  checkSocket(options.control, isSet ? "control" : "dir", reader);
  return reader.problems.length === 0 ? options : { problems: reader.problems };
}

/** Reads `RULE... [--control SOCKET]`; the words may be one argument or several. Never throws. */
export function parseFaultOptions(
  argv: readonly string[],
  environment: Environment = processEnvironment,
): FaultOptions | { readonly problems: Problem[] } {
  const { words, control, reader } = readOrder(argv, environment);
  const parsed = ["list", "clear"].includes(words) ? undefined : parseFaultRule(words);
  if (parsed !== undefined && "problem" in parsed) {
    reader.problems.push({ key: "RULE", reason: parsed.problem, example: "" });
  }
  return reader.problems.length === 0 ? { rule: words, control } : { problems: reader.problems };
}

/** Reads `DEED... [--control SOCKET]`, as for a rule. Never throws. */
export function parseOperatorOptions(
  argv: readonly string[],
  environment: Environment = processEnvironment,
): OperatorOptions | { readonly problems: Problem[] } {
  const { words, control, reader } = readOrder(argv, environment);
  const parsed = parseDeed(words);
  if ("problem" in parsed) {
    reader.problems.push({ key: "DEED", reason: parsed.problem, example: "" });
  }
  return reader.problems.length === 0 ? { deed: words, control } : { problems: reader.problems };
}

/** The words of an order to a running library, and its socket. */
function readOrder(argv: readonly string[], environment: Environment) {
  const rules = FLAGS.filter(({ name }) => ["control", "dir"].includes(name));
  const { values, positionals, problems } = readFlags(argv, rules, argv.length);
  const reader = new FlagReader(values, problems);
  const isSet = reader.has("control");
  const dir = resolve(reader.has("dir") ? reader.text("dir") : defaultDirectory(environment));
  const control = isSet ? resolve(reader.text("control")) : join(dir, CONTROL_SOCKET);
  checkSocket(control, isSet ? "control" : "dir", reader);
  return { words: positionals.join(" ").trim(), control, reader };
}

function checkSocket(path: string, name: string, reader: FlagReader): void {
  if (Buffer.byteLength(path) > SOCKET_BYTES_MAX) {
    reader.complain(name, `makes a socket path of over ${SOCKET_BYTES_MAX} bytes: ${path}`);
  }
}

function parseAddress(text: string): [string, number] | undefined {
  const [, host = "", digits = ""] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  const isAddress = host !== "" && port <= PORT_MAX;
  return isAddress ? [host.replace(/^\[|\]$/g, ""), port] : undefined;
}

function parseCapacity(text: string): number | undefined {
  const bytes = parseSize(text);
  return bytes !== undefined && bytes >= CAPACITY_MIN && bytes <= SIZE_MAX ? bytes : undefined;
}

function parseRate(reader: FlagReader): number | undefined {
  const parse = (text: string) => {
    const rate = text === "none" ? 0 : parseSize(text);
    const isRate = rate !== undefined && (rate === 0 || rate >= RATE_MIN) && rate <= SIZE_MAX;
    return isRate && (rate > 0 || text === "none") ? rate : undefined;
  };
  const rate = reader.parsed("rate", parse, "must be bytes per second from 1M, or none", 0);
  return rate === 0 ? undefined : rate;
}

function generationOf(text: string): Generation | undefined {
  return GENERATIONS.find(({ name }) => name === text);
}

function defaultGeneration(): Generation {
  return { name: "", product: "", densityCode: 0, barcodeSuffix: "" };
}
