import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AC_LOG, AC_WAKE } from "../../assembly/spec/action.ts";
import { EV_COMMAND } from "../../assembly/spec/event.ts";
import { Core } from "../../host/core/core.ts";
import { coreEvent } from "../../host/core/core-event.ts";
import { TraceWriter } from "../../host/core/trace.ts";
import { TRACE_HEADER_BYTES } from "../../host/core/trace-format.ts";
import { replayTrace } from "../../tools/trace-replay/replay.ts";
import { type Firmware, runFirmware } from "./firmware.ts";

const folder = mkdtempSync(join(tmpdir(), "understudy-trace-"));
after(() => rmSync(folder, { recursive: true }));

const STEP_COUNT = 3000;

/** Answers by what it was told and how often; `strange` is told otherwise. */
function counting(strange = -1): Firmware {
  let count = 0;
  return ({ a, now, params }) => {
    count += 1;
    const bytes = Uint8Array.from(params, (byte) => byte ^ a);
    return count === strange
      ? [{ kind: AC_LOG, a: count, params: bytes.map((byte) => byte + 1) }]
      : [
          { kind: AC_LOG, a: count, params: bytes },
          ...(a === 0 ? [] : [{ kind: AC_WAKE, x: now }]),
        ];
  };
}

function record(name: string, firmware: Firmware): string {
  const path = join(folder, name);
  const trace = new TraceWriter(path, (reason) => assert.fail(reason));
  const core = new Core(runFirmware(firmware), trace);
  for (let index = 0; index < STEP_COUNT; index += 1) {
    const event = coreEvent(EV_COMMAND, index);
    event.a = index % 3;
    event.params = new Uint8Array(index % 200).fill(index);
    core.step(event, index, () => undefined);
  }
  trace.close();
  return path;
}

test("a trace replays identically on a fresh core", () => {
  const path = record("same", counting());
  assert.deepEqual(replayTrace(path, runFirmware(counting())), {
    kind: "identical",
    stepCount: STEP_COUNT,
    actionCount: STEP_COUNT + (STEP_COUNT / 3) * 2,
    trapCount: 0,
    isCut: false,
  });
});

test("the first action that differs is found", () => {
  const path = record("other", counting());
  const replay = replayTrace(path, runFirmware(counting(1501)));
  assert.equal(replay.kind, "different");
  assert.equal(replay.kind === "different" && replay.stepIndex, 1500);
  assert.match(replay.kind === "different" ? replay.reason : "", /action 0 .* other bytes/);
});

test("a trap is recorded and must come again", () => {
  const trapping = (at: number): Firmware => {
    const counted = counting();
    return (event) => {
      assert.notEqual(event.tag, at, "trap");
      return counted(event);
    };
  };
  const path = record("trap", trapping(10));
  const same = replayTrace(path, runFirmware(trapping(10)));
  assert.equal(same.kind === "identical" && same.stepCount, 11);
  const without = replayTrace(path, runFirmware(counting()));
  assert.equal(without.kind === "different" && without.stepIndex, 10);
  const early = replayTrace(path, runFirmware(trapping(9)));
  assert.equal(early.kind === "different" && early.stepIndex, 9);
});

test("a cut file is replayed as far as it goes", () => {
  const path = record("cut", counting());
  truncateSync(path, readFileSync(path).length - 10);
  const replay = replayTrace(path, runFirmware(counting()));
  assert.equal(replay.kind === "identical" && replay.isCut, true);
  assert.equal(replay.kind === "identical" && replay.stepCount, STEP_COUNT - 1);
});

test("what is no trace is unreadable", () => {
  const path = join(folder, "no-trace");
  const runtime = runFirmware(counting());
  assert.equal(replayTrace(path, runtime).kind, "unreadable");
  writeFileSync(path, "");
  assert.equal(replayTrace(path, runtime).kind, "unreadable");
  writeFileSync(path, Buffer.alloc(TRACE_HEADER_BYTES + 100, 0x55));
  assert.equal(replayTrace(path, runtime).kind, "unreadable");
  const contradicting = record("contradicting", counting());
  truncateSync(contradicting, TRACE_HEADER_BYTES);
  appendFileSync(contradicting, Buffer.from([80, 0, 0, 0, ...new Uint8Array(80).fill(0xff)]));
  assert.equal(replayTrace(contradicting, runtime).kind, "unreadable");
});

test("a disk that refuses ends the trace and not the core", () => {
  const ends: string[] = [];
  const trace = new TraceWriter("/dev/full", (reason) => ends.push(reason));
  const core = new Core(runFirmware(counting()), trace);
  for (let index = 0; index < STEP_COUNT * 3; index += 1) {
    const event = coreEvent(EV_COMMAND);
    event.params = new Uint8Array(200);
    assert.equal(
      core.step(event, 0, () => undefined),
      undefined,
    );
  }
  trace.close();
  assert.equal(ends.length, 1);
  assert.match(ends[0] ?? "", /ENOSPC/);
});
