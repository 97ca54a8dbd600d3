/**
 * `understudy status`: asks the bridge of a state directory how it is. Decides flags, words and
 * exit codes; the document is the bridge's.
 */

import { resolve } from "node:path";
import * as v from "valibot";
import { OperatorError } from "../lib/error.ts";
import { EXIT_DONE, EXIT_USAGE } from "../lib/exit-code.ts";
import { type FlagRule, HELP_FLAG, JSON_FLAG, readFlags } from "../lib/flags.ts";
import { helpLines } from "../lib/help.ts";
import { type Io, printed } from "../lib/io.ts";
import { problemLines } from "../lib/problem.ts";
import {
  controlSocketPath,
  defaultStateDirectory,
  type Environment,
} from "../lib/state-directory.ts";
import type { StatusDocument } from "../lib/status-document.ts";
import { askControl } from "./control-client.ts";
import { statusLines } from "./status-table.ts";

/** The name of the request that is answered with a StatusDocument. */
export const STATUS_REQUEST = "status";
/** A bridge at full load answers in milliseconds; a longer silence is a fault worth saying. */
const STATUS_TIMEOUT_MS = 5_000;

const STATE_FLAG: FlagRule = {
  name: "state",
  value: "DIR",
  help: "the state directory of the bridge",
  fallback: "as for `understudy start`",
  example: "/var/lib/understudy",
};
const RULES = [STATE_FLAG, JSON_FLAG, HELP_FLAG];

const drive = v.object({ serial: v.string(), element: v.number() });
const array = v.object({
  name: v.string(),
  level: v.string(),
  state: v.string(),
  disks: v.number(),
  missing: v.number(),
  action: v.string(),
});
/** As much of the document as the table needs; a newer bridge may say more. */
const STATUS_SCHEMA: v.GenericSchema<unknown, StatusDocument> = v.looseObject({
  version: v.string(),
  runtime: v.string(),
  runtimeReason: v.optional(v.string()),
  target: v.string(),
  lanes: v.array(
    v.looseObject({
      lun: v.number(),
      state: v.picklist(["idle", "streaming", "recovering", "degraded", "failed"]),
      drive: v.nullable(drive),
      cartridge: v.nullable(v.object({ volumeTag: v.string(), realVolumeTag: v.string() })),
      position: v.nullable(v.object({ partition: v.number(), object: v.number() })),
      ring: v.object({
        sizeBytes: v.number(),
        usedBytes: v.number(),
        protected: v.boolean(),
        device: v.object({ paths: v.array(v.string()), arrays: v.array(array) }),
        encrypted: v.optional(v.boolean(), false),
      }),
      // A bridge of before did not say them.
      restarts: v.optional(v.number(), 0),
      lastFailure: v.optional(v.string(), ""),
    }),
  ),
  changer: v.optional(
    v.looseObject({
      state: v.picklist(["working", "failed"]),
      restarts: v.number(),
      lastFailure: v.string(),
    }),
    { state: "working", restarts: 0, lastFailure: "" },
  ),
  recoveries: v.array(
    v.looseObject({
      id: v.number(),
      lane: v.number(),
      kind: v.string(),
      cause: v.string(),
      steps: v.array(v.object({ label: v.string(), atMs: v.number() })),
      result: v.picklist(["running", "recovered", "reported", "abandoned"]),
      rewrittenBytes: v.number(),
      stallMsMax: v.number(),
    }),
  ),
  spareDrives: v.array(drive),
  spareMedia: v.array(v.object({ volumeTag: v.string(), element: v.number() })),
});

function statusHelpLines(): string[] {
  return helpLines({
    usage: "status [--state DIR] [--json]",
    what: ["Shows lanes, drives, cartridges, rings and recoveries of a running bridge."],
    flags: RULES,
    examples: ["understudy status --state /var/lib/understudy --json"],
  });
}

/** Runs the command; throws OperatorError (notRunning, noAnswer) for the entry to report. */
export async function runStatus(
  argv: readonly string[],
  env: Environment,
  io: Io,
): Promise<number> {
  const flags = readFlags(argv, RULES);
  if (flags.values.has("help") || argv.includes("-h")) {
    return printed(statusHelpLines(), io.out, EXIT_DONE);
  }
  if (flags.problems.length > 0) {
    return printed(problemLines("understudy status", flags.problems), io.err, EXIT_USAGE);
  }
  const stateDirectory = resolve(flags.values.get("state")?.[0] ?? defaultStateDirectory(env));
  const status = await askStatus(stateDirectory);
  const lines = flags.values.has("json") ? [JSON.stringify(status)] : statusLines(status);
  return printed(lines, io.out, EXIT_DONE);
}

/** The status document of the bridge that runs on `stateDirectory`; throws OperatorError. */
export async function askStatus(stateDirectory: string): Promise<StatusDocument> {
  const path = controlSocketPath(stateDirectory);
  const asked = await askControl(path, STATUS_REQUEST, STATUS_TIMEOUT_MS);
  switch (asked.kind) {
    case "not-running":
      throw new OperatorError("notRunning", stateDirectory);
    case "broken":
    case "refused":
      throw new OperatorError("noAnswer", path, asked.reason);
    case "answered": {
      const checked = v.safeParse(STATUS_SCHEMA, asked.value);
      if (!checked.success) {
        throw new OperatorError("noAnswer", path, "its status cannot be understood");
      }
      return checked.output;
    }
  }
}
