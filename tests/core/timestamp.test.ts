/** REPORT TIMESTAMP and SET TIMESTAMP through a lane's core. */

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { NEXUS_LU_RESET } from "../../assembly/spec/event.ts";
import { A, attentions, B, begin, host, NOTHING, told } from "./reservation-kit.ts";

/** 2026-11-28, milliseconds since 1970. */
const THAT_DAY = 1_795_824_000_000;
/** Two commands are not further apart by the clock of the test. */
const SOON_MS = 60_000;

function report(): { origin: number; timestamp: number } {
  const answer = host.command([0xa3, 0x0f, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0], NOTHING, 12, A);
  assert.equal(told(answer), "good");
  const data = Buffer.from(answer.data);
  assert.equal(data.length, 12);
  assert.equal(data.readUInt16BE(0), 10);
  return { origin: data[2] ?? 0, timestamp: data.readUIntBE(4, 6) };
}

function set(timestamp: number, bytes = 12): string {
  const list = Buffer.alloc(bytes);
  list.writeUIntBE(timestamp, 4, 6);
  return told(host.command([0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, bytes, 0, 0], list, 0, A));
}

describe("timestamps", () => {
  beforeEach(() => begin({ successors: 1 }));

  it("count from the start of the bridge until one is set", () => {
    const first = report();
    assert.equal(first.origin, 0);
    assert.ok(first.timestamp < SOON_MS);
    assert.ok(report().timestamp >= first.timestamp);
  });

  it("count on from what was set, through a reset and a core that traps, and others are told", () => {
    assert.equal(set(THAT_DAY), "good");
    assert.deepEqual([A, B].map(attentions), [[], ["6/2a/10"]]);
    host.nexus(B, NEXUS_LU_RESET);
    assert.deepEqual(attentions(A), ["6/29/3"]);
    host.trapIn(0);
    const { origin, timestamp } = report();
    assert.equal(origin, 2);
    assert.ok(timestamp >= THAT_DAY && timestamp < THAT_DAY + SOON_MS);
  });

  it("are not set by lists that are none", () => {
    assert.equal(set(THAT_DAY, 11), "5/1a/0");
    assert.equal(set(0xf1_00_00_00_00_00), "5/26/0");
    assert.equal(told(host.command([0xa4, 0x0f, 0, 0, 0, 0, 0, 0, 0, 0], NOTHING, 0, A)), "good");
    assert.equal(
      told(host.command([0xa4, 0x0e, 0, 0, 0, 0, 0, 0, 0, 12], NOTHING, 0, A)),
      "5/24/0",
    );
    assert.equal(report().origin, 0);
    assert.deepEqual(attentions(B), []);
  });
});
