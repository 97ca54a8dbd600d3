/**
 * The job itself: archives onto the tape, and back. Decides the order (archive, filemark, ...,
 * two filemarks at the end, as tapes end) and when something is broken; the drive's commands are
 * `tape-client.ts`'s.
 */

import type { BackupPlan } from "./file-list.ts";
import { Tally } from "./tally.ts";
import type { TapeClient } from "./tape-client.ts";
import { tarRecords } from "./tar-stream.ts";

/** 256 KiB, as `tar -b 512` writes them. */
export const RECORD_BYTES = 262_144;
/** Something breaks when this share of the plan is written: in the middle, not between archives. */
const BREAK_AT_SHARE = 0.45;

/** SIGINT or SIGTERM in the middle of a job: nothing is proven, nothing is wrong. */
export class StoppedByOperator extends Error {
  constructor() {
    super("stopped by the operator, nothing is proven");
    this.name = "StoppedByOperator";
  }
}

/** What a job tells while it runs. */
export interface JobHooks {
  /** After every object. */
  readonly onObject: (tally: Tally) => void;
  /** Once, in the middle. */
  readonly onMiddle: (tally: Tally) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Writes the whole plan; `sent` holds what was GOOD, also when a ServerFault ends it. */
export async function writeBackup(
  tape: TapeClient,
  plan: BackupPlan,
  sent: Tally,
  hooks: JobHooks,
): Promise<void> {
  const breakAtBytes = plan.bytesMax * BREAK_AT_SHARE;
  let isMiddleOver = false;
  for (const archive of plan.archives) {
    for await (const record of tarRecords(archive.paths, RECORD_BYTES)) {
      stopWhenTold(hooks.signal);
      await tape.write(record);
      sent.addRecord(record);
      hooks.onObject(sent);
      if (!isMiddleOver && sent.bytes >= breakAtBytes) {
        isMiddleOver = true;
        await hooks.onMiddle(sent);
      }
    }
    await tape.writeFilemark();
    sent.addFilemark();
  }
  await tape.writeFilemark();
  sent.addFilemark();
  hooks.onObject(sent);
}

/** Reads from the beginning to the end of data, at most one object more than `sent` has. */
export async function readBackup(
  tape: TapeClient,
  sent: Tally,
  hooks: Pick<JobHooks, "onObject" | "signal">,
): Promise<Tally> {
  const found = new Tally();
  const buffer = new Uint8Array(RECORD_BYTES);
  await tape.rewind();
  while (found.objects <= sent.objects) {
    stopWhenTold(hooks.signal);
    const object = await tape.read(buffer);
    if (object.kind === "end-of-data") {
      return found;
    }
    if (object.kind === "filemark") {
      found.addFilemark();
    } else {
      found.addRecord(object.data);
    }
    hooks.onObject(found);
  }
  return found;
}

function stopWhenTold(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new StoppedByOperator();
  }
}
