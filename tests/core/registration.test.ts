/** Registrations for persistent reservations through a lane's core, and how they are read. */

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { REGISTRANT_COUNT_MAX } from "../../assembly/spec/abi.ts";
import { NEXUS_ESTABLISHED, NEXUS_LOST, NEXUS_LU_RESET } from "../../assembly/spec/event.ts";
import { portNameOf } from "./lane-settings.ts";
import {
  A,
  attentions,
  B,
  begin,
  EXCLUSIVE_ACCESS,
  host,
  KEY,
  NOTHING,
  out,
  REGISTER,
  REGISTER_AND_IGNORE,
  RESERVE,
  read,
  register,
  state,
  told,
  WRITE_EXCLUSIVE,
  WRITE_EXCLUSIVE_ALL,
  WRITE_EXCLUSIVE_REGISTRANTS,
} from "./reservation-kit.ts";

describe("registrations", () => {
  beforeEach(() => begin());

  it("begin with none", () => {
    assert.deepEqual(state(), { generation: 0, keys: [], held: "" });
  });

  it("are made, changed and ended with the key that stands, and counted", () => {
    assert.equal(out(A, REGISTER, { key: 1n, actionKey: 5n }), "conflict");
    assert.equal(out(A, REGISTER, { key: 0n, actionKey: 0n }), "good");
    assert.deepEqual(state(), { generation: 0, keys: [], held: "" });
    register(A);
    assert.deepEqual(state(), { generation: 1, keys: [0xaaaan], held: "" });
    assert.equal(out(A, REGISTER, { key: 0n, actionKey: 5n }), "conflict");
    assert.equal(out(A, REGISTER, { actionKey: 5n }), "good");
    assert.deepEqual(state(), { generation: 2, keys: [5n], held: "" });
    assert.equal(out(A, REGISTER, { key: 5n, actionKey: 0n }), "good");
    assert.deepEqual(state(), { generation: 3, keys: [], held: "" });
  });

  it("are made, changed and ended by REGISTER AND IGNORE EXISTING KEY whatever the key", () => {
    assert.equal(out(A, REGISTER_AND_IGNORE, { key: 9n, actionKey: 0n }), "good");
    assert.equal(state().generation, 0);
    assert.equal(out(A, REGISTER_AND_IGNORE, { key: 9n, actionKey: 5n }), "good");
    assert.equal(out(A, REGISTER_AND_IGNORE, { key: 9n, actionKey: 6n }), "good");
    assert.deepEqual(state(), { generation: 2, keys: [6n], held: "" });
    assert.equal(out(A, REGISTER_AND_IGNORE, { key: 9n, actionKey: 0n }), "good");
    assert.deepEqual(state(), { generation: 3, keys: [], held: "" });
  });

  it("may have the same key twice", () => {
    for (const nexus of [A, B]) {
      assert.equal(out(nexus, REGISTER, { key: 0n, actionKey: 7n }), "good");
    }
    assert.deepEqual(state().keys, [7n, 7n]);
  });

  it("belong to the port: another session of it has them, one of another port has not", () => {
    register(A);
    host.nexus(A, NEXUS_LOST);
    assert.deepEqual(state(B).keys, [0xaaaan]);
    host.nexus(200, NEXUS_ESTABLISHED, portNameOf(A));
    host.nexus(201, NEXUS_ESTABLISHED, `${portNameOf(A)}0`);
    assert.equal(out(201, RESERVE, { key: 0xaaaan, type: WRITE_EXCLUSIVE }), "conflict");
    assert.equal(out(200, RESERVE, { key: 0xaaaan, type: WRITE_EXCLUSIVE }), "good");
    assert.equal(state(B).held, "aaaa 1");
  });

  it("outlive a logical unit reset, and so does the reservation", () => {
    register(A);
    assert.equal(out(A, RESERVE, { type: EXCLUSIVE_ACCESS }), "good");
    host.nexus(B, NEXUS_LU_RESET);
    assert.deepEqual(attentions(A), ["6/29/3"]);
    assert.deepEqual(state(), { generation: 1, keys: [0xaaaan], held: "aaaa 3" });
  });
});

describe("registrations that are refused", () => {
  beforeEach(() => begin());

  it("are those beyond what the table holds, and nothing is forgotten", () => {
    const nexuses = Array.from({ length: REGISTRANT_COUNT_MAX + 1 }, (_, i) => 300 + i);
    for (const nexus of nexuses) {
      host.nexus(nexus, NEXUS_ESTABLISHED);
      const isLast = nexus === nexuses.at(-1);
      const fields = { key: 0n, actionKey: BigInt(nexus) };
      assert.equal(out(nexus, REGISTER, fields), isLast ? "5/55/4" : "good");
      // Away and still registered.
      host.nexus(nexus, NEXUS_LOST);
    }
    assert.deepEqual(state().keys, nexuses.slice(0, -1).map(BigInt));
  });

  it("are those of a nexus whose port nobody knows", () => {
    host.nexus(400, NEXUS_ESTABLISHED, "");
    assert.equal(out(400, REGISTER, { key: 0n, actionKey: 1n }), "5/55/4");
    host.nexus(401, NEXUS_ESTABLISHED, "x".repeat(241));
    assert.equal(out(401, REGISTER, { key: 0n, actionKey: 1n }), "5/55/4");
  });

  it("are those with SPEC_I_PT and APTPL, not with ALL_TG_PT", () => {
    for (const action of [REGISTER, REGISTER_AND_IGNORE]) {
      assert.equal(out(A, action, { key: 0n, actionKey: 1n, flags: 8 }), "5/26/0");
      assert.equal(out(A, action, { key: 0n, actionKey: 1n, flags: 1 }), "5/26/0");
    }
    assert.deepEqual(state().keys, []);
    assert.equal(out(A, REGISTER, { key: 0n, actionKey: 1n, flags: 4 }), "good");
  });

  it("are those with a parameter list of another length, and of a service action unknown", () => {
    assert.equal(out(A, REGISTER, { bytes: 23 }), "5/1a/0");
    assert.equal(out(A, REGISTER, { bytes: 25 }), "5/1a/0");
    assert.equal(out(A, 7), "5/24/0");
    const answer = host.command([0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0], Buffer.alloc(8), 0, A);
    assert.equal(told(answer), "5/1a/0");
    assert.equal(told(host.command([0x5e, 4, 0, 0, 0, 0, 0, 1, 0, 0], NOTHING, 256, A)), "5/24/0");
  });
});

describe("what is read", () => {
  beforeEach(() => begin());

  it("says what is offered", () => {
    assert.equal(read(2).toString("hex"), "00080480ea010000");
  });

  it("says who is registered and who holds, with TransportIDs", () => {
    register(A);
    register(B);
    assert.equal(out(B, RESERVE, { type: WRITE_EXCLUSIVE_REGISTRANTS }), "good");
    const data = read(3);
    assert.equal(data.readUInt32BE(4), data.length - 8);
    let at = 8;
    for (const [nexus, holder, scopeType] of [
      [A, 0, 0],
      [B, 1, 5],
    ] as const) {
      assert.equal(data.readBigUInt64BE(at), KEY[nexus]);
      assert.deepEqual([data[at + 12], data[at + 13]], [holder, scopeType]);
      assert.equal(data.readUInt16BE(at + 18), 1);
      const idBytes = data.readUInt32BE(at + 20);
      const id = data.subarray(at + 24, at + 24 + idBytes);
      assert.deepEqual([id[0], id.readUInt16BE(2)], [0x45, idBytes - 4]);
      assert.equal(idBytes % 4, 0);
      const name = portNameOf(nexus);
      const field = id.subarray(4);
      assert.equal(field.toString("latin1", 0, name.length), name);
      assert.ok(field.length > name.length && field.subarray(name.length).every((b) => b === 0));
      at += 24 + idBytes;
    }
    assert.equal(at, data.length);
  });

  it("says that all hold what all registrants hold, with key 0", () => {
    register(A);
    register(B);
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE_ALL }), "good");
    assert.equal(state().held, "0 7");
    const data = read(3);
    assert.deepEqual([data[8 + 12], data[8 + 13]], [1, 7]);
  });

  it("is cut to the allocation length, and says its own length", () => {
    register(A);
    register(B);
    const data = read(0, 9);
    assert.equal(data.length, 9);
    assert.equal(data.readUInt32BE(4), 16);
  });
});
