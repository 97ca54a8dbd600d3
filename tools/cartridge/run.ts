/**
 * `understudy cartridge list|verify FILE`: what is on a practice cartridge, read without any bridge.
 * Decides the output and the exit codes. Imports nothing but Node and its own reader, so that no
 * bug of the rest of the program can be in here too.
 */

import { parseArgs } from "node:util";
import type { CartridgeObject, CartridgeSummary } from "./read-cartridge.ts";
import { CartridgeCounter, CartridgeDamage, readCartridge } from "./read-cartridge.ts";

/** Lines out, lines to the operator, the word to stop. */
export interface CartridgeIo {
  out(line: string): void;
  err(line: string): void;
  readonly signal: AbortSignal;
}

const EXIT_DONE = 0;
const EXIT_WRONG = 1;
const EXIT_USAGE = 2;
const EXIT_MACHINE = 3;

const HELP = [
  "usage: understudy cartridge list|verify FILE [--json]",
  "",
  "Reads a practice cartridge (DIR/BARCODE.tap, SIMH magnetic tape format) from its file, without",
  "any bridge or library. Shares no code with them.",
  "  list    one line per object (number, kind, length, SHA-256), then the totals",
  "  verify  checks the whole structure, then the totals; damage is told with its byte offset",
  "",
  "flags:",
  "  --json  standard output is one JSON document",
  "  --help  this text",
  "",
  "example:",
  "  understudy cartridge verify /var/tmp/practice-library/UND001L9.tap",
  "",
  "exit codes:",
  "  0 whole · 1 damaged · 2 wrong usage · 3 the file cannot be read",
];

/** What the command line asks for. */
interface Order {
  readonly action: "list" | "verify";
  readonly file: string;
  readonly isJson: boolean;
}

/** How the reading ended. */
interface Outcome {
  readonly summary: CartridgeSummary;
  readonly damage: CartridgeDamage | undefined;
  readonly wasStopped: boolean;
}

/** The command; `argv` is what follows `cartridge`. Gives the exit code. */
export async function runCartridge(argv: readonly string[], io: CartridgeIo): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...argv],
    options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    allowPositionals: true,
    strict: false,
  });
  if (values.help === true) {
    HELP.forEach((line) => {
      io.out(line);
    });
    return EXIT_DONE;
  }
  const mistakes = mistakesIn(positionals, Object.keys(values));
  const [action, file = ""] = positionals;
  if (mistakes.length > 0 || (action !== "list" && action !== "verify")) {
    for (const line of mistakes) {
      io.err(`understudy cartridge: ${line}`);
    }
    io.err("for example: understudy cartridge list UND001L9.tap");
    return EXIT_USAGE;
  }
  try {
    return await read({ action, file, isJson: values.json === true }, io);
  } catch (fault) {
    const reason = fault instanceof Error ? fault.message : String(fault);
    io.err(`understudy cartridge: cannot read ${file}: ${reason}; check the path and its access`);
    return EXIT_MACHINE;
  }
}

function mistakesIn(positionals: readonly string[], flags: readonly string[]): string[] {
  const [action, file, ...extra] = positionals;
  const isAction = action === "list" || action === "verify";
  return [
    ...flags.filter((name) => name !== "json").map((name) => `--${name} is not a flag; --json is`),
    ...(isAction ? [] : [`${action ?? "nothing"} is no action: list or verify is expected`]),
    ...(file === undefined ? ["FILE is missing"] : []),
    ...extra.map((word) => `${word} is not expected here`),
  ];
}

async function read(order: Order, io: CartridgeIo): Promise<number> {
  const isListing = order.action === "list";
  if (order.isJson && isListing) {
    io.out('{"objects":[');
  }
  let separator = "";
  const outcome = await walk(order.file, io.signal, (object) => {
    if (isListing && order.isJson) {
      io.out(`${separator}${JSON.stringify(withoutData(object))}`);
      separator = ",";
    } else if (isListing) {
      io.out(objectLine(object));
    }
  });
  report(order, outcome, io);
  return outcome.damage === undefined && !outcome.wasStopped ? EXIT_DONE : EXIT_WRONG;
}

async function walk(
  file: string,
  signal: AbortSignal,
  visit: (object: CartridgeObject) => void,
): Promise<Outcome> {
  const counter = new CartridgeCounter();
  try {
    for await (const object of readCartridge(file)) {
      if (signal.aborted) {
        return { summary: counter.summary(), damage: undefined, wasStopped: true };
      }
      counter.add(object);
      visit(object);
    }
  } catch (fault) {
    if (!(fault instanceof CartridgeDamage)) {
      throw fault;
    }
    return { summary: counter.summary(), damage: fault, wasStopped: false };
  }
  return { summary: counter.summary(), damage: undefined, wasStopped: false };
}

function report(order: Order, { summary, damage, wasStopped }: Outcome, io: CartridgeIo): void {
  const isWhole = damage === undefined && !wasStopped;
  const found =
    damage === undefined ? undefined : { offset: damage.offset, reason: damage.message };
  if (order.isJson) {
    const rest = JSON.stringify({ whole: isWhole, ...summary, damage: found });
    io.out(order.action === "list" ? `],${rest.slice(1)}` : rest);
  } else {
    const { records, filemarks, bytes, sha256 } = summary;
    io.out(`total records=${records} filemarks=${filemarks} bytes=${bytes} sha256=${sha256}`);
  }
  if (damage !== undefined) {
    io.err(`${order.file}: damaged at byte ${damage.offset}: ${damage.message}`);
  } else if (wasStopped) {
    io.err(`${order.file}: stopped before the end`);
  } else if (!order.isJson && order.action === "verify") {
    io.out(`${order.file}: whole`);
  }
}

function objectLine({ index, kind, length, sha256 }: CartridgeObject): string {
  return kind === "record" ? `${index} record ${length} ${sha256}` : `${index} filemark`;
}

function withoutData({ index, kind, length, sha256 }: CartridgeObject): object {
  return kind === "record" ? { index, kind, length, sha256 } : { index, kind };
}
