/**
 * Watches a bridge while a story runs: asks for its status at short intervals, tells each step of a
 * recovery once, as it happens. Decides only how often. Invariant: never throws but from `waitFor`;
 * a bridge that does not answer is asked again.
 */

import { setTimeout as wait } from "node:timers/promises";
import { askStatus } from "../../host/console/status.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { formatSize } from "../../host/lib/size.ts";
import type { RecoveryStatus, StatusDocument } from "../../host/lib/status-document.ts";
import { stepOffsetMs, VERDICT_LABEL, verdictAt } from "./recovery-facts.ts";
import { stepWords } from "./step-words.ts";

const POLL_MS = 200;

/** One bridge, found by its state directory. */
export class Monitor {
  private readonly stateDirectory: string;
  private readonly tell: (line: string) => void;
  private readonly end = new AbortController();
  private readonly toldSteps = new Map<number, number>();
  private readonly toldResults = new Set<number>();
  private latest: StatusDocument | undefined;
  private loop: Promise<void> | undefined;

  constructor(stateDirectory: string, tell: (line: string) => void) {
    this.stateDirectory = stateDirectory;
    this.tell = tell;
  }

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.end.abort();
    await this.loop;
  }

  /** State and ring fill of lane 1 in a few words, for the bar; "" before the first answer. */
  words(): string {
    const lane = this.latest?.lanes[0];
    if (lane === undefined) {
      return "";
    }
    const { usedBytes, sizeBytes } = lane.ring;
    const percent = Math.round((usedBytes * 100) / Math.max(1, sizeBytes));
    return `${lane.state}, ring ${percent} % of ${formatSize(sizeBytes)}`;
  }

  /** Asks until `isTrue`, at most `timeoutMs`; the last status either way. Throws OperatorError. */
  async waitFor(
    isTrue: (status: StatusDocument) => boolean,
    timeoutMs: number,
  ): Promise<StatusDocument> {
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const status = await this.ask();
      if (isTrue(status) || performance.now() > endMs) {
        return status;
      }
      await wait(POLL_MS);
    }
  }

  /** Asks once. Throws OperatorError. */
  async ask(): Promise<StatusDocument> {
    const status = await askStatus(this.stateDirectory);
    this.latest = status;
    for (const recovery of status.recoveries) {
      this.tellNewSteps(recovery);
    }
    return status;
  }

  private async run(): Promise<void> {
    while (!this.end.signal.aborted) {
      await this.ask().catch(ignoreOperatorError);
      await wait(POLL_MS, undefined, { signal: this.end.signal }).catch(() => undefined);
    }
  }

  private tellNewSteps(recovery: RecoveryStatus): void {
    const { id, steps, result } = recovery;
    const isRunning = result === "running";
    let index = this.toldSteps.get(id) ?? 0;
    for (; index < steps.length; index += 1) {
      const label = steps[index]?.label ?? "";
      if (label === VERDICT_LABEL && isRunning && index === steps.length - 1) {
        // It is being weighed: told with its evidence, next time.
        break;
      }
      const at = (stepOffsetMs(recovery, index) / 1000).toFixed(3);
      const words = label === VERDICT_LABEL ? verdictAt(recovery, index) : stepWords(label);
      this.tell(`  ${at.padStart(8)} s  ${label}  ${words}`);
    }
    this.toldSteps.set(id, index);
    if (!isRunning && !this.toldResults.has(id)) {
      this.toldResults.add(id);
      this.tell(`  recovery ${id}: ${result}`);
    }
  }
}

function ignoreOperatorError(error: unknown): void {
  if (!(error instanceof OperatorError)) {
    throw error;
  }
}
