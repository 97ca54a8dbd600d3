/** What an initiator port is told when its session comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { NEXUS_ESTABLISHED, NEXUS_LOST, NEXUS_TASKS_ENDED } from "../../assembly/spec/event.ts";
import { CONNECTIONS_MAX } from "../../host/target/limits.ts";
import { portNameOf } from "./lane-settings.ts";
import { A, attentions, B, begin, C, host, NOTHING, register, told } from "./reservation-kit.ts";

const RESERVE = [0x16, 0, 0, 0, 0, 0];
const PREVENT = [0x1e, 0, 0, 0, 1, 0];
const ALLOW = [0x1e, 0, 0, 0, 0, 0];
/** Another block length. */
const SELECT = [0x15, 0x10, 0, 0, 12, 0];
const BLOCKS = Buffer.from("000010080000000000000200", "hex");
const NEXUS_LOSS = "6/29/7";
const MEDIUM_CHANGED = "6/28/0";
const MODE_CHANGED = "6/2a/1";

function ask(nexus: number, cdb: readonly number[], data: Uint8Array = NOTHING): string {
  return told(host.command(cdb, data, 0, nexus));
}

/** The session of `nexus` breaks; the same port comes back with another one. */
function comeBack(nexus: number, meanwhile: () => void = () => undefined): number {
  host.nexus(nexus, NEXUS_LOST);
  meanwhile();
  host.nexus(nexus + 1000, NEXUS_ESTABLISHED, portNameOf(nexus));
  return nexus + 1000;
}

test("a session that comes back and lost nothing is told nothing", async () => {
  await begin();
  register(C);
  assert.equal(ask(A, PREVENT), "good");
  assert.equal(ask(A, ALLOW), "good");
  for (const nexus of [A, B, C]) {
    assert.deepEqual(attentions(comeBack(nexus)), []);
  }
});

test("a reservation or a prevention that ended with its session is told", async () => {
  await begin();
  assert.equal(ask(A, RESERVE), "good");
  assert.deepEqual(attentions(comeBack(A)), [NEXUS_LOSS]);
  assert.equal(ask(B, PREVENT), "good");
  const again = comeBack(B);
  assert.deepEqual(attentions(again), [NEXUS_LOSS]);
  assert.deepEqual(attentions(comeBack(again)), [], "once");
});

test("commands that ended with their connection are told once, and nothing else was lost", async () => {
  await begin();
  assert.equal(ask(A, RESERVE), "good");
  host.nexus(A, NEXUS_TASKS_ENDED);
  assert.deepEqual(attentions(A), ["6/47/7f"]);
  assert.deepEqual(attentions(A), []);
  assert.equal(ask(B, PREVENT), "conflict", "the reservation stays");
});

test("what happened while a port was away waits for it, in the order of its weight", async () => {
  await begin();
  assert.equal(ask(A, RESERVE), "good");
  const again = comeBack(A, () => {
    assert.equal(ask(B, SELECT, BLOCKS), "good");
    host.mount();
  });
  assert.deepEqual(attentions(again), [NEXUS_LOSS, MEDIUM_CHANGED, MODE_CHANGED]);
  host.nexus(9, NEXUS_ESTABLISHED);
  assert.deepEqual(attentions(9), [], "a port that was never here missed nothing");
});

test("what was pending for the session before is pending still", async () => {
  await begin();
  host.mount();
  assert.deepEqual(attentions(comeBack(A)), [MEDIUM_CHANGED]);
});

test("as many sessions as there may be: each is told of a new cartridge, and keeps it in the drive", async () => {
  await begin();
  const nexuses = [A, B, C];
  for (let nexus = 500; nexuses.length < CONNECTIONS_MAX; nexus += 1) {
    host.nexus(nexus, NEXUS_ESTABLISHED);
    nexuses.push(nexus);
  }
  host.mount();
  for (const nexus of nexuses) {
    assert.deepEqual(attentions(nexus), [MEDIUM_CHANGED], `nexus ${nexus}`);
    assert.equal(ask(nexus, PREVENT), "good");
  }
});
