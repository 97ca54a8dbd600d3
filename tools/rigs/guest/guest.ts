/**
 * A Debian guest under QEMU as a backup server: one boot for each call. Decides what the machine
 * must have and how the host and a job speak; nothing about what the job does.
 * Invariant: build and guest end within their `timeoutMs` even when this process is killed, because
 * `timeout` of the scripts ends them.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { messageOf } from "../../../host/lib/error.ts";
import { findProgram } from "../../launch/debian.mjs";

const RIG = import.meta.dirname;
/** What the scripts call, and what of it a small Debian may lack. */
const PROGRAMS = "qemu-system-x86_64 mmdebstrap zstd cpio mke2fs modprobe depmod python3 strip";
const RELEASE_FILE = "/etc/os-release";
const RELEASE = "VERSION_CODENAME=bookworm";
const INITIATOR_OF_QEMU = "/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so";
/** From SIGTERM to SIGKILL for a build whose time is over. */
const KILL_AFTER_SECONDS = 5;
const EXIT_TIMED_OUT = 124;
const CONSOLE_LINES_MAX = 2_000;

/** An image that can be booted, or why there is none. */
export type GuestImage =
  | { readonly kind: "ready"; readonly path: string }
  | { readonly kind: "missing"; readonly reason: string };

/** The target as the guest is told. */
export interface GuestTarget {
  /** Of the host's 127.0.0.1, which is the guest's 10.0.2.2. */
  readonly port: number;
  readonly targetName: string;
  readonly driveLun: number;
  readonly changerLun: number;
}

/** One boot. */
export interface GuestRun {
  /** Path of an image. */
  readonly image: string;
  /** Folder with a `run.sh`. */
  readonly job: string;
  readonly target: GuestTarget;
  /** The job's JOB_* variables. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** A folder of the host, read-only at /share. */
  readonly share?: string;
  /** Blank disks, so many MiB each: /dev/vdb and on. */
  readonly disksMib?: readonly number[];
  /** A port of the host's 127.0.0.1 that leads to a port of the guest. */
  readonly forward?: { readonly hostPort: number; readonly guestPort: number };
  /** The job says `FAULT name` and goes on when this has resolved. */
  readonly setFault?: (name: string) => Promise<void>;
}

/** How a job ended. */
export interface GuestEnd {
  /** 0: every step passed. 1: some failed. 125: it did not come to its end. */
  readonly exitCode: number;
  /** The last lines of the guest's console. */
  readonly console: readonly string[];
}

/**
 * The base image; built when there is none yet, which takes 40 s to 120 s and Debian's package
 * server. Whatever stands in the way is a reason.
 */
export async function guestImage(timeoutMs: number): Promise<GuestImage> {
  const lack = machineLacks();
  if (lack !== "") {
    return { kind: "missing", reason: lack };
  }
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const words: string[] = [];
  const { exitCode, lines } = await runProgram(
    "timeout",
    ["-k", String(KILL_AFTER_SECONDS), seconds, "bash", join(RIG, "build.sh"), "base"],
    {},
    { error: (line) => words.push(line) },
  );
  const path = lines.at(-1);
  if (exitCode === 0 && path !== undefined) {
    return { kind: "ready", path };
  }
  const last = words.at(-1) ?? `build.sh ended with ${exitCode}`;
  const why = exitCode === EXIT_TIMED_OUT ? `not built in ${seconds} s, ended at: ${last}` : last;
  return { kind: "missing", reason: `no guest image: ${why}` };
}

/** Why a guest cannot have units through QEMU's own initiator (JOB_PASS_THROUGH); "" when it can. */
export function passThroughLack(): string {
  return existsSync(INITIATOR_OF_QEMU) ? "" : "QEMU has no iSCSI (package qemu-block-extra)";
}

function machineLacks(): string {
  const missing = PROGRAMS.split(" ").filter((name) => findProgram(name) === undefined);
  if (missing.length > 0) {
    return `the guest needs ${missing.join(", ")} (packages: tools/rigs/guest/README.md)`;
  }
  if (!readFileSync(RELEASE_FILE, "utf8").includes(RELEASE)) {
    return "the guest's image is built on Debian 12 only";
  }
  return process.getuid?.() === 0 ? "" : "the guest's image needs root";
}

/** Boots the image, runs the job, waits for power-off. */
export async function runGuest(run: GuestRun): Promise<GuestEnd> {
  const folder = await mkdtemp(join(tmpdir(), "guest-"));
  const hostWords: string[] = [];
  const setFault = async (name: string): Promise<void> => {
    try {
      await run.setFault?.(name);
      await writeFile(join(folder, `set-${name}`), "");
    } catch (error) {
      // The job waits in vain, its step fails; why is among the lines.
      hostWords.push(`host: fault ${name}: ${messageOf(error)}`);
    }
  };
  const { port, targetName, driveLun, changerLun } = run.target;
  try {
    const { exitCode, lines } = await runProgram(
      "bash",
      [join(RIG, "run-guest.sh"), run.image, run.job],
      {
        ...run.variables,
        ...machineOf(run),
        ["OUT"]: folder,
        ["TMO"]: String(Math.ceil(run.timeoutMs / 1000)),
        ["PORTAL"]: `10.0.2.2:${port}`,
        ["IQN"]: targetName,
        ["DRIVE_LUN"]: String(driveLun),
        ["CHANGER_LUN"]: String(changerLun),
      },
      {
        output: (line) => {
          const name = /^FAULT (\S+)/.exec(line)?.[1];
          if (name !== undefined) {
            void setFault(name);
          }
        },
        error: (line) => hostWords.push(line),
      },
    );
    return { exitCode, console: [...lines, ...hostWords] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What run-guest.sh is told of the machine. */
function machineOf({ share, disksMib, forward }: GuestRun): Record<string, string> {
  return {
    ...(share === undefined ? {} : { ["SHARE"]: share }),
    ...(disksMib === undefined ? {} : { ["DISKS"]: disksMib.join(" ") }),
    ...(forward === undefined ? {} : { ["FORWARD"]: `${forward.hostPort}:${forward.guestPort}` }),
  };
}

interface Listeners {
  readonly output?: (line: string) => void;
  readonly error?: (line: string) => void;
}

/** Runs a program to its end; the last lines of its standard output. */
async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  listeners: Listeners,
): Promise<{ exitCode: number; lines: readonly string[] }> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  lineReader(child.stdout).on("line", (line) => {
    lines.push(line);
    lines.splice(0, lines.length - CONSOLE_LINES_MAX);
    listeners.output?.(line);
  });
  lineReader(child.stderr).on("line", (line) => listeners.error?.(line));
  const [code] = await once(child, "close");
  return { exitCode: Number(code ?? -1), lines };
}

function lineReader(input: NodeJS.ReadableStream): Interface {
  return createInterface({ input });
}
