/**
 * What a core says to people: AC_LOG and AC_STEP become log lines and the list of recoveries. Decides
 * which lines are left out because they repeat; the words are in log-rows.ts.
 */

import type { ActionHandler } from "./core-loop.ts";
import { logWords } from "./log-words.ts";
import { recoveryKindWord, recoveryResultWord } from "./recoveries.ts";
import { RepeatLimit } from "./repeat-limit.ts";
import { coreFields, type SharedParts } from "./shared-parts.ts";
import { readLaneShow } from "./show.ts";

/** The handlers of one core's words. */
export class CoreTold {
  readonly #shared: SharedParts;
  readonly #lane: number;
  readonly #show: () => DataView;
  readonly #repeats: RepeatLimit;

  /** `show`: the show block of the moment. */
  constructor(shared: SharedParts, lane: number, show: () => DataView) {
    this.#shared = shared;
    this.#lane = lane;
    this.#show = show;
    this.#repeats = new RepeatLimit(shared.clock);
  }

  /** AC_LOG. */
  readonly log: ActionHandler = (action) => {
    const { log, deviceName, recoveries } = this.#shared;
    const words = logWords(action, deviceName);
    const lane = this.#lane;
    if (words.evidence !== "") {
      recoveries.evidence(lane, words.evidence);
    }
    // Only what is merely worth knowing may come for every record.
    const hiddenCount = words.level === "info" ? this.#repeats.admit(action.a) : 0;
    if (hiddenCount !== undefined) {
      log(words.level, words.message, {
        ...coreFields(lane),
        ...words.fields,
        ...(hiddenCount === 0 ? {} : { notShown: hiddenCount }),
      });
    }
  };

  /** AC_STEP. */
  readonly step: ActionHandler = (action) => {
    const { clock, recoveries, log } = this.#shared;
    const lane = this.#lane;
    const { a: label, b: number, c: kind, d: result } = action;
    recoveries.step({ lane, number, label, kind, result, nowMs: clock.nowMs() });
    this.noteFigures();
    log("info", `step ${label}`, {
      lane,
      recovery: number,
      kind: recoveryKindWord(kind),
      result: recoveryResultWord(result),
    });
  };

  /** Brings the figures of the running or last recovery from the show block into the list. */
  noteFigures(): void {
    const { recovery, rewrittenBytes, stallMsMax } = readLaneShow(this.#show());
    this.#shared.recoveries.figures({
      lane: this.#lane,
      number: recovery,
      rewrittenBytes,
      stallMsMax,
    });
  }
}
