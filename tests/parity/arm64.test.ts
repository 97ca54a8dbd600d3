/**
 * The arm64 build does what this machine's does: a story's traces and short random streams, under
 * V8 and WAMR for arm64 in qemu-user, with the same actions and the same memory as here.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { prepareArm64 } from "../../tools/cross/arm64.ts";
import { Stage } from "../recovery/kit.ts";
import { cannotCompare } from "./runtimes.ts";

const RUN_TIMEOUT_MS = 150_000;
const SCRIPT = "tests/parity/run.ts";
/** In each weather; qemu-user takes some tenths of a millisecond for one. */
const EVENTS = "6000";
/** Offset and value of e_machine in an ELF header. */
const ELF_MACHINE_AT = 18;
const ELF_AARCH64 = 183;

const noWamr = cannotCompare();
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
// Where this machine has WAMR, the addon's sources are here.
const arm64 = noWamr === false ? prepareArm64(".", tell) : { missing: noWamr };
const skip = "missing" in arm64 ? arm64.missing : false;

test("the arm64 build replays traces and random streams as here", { skip }, async (t) => {
  assert.ok(!("missing" in arm64));
  assert.equal(readFileSync(arm64.addonPath).readUInt16LE(ELF_MACHINE_AT), ELF_AARCH64);
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await stage.fault("cartridge UND001L9 write fail at 20");
  await server.writeMany(40);
  await server.filemarks(1);
  assert.equal((await stage.recovered()).result, "recovered");
  await server.readBack();
  await server.unload();
  await server.logOut();
  assert.equal(await stage.bridge.stop(), 0);
  const traces = stage.traces().flatMap((path) => ["--trace", path]);
  const args = ["--events", EVENTS, "--seed", "11", ...traces];
  const here = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  assert.equal(here.status, 0, here.stderr);
  const there = arm64.run(SCRIPT, args, RUN_TIMEOUT_MS);
  assert.equal(there.status, 0, `${there.stdout}${there.stderr}${there.error ?? ""}`);
  assert.equal(there.stdout, here.stdout);
  const { traces: replayed } = JSON.parse(there.stdout);
  assert.equal(replayed.length, stage.traces().length);
});
