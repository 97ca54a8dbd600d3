/** The ring that a bridge leaves behind when it is killed, as three readers see it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SEGMENT_BYTES_MIN } from "../../assembly/spec/ring-layout.ts";
import { EXIT_DONE } from "../../host/lib/exit-code.ts";
import { runRing } from "../../tools/ring/run.ts";
import { MemoryDisk } from "../ring/memory-disk.ts";
import { assertAgreement, checked, specReading } from "../ring/readers.ts";
import { RingMachine } from "../ring/ring-machine.ts";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 60_000 };
const RECORD = 262_144;

/** `understudy ring check DIR --json`: exit code and document. */
async function check(path: string) {
  const lines: string[] = [];
  const out = (line: string): number => lines.push(line);
  const signal = new AbortController().signal;
  const exitCode = await runRing(["check", path, "--json"], { out, err: out, signal }, undefined);
  return { exitCode, ring: JSON.parse(lines.join("")).rings[0] };
}

test("after kill -9 all readers find what was promised, and nothing wrong", LIMIT, async (t) => {
  const stage = await Stage.open(t, { isChild: true });
  const server = await stage.mounted();
  await server.writeMany(60, RECORD);
  await server.filemarks(1);
  const promised = server.tape.length;
  await server.writeMany(40, RECORD);
  const state = join(stage.folder, "state");
  const running = await check(state);
  assert.equal(running.exitCode, EXIT_DONE, JSON.stringify(running.ring.findings));
  assert.ok(running.ring.writerPid > 0, "it says who is writing");
  await stage.bridge.kill();

  const killed = await check(state);
  assert.deepEqual([killed.exitCode, killed.ring.writerPid], [EXIT_DONE, null]);
  const left = readFileSync(join(state, "ring", "lane-1.ring"));
  assert.deepEqual(checked(left)?.findings, []);
  const said = specReading(left)?.get("UND001L9");
  assert.ok(said !== undefined && said.end >= promised, `${said?.end} of ${promised} promised`);
  const disk = new MemoryDisk();
  disk.poke(0, left);
  const core = new RingMachine(disk, left.length).open(9n, SEGMENT_BYTES_MIN);
  assertAgreement(left, core, ["UND001L9"]);
});
