/**
 * The program's entry: finds the command, gives it streams and the word to stop, turns its result
 * into an exit code. Decides exit codes and which room serves which command; nothing about tape.
 * Each command is loaded when it is called, so that `--help` and `status` start at once. It is the
 * only file of the host that may load `tools/`.
 * Invariants: reads the environment here and nowhere below; every end is one of the codes of
 * `lib/exit-code.ts`; whatever escapes is one clear line and code 70.
 */

import { readFileSync } from "node:fs";
import { messageOf, OperatorError } from "./lib/error.ts";
import {
  EXIT_CODE_HELP,
  EXIT_DONE,
  EXIT_INTERNAL,
  EXIT_MACHINE,
  EXIT_USAGE,
} from "./lib/exit-code.ts";
import { type Io, printed } from "./lib/io.ts";
import { problemLines } from "./lib/problem.ts";
import { endWithStarter } from "./lib/starter.ts";

interface Command {
  readonly name: string;
  readonly summary: string;
  readonly run: (argv: readonly string[], io: Io) => Promise<number>;
}

const COMMANDS: readonly Command[] = [
  { name: "demo", summary: "a real backup survives a failing tape, proven", run: runDemo },
  { name: "start", summary: "the bridge, in the foreground", run: runStart },
  {
    name: "library",
    summary: "a practice library, to be broken and opened at will",
    run: runLibrary,
  },
  { name: "cartridge", summary: "read a practice cartridge from its file", run: runCartridge },
  { name: "ring", summary: "show, check or save a ring without a bridge", run: runRing },
  { name: "status", summary: "ask a running bridge", run: runStatus },
  { name: "bench", summary: "the figures of the project", run: runBench },
];

async function runDemo(argv: readonly string[], io: Io): Promise<number> {
  const demo = await import("../tools/demo/run.ts");
  return demo.runDemo(argv, io);
}

async function runBench(argv: readonly string[], io: Io): Promise<number> {
  const bench = await import("../tools/bench/run.ts");
  return bench.runBench(argv, io);
}

async function runCartridge(argv: readonly string[], io: Io): Promise<number> {
  const cartridge = await import("../tools/cartridge/run.ts");
  return cartridge.runCartridge(argv, io);
}

async function runRing(argv: readonly string[], io: Io): Promise<number> {
  const ring = await import("../tools/ring/run.ts");
  const terminal = process.stderr.isTTY ? process.stderr : undefined;
  return ring.runRing(argv, io, terminal, process.env);
}

async function runStatus(argv: readonly string[], io: Io): Promise<number> {
  const status = await import("./console/status.ts");
  return status.runStatus(argv, process.env, io);
}

async function runStart(argv: readonly string[], io: Io): Promise<number> {
  const { parseStart } = await import("./config/parse-start.ts");
  const parsed = parseStart(argv, process.env, (path) => readFileSync(path, "utf8"));
  switch (parsed.kind) {
    case "help":
      return printed(parsed.lines, io.out, EXIT_DONE);
    case "refused":
      return printed(parsed.lines, io.err, EXIT_USAGE);
    case "config": {
      const bridge = await import("./bridge/start.ts");
      return bridge.startBridge(parsed.config, io);
    }
  }
}

async function runLibrary(argv: readonly string[], io: Io): Promise<number> {
  const library = await import("../tools/practice-library/run.ts");
  const options = await import("../tools/practice-library/options.ts");
  if (asksForHelp(argv)) {
    return printed([options.LIBRARY_HELP], io.out, EXIT_DONE);
  }
  if (argv[0] === "fault") {
    const parsed = options.parseFaultOptions(argv.slice(1), process.env);
    return "problems" in parsed
      ? printed(problemLines("understudy library", parsed.problems), io.err, EXIT_USAGE)
      : library.runLibraryFault(parsed.rule, parsed.control, io);
  }
  if (argv[0] === "operator") {
    const parsed = options.parseOperatorOptions(argv.slice(1), process.env);
    return "problems" in parsed
      ? printed(problemLines("understudy library", parsed.problems), io.err, EXIT_USAGE)
      : library.runLibraryOperator(parsed.deed, parsed.control, io);
  }
  const parsed = options.parseLibraryOptions(argv, process.env);
  return "problems" in parsed
    ? printed(problemLines("understudy library", parsed.problems), io.err, EXIT_USAGE)
    : library.runLibrary(parsed, io);
}

function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes("--help") || argv.includes("-h");
}

function overview(): string[] {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "usage: understudy COMMAND [--help] [flags]",
    "",
    "An in-line tape bridge: a backup survives a dying cartridge and a dying drive.",
    "",
    "commands:",
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "`understudy COMMAND --help` explains each. To see it work: understudy demo",
    "",
    "exit codes:",
    ...EXIT_CODE_HELP.map((line) => `  ${line}`),
  ];
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return String(JSON.parse(text).version);
}

async function run(argv: readonly string[], io: Io): Promise<number> {
  const [name = "", ...rest] = argv;
  if (name === "--version") {
    return printed([version()], io.out, EXIT_DONE);
  }
  if (name === "--help" || name === "-h" || name === "help") {
    return printed(overview(), io.out, EXIT_DONE);
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const complaint = name === "" ? [] : [`understudy: there is no command ${name}`, ""];
    return printed([...complaint, ...overview()], io.err, EXIT_USAGE);
  }
  return command.run(rest, io);
}

/** The process's own streams. A reader that went away (`| head`) ends the output, not the work. */
function processIo(): Io {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => stop.abort());
  }
  return {
    out: lineWriter(process.stdout),
    err: lineWriter(process.stderr),
    signal: stop.signal,
  };
}

function lineWriter(stream: NodeJS.WriteStream): (line: string) => void {
  let isOpen = true;
  stream.on("error", () => {
    isOpen = false;
  });
  return (line) => {
    if (isOpen) {
      stream.write(`${line}\n`);
    }
  };
}

/** The exit code of something that escaped a command, after telling the operator. */
function exitCodeOf(thrown: unknown, io: Io): number {
  if (thrown instanceof OperatorError) {
    io.err(`understudy: ${thrown.message}`);
    return thrown.exitCode;
  }
  const missing = missingPackageOf(thrown);
  if (missing !== "") {
    io.err(`understudy: ${missing} is not installed; run \`npm ci\` in the program's folder`);
    return EXIT_MACHINE;
  }
  io.err(`understudy: internal fault, this is a bug: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) {
    io.err(thrown.stack);
  }
  return EXIT_INTERNAL;
}

/** The bare name of a package that could not be found; "" for everything else. */
function missingPackageOf(thrown: unknown): string {
  const match = /^Cannot find package '([^']+)'/.exec(messageOf(thrown));
  return match?.[1] ?? "";
}

endWithStarter(process.env);
const io = processIo();
process.on("uncaughtException", (thrown) => process.exit(exitCodeOf(thrown, io)));
process.exit(await run(process.argv.slice(2), io).catch((thrown) => exitCodeOf(thrown, io)));
