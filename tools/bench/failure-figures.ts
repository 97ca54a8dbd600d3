/**
 * What a failure costs: the server's longest wait, and how fast the image is rewritten. Decides the
 * story: a cartridge of the practice library (at an LTO-9's rate) dies late in a run, so that the
 * rewriting has the drive almost for itself.
 */

import { OperatorError } from "../../host/lib/error.ts";
import { formatSize } from "../../host/lib/size.ts";
import { rewriteRate } from "../demo/recovery-facts.ts";
import { type Figure, figure } from "./figure.ts";
import { openDirect, openInLine, type SubjectSetting } from "./subject.ts";
import { writeRun } from "./workload.ts";

const RECORD_BYTES = 262_144;
const BREAK_AT_SHARE = 0.75;
const AIM_STALL_MS = 100;
const WRITE = "WRITE(6)";

/** Measures. Throws OperatorError, ServerFault. */
export async function measureFailure(
  setting: Omit<SubjectSetting, "library">,
): Promise<readonly Figure[]> {
  const subject = { ...setting, library: "practice" as const };
  const direct = await openDirect(subject);
  const directRate = await writeRun(direct.tape, RECORD_BYTES, setting.bytes).finally(direct.close);
  const inLine = await openInLine(subject);
  try {
    let stallMs = 0;
    await writeRun(inLine.tape, RECORD_BYTES, setting.bytes, async (index, count) => {
      if (index === Math.floor(count * BREAK_AT_SHARE)) {
        await inLine.breakMedium(index);
      }
      const { command, ms } = inLine.watch.stall;
      stallMs = command === WRITE ? ms : stallMs;
    });
    const recovery = (await inLine.settled())?.recoveries.at(-1);
    if (recovery?.result !== "recovered") {
      throw new OperatorError("system", "the bridge", `recovery: ${recovery?.result ?? "none"}`);
    }
    const rate = rewriteRate(recovery) ?? Number.NaN;
    return [
      figure("longest WRITE at a medium failure", stallMs, "ms", "the ring has room", {
        atMost: AIM_STALL_MS,
      }),
      figure(
        "rewrite / direct write rate",
        rate / directRate,
        "ratio",
        `${formatSize(rate)}/s / ${formatSize(directRate)}/s, ${formatSize(recovery.rewrittenBytes)}`,
      ),
    ];
  } finally {
    await inLine.close();
  }
}
