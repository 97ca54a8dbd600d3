/** What reservations stop, RESERVE and RELEASE, PREVENT ALLOW MEDIUM REMOVAL, through a lane's core. */

import assert from "node:assert/strict";
import { beforeEach, describe, it, test } from "node:test";
import { NEXUS_LOST, NEXUS_LU_RESET } from "../../assembly/spec/event.ts";
import {
  type CommandRow,
  commandKey,
  LANE_TABLE,
  readRows,
} from "../../tools/commands/read-table.ts";
import { ROOT } from "../../tools/launch/set-up.mjs";
import {
  A,
  attentions,
  B,
  begin,
  C,
  CLEAR,
  CONFLICT,
  EXCLUSIVE_ACCESS,
  host,
  KEY,
  NOTHING,
  out,
  PREEMPT,
  REGISTER,
  RESERVE,
  register,
  state,
  TYPES,
  testReady,
  told,
  WRITE_EXCLUSIVE_REGISTRANTS,
} from "./reservation-kit.ts";

describe("what a reservation stops", () => {
  const rows = readRows(ROOT, LANE_TABLE);
  const STRENGTH: Readonly<Record<string, number>> = { ASKS: 0, CHECKS: 1, READS: 2, CHANGES: 3 };
  /** Whatever they do to reservations themselves is not this test's. */
  const APART = new Set([0x16, 0x17, 0x56, 0x57, 0x5e, 0x5f]);
  const plain = rows.filter(({ op }) => !APART.has(op));

  function isStopped(row: CommandRow, nexus: number): boolean {
    const cdb = [...row.usage].fill(0, 1);
    cdb[1] = row.action ?? 0;
    // PREVENT; the last byte of none is harmful without a cartridge.
    cdb[4] = row.op === 0x1e ? 1 : 0;
    const { status } = host.command(cdb, NOTHING, 0, nexus);
    host.command([0x1e, 0, 0, 0, 0, 0], NOTHING, 0, nexus);
    return status === CONFLICT;
  }

  function stopped(nexus: number): string[] {
    return plain
      .filter((row) => isStopped(row, nexus))
      .map((row) => commandKey(row.op, row.action));
  }

  function wanted(strength: number): string[] {
    return plain
      .filter(({ conflict }) => (STRENGTH[conflict] ?? 9) >= strength)
      .map(({ op, action }) => commandKey(op, action));
  }

  beforeEach(() => begin({ passesKeys: true }));

  it("is nothing where there is none", () => {
    assert.deepEqual(stopped(A), []);
  });

  it("is by RESERVE(6) and RESERVE(10) all but questions", () => {
    for (const [reserve, release] of [
      [0x16, 0x57],
      [0x56, 0x17],
    ] as const) {
      assert.equal(told(host.command([reserve], NOTHING, 0, A)), "good");
      assert.deepEqual(stopped(A), []);
      assert.deepEqual(stopped(B), wanted(1));
      assert.equal(told(host.command([release], NOTHING, 0, A)), "good");
      assert.deepEqual(stopped(B), []);
    }
  });

  for (const type of TYPES) {
    it(`is by a persistent reservation of type ${type}, by who one is`, () => {
      register(A);
      register(B);
      assert.equal(out(A, RESERVE, { type }), "good");
      const isAccess = type === 3 || type === 6 || type === 8;
      const all = wanted(isAccess ? 2 : 3);
      assert.ok(all.length > 5);
      assert.deepEqual(stopped(A), []);
      assert.deepEqual(stopped(B), type >= WRITE_EXCLUSIVE_REGISTRANTS ? [] : all);
      assert.deepEqual(stopped(C), all);
    });
  }

  it("is never to allow removal", () => {
    register(A);
    assert.equal(out(A, RESERVE, { type: EXCLUSIVE_ACCESS }), "good");
    assert.equal(told(host.command([0x1e, 0, 0, 0, 0, 0], NOTHING, 0, B)), "good");
    assert.equal(told(host.command([0x1e, 0, 0, 0, 1, 0], NOTHING, 0, B)), "conflict");
  });
});

describe("RESERVE and RELEASE", () => {
  beforeEach(() => begin());

  it("hold for one nexus until it ends or the unit is reset", () => {
    assert.equal(told(host.command([0x16], NOTHING, 0, A)), "good");
    assert.equal(told(host.command([0x16], NOTHING, 0, A)), "good");
    assert.equal(told(host.command([0x16], NOTHING, 0, B)), "conflict");
    // Somebody else's release is GOOD and does nothing.
    assert.equal(told(host.command([0x17], NOTHING, 0, B)), "good");
    assert.equal(testReady(B), "conflict");
    host.nexus(A, NEXUS_LOST);
    assert.equal(testReady(B), "2/3a/0");
    assert.equal(told(host.command([0x56], NOTHING, 0, B)), "good");
    host.nexus(C, NEXUS_LU_RESET);
    assert.deepEqual([B, C].map(attentions), [["6/29/3"], ["6/29/3"]]);
    assert.equal(told(host.command([0x16], NOTHING, 0, C)), "good");
  });

  it("are of the whole unit and for oneself", () => {
    for (const [op, flags] of [
      [0x16, 1],
      [0x16, 0x12],
      [0x17, 1],
      [0x56, 2],
      [0x57, 0x10],
    ] as const) {
      assert.equal(told(host.command([op, flags], NOTHING, 0, A)), "5/24/0");
    }
    assert.equal(testReady(B), "2/3a/0");
  });

  it("conflict while anybody is registered, and persistent ones while one is reserved so", () => {
    register(A);
    for (const op of [0x16, 0x17, 0x56, 0x57]) {
      assert.equal(told(host.command([op], NOTHING, 0, A)), "conflict");
    }
    assert.equal(out(A, REGISTER, { actionKey: 0n }), "good");
    assert.equal(told(host.command([0x16], NOTHING, 0, A)), "good");
    for (const nexus of [A, B]) {
      assert.equal(out(nexus, REGISTER, { key: 0n, actionKey: 1n }), "conflict");
      const answer = host.command([0x5e, 0, 0, 0, 0, 0, 0, 1, 0, 0], NOTHING, 256, nexus);
      assert.equal(told(answer), "conflict");
    }
  });
});

describe("PREVENT ALLOW MEDIUM REMOVAL", () => {
  it("holds until each nexus allows it, goes, or the unit is reset", async () => {
    await begin();
    host.mount();
    const prevent = (nexus: number, field: number): string =>
      told(host.command([0x1e, 0, 0, 0, field, 0], NOTHING, 0, nexus));
    const unload = (): string => told(host.command([0x1b, 0, 0, 0, 0, 0], NOTHING, 0, C));
    for (const nexus of [A, B, C]) {
      attentions(nexus);
    }
    assert.deepEqual(
      [2, 3].map((field) => prevent(A, field)),
      ["5/24/0", "5/24/0"],
    );
    for (const nexus of [A, B]) {
      assert.equal(prevent(nexus, 1), "good");
      assert.equal(prevent(nexus, 1), "good");
    }
    assert.equal(unload(), "5/53/2");
    assert.equal(prevent(A, 0), "good");
    assert.equal(unload(), "5/53/2");
    host.nexus(B, NEXUS_LOST);
    assert.equal(prevent(A, 1), "good");
    assert.equal(unload(), "5/53/2");
    host.nexus(A, NEXUS_LU_RESET);
    assert.deepEqual(attentions(C), ["6/29/3"]);
    assert.equal(unload(), "good");
  });
});

test("PREEMPT AND ABORT allows what those prevented whose registrations it ends, PREEMPT does not", async () => {
  await begin();
  host.mount();
  const unload = (): string => told(host.command([0x1b, 0, 0, 0, 0, 0], NOTHING, 0, C));
  for (const nexus of [A, B, C]) {
    attentions(nexus);
  }
  register(A);
  register(B);
  assert.equal(told(host.command([0x1e, 0, 0, 0, 1, 0], NOTHING, 0, B)), "good");
  assert.equal(
    out(A, PREEMPT, { actionKey: KEY[B] ?? 0n, type: WRITE_EXCLUSIVE_REGISTRANTS }),
    "good",
  );
  assert.equal(unload(), "5/53/2");
  assert.deepEqual(attentions(B), ["6/2a/5"]);
  register(B);
  assert.equal(
    out(A, PREEMPT + 1, { actionKey: KEY[B] ?? 0n, type: WRITE_EXCLUSIVE_REGISTRANTS }),
    "good",
  );
  assert.equal(unload(), "good");
});

test("registrations, reservation, prevention and what waits to be told outlive a core that traps", async () => {
  await begin({ successors: 2 });
  register(A);
  register(B);
  assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE_REGISTRANTS }), "good");
  host.trapIn(0);
  assert.deepEqual(state(), { generation: 2, keys: [0xaaaan, 0xbbbbn], held: "aaaa 5" });
  assert.equal(out(A, CLEAR), "good");
  // Nothing has happened since: what was kept last is what there is.
  host.trapIn(0);
  assert.deepEqual(attentions(B), ["6/2a/3"]);
  assert.deepEqual(state(B), { generation: 3, keys: [], held: "" });
});
