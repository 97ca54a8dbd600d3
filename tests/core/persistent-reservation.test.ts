/** The persistent reservation through a lane's core: made, released, cleared, preempted. */

import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  A,
  attentions,
  B,
  begin,
  C,
  CLEAR,
  EXCLUSIVE_ACCESS,
  EXCLUSIVE_ACCESS_ALL,
  EXCLUSIVE_ACCESS_REGISTRANTS,
  out,
  PREEMPT,
  REGISTER,
  RELEASE,
  RESERVE,
  register,
  state,
  TYPES,
  WRITE_EXCLUSIVE,
  WRITE_EXCLUSIVE_ALL,
  WRITE_EXCLUSIVE_REGISTRANTS,
} from "./reservation-kit.ts";

describe("the persistent reservation", () => {
  beforeEach(() =>
    begin().then(() => {
      register(A);
      register(B);
    }),
  );

  it("is for those who are registered, with their key", () => {
    assert.equal(out(C, RESERVE, { type: WRITE_EXCLUSIVE }), "conflict");
    assert.equal(out(A, RESERVE, { key: 1n, type: WRITE_EXCLUSIVE }), "conflict");
    for (const action of [RELEASE, CLEAR, PREEMPT, PREEMPT + 1]) {
      assert.equal(out(C, action, { type: WRITE_EXCLUSIVE }), "conflict");
      assert.equal(out(A, action, { key: 1n, type: WRITE_EXCLUSIVE }), "conflict");
    }
    assert.deepEqual(state(), { generation: 2, keys: [0xaaaan, 0xbbbbn], held: "" });
  });

  it("is of one of the six types and of the whole unit", () => {
    for (const type of [0, 2, 4, 9, 15]) {
      assert.equal(out(A, RESERVE, { type }), "5/24/0");
    }
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE, scope: 1 }), "5/24/0");
  });

  for (const type of TYPES) {
    it(`of type ${type} is made once, again by who holds it, and released`, () => {
      const isOfAll = type >= WRITE_EXCLUSIVE_ALL;
      assert.equal(out(A, RESERVE, { type }), "good");
      assert.equal(out(A, RESERVE, { type }), "good");
      for (const other of TYPES.filter((each) => each !== type)) {
        assert.equal(out(A, RESERVE, { type: other }), "conflict");
        assert.equal(out(A, RELEASE, { type: other }), "5/26/4");
      }
      assert.equal(out(A, RELEASE, { type, scope: 1 }), "5/26/4");
      assert.equal(out(B, RESERVE, { type }), isOfAll ? "good" : "conflict");
      assert.equal(state().held, `${isOfAll ? "0" : "aaaa"} ${type}`);
      // By somebody who does not hold it: nothing happens.
      assert.equal(out(B, RELEASE, { type }), "good");
      assert.equal(state(B).held, isOfAll ? "" : `aaaa ${type}`);
      assert.deepEqual(attentions(A), isOfAll ? ["6/2a/4"] : []);
      assert.equal(out(A, RELEASE, { type }), "good");
      assert.deepEqual(state(), { generation: 2, keys: [0xaaaan, 0xbbbbn], held: "" });
    });

    it(`of type ${type} tells the other registrants of its release where they had a part in it`, () => {
      const wanted = type >= WRITE_EXCLUSIVE_REGISTRANTS ? ["6/2a/4"] : [];
      assert.equal(out(A, RESERVE, { type }), "good");
      assert.equal(out(A, RELEASE, { type }), "good");
      assert.deepEqual([A, B, C].map(attentions), [[], wanted, []]);
    });

    it(`of type ${type} ends with the registration that holds it`, () => {
      const isOfAll = type >= WRITE_EXCLUSIVE_ALL;
      const isRegistrantsOnly = type >= WRITE_EXCLUSIVE_REGISTRANTS && !isOfAll;
      assert.equal(out(A, RESERVE, { type }), "good");
      assert.equal(out(A, REGISTER, { actionKey: 0n }), "good");
      assert.deepEqual(attentions(B), isRegistrantsOnly ? ["6/2a/4"] : []);
      assert.equal(state(B).held, isOfAll ? `0 ${type}` : "");
      assert.equal(out(B, REGISTER, { actionKey: 0n }), "good");
      assert.deepEqual(state(), { generation: 4, keys: [], held: "" });
    });
  }

  it("stays when somebody else's registration ends", () => {
    assert.equal(out(A, RESERVE, { type: EXCLUSIVE_ACCESS_REGISTRANTS }), "good");
    assert.equal(out(B, REGISTER, { actionKey: 0n }), "good");
    assert.deepEqual(state(), { generation: 3, keys: [0xaaaan], held: "aaaa 6" });
    assert.deepEqual([A, B, C].map(attentions), [[], [], []]);
  });

  it("is cleared with all registrations, and the others are told", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE }), "good");
    assert.equal(out(B, CLEAR), "good");
    assert.deepEqual(attentions(A), ["6/2a/3"]);
    assert.deepEqual(state(), { generation: 3, keys: [], held: "" });
    assert.deepEqual([B, C].map(attentions), [[], []]);
  });
});

describe("PREEMPT", () => {
  beforeEach(() =>
    begin().then(() => {
      register(A);
      register(B);
      register(C);
    }),
  );

  it("takes the reservation and ends the registration that held it", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE_REGISTRANTS }), "good");
    const fields = { actionKey: 0xaaaan, type: EXCLUSIVE_ACCESS_REGISTRANTS };
    assert.equal(out(B, PREEMPT, fields), "good");
    // The type is another: the registrant that stays is told that the old one was released.
    assert.deepEqual([A, B, C].map(attentions), [["6/2a/5"], [], ["6/2a/4"]]);
    assert.deepEqual(state(), { generation: 4, keys: [0xbbbbn, 0xccccn], held: "bbbb 6" });
  });

  it("of the same type does not trouble the registrants that stay", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE }), "good");
    assert.equal(out(B, PREEMPT, { actionKey: 0xaaaan, type: WRITE_EXCLUSIVE }), "good");
    assert.deepEqual([A, B, C].map(attentions), [["6/2a/5"], [], []]);
  });

  it("of one's own changes the type and keeps the registration", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE }), "good");
    assert.equal(out(A, PREEMPT, { actionKey: 0xaaaan, type: EXCLUSIVE_ACCESS }), "good");
    assert.deepEqual(state(), { generation: 4, keys: [0xaaaan, 0xbbbbn, 0xccccn], held: "aaaa 3" });
    assert.deepEqual([A, B, C].map(attentions), [[], ["6/2a/4"], ["6/2a/4"]]);
  });

  it("ends registrations alone where nobody with that key holds the reservation", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE }), "good");
    assert.equal(out(A, PREEMPT, { actionKey: 0xccccn, type: EXCLUSIVE_ACCESS }), "good");
    assert.deepEqual(state(), { generation: 4, keys: [0xaaaan, 0xbbbbn], held: "aaaa 1" });
    assert.deepEqual([A, B, C].map(attentions), [[], [], ["6/2a/5"]]);
  });

  it("without a reservation ends registrations, one's own too, and makes no reservation", () => {
    assert.equal(out(A, PREEMPT, { actionKey: 0xccccn, type: EXCLUSIVE_ACCESS }), "good");
    assert.equal(out(A, PREEMPT, { actionKey: 0xaaaan, type: EXCLUSIVE_ACCESS }), "good");
    assert.deepEqual([A, B, C].map(attentions), [[], [], ["6/2a/5"]]);
    assert.deepEqual(state(), { generation: 5, keys: [0xbbbbn], held: "" });
  });

  it("of a key that nobody has conflicts, of none is refused", () => {
    assert.equal(out(A, PREEMPT, { actionKey: 1n, type: EXCLUSIVE_ACCESS }), "conflict");
    assert.equal(out(A, PREEMPT, { actionKey: 0n, type: EXCLUSIVE_ACCESS }), "5/26/0");
    assert.equal(state().generation, 3);
  });

  it("of key 0 takes from all what all hold", () => {
    assert.equal(out(A, RESERVE, { type: WRITE_EXCLUSIVE_ALL }), "good");
    assert.equal(out(B, PREEMPT, { actionKey: 0n, type: WRITE_EXCLUSIVE }), "good");
    assert.deepEqual([A, B, C].map(attentions), [["6/2a/5"], [], ["6/2a/5"]]);
    assert.deepEqual(state(), { generation: 4, keys: [0xbbbbn], held: "bbbb 1" });
  });

  it("of one key ends that registration of what all hold", () => {
    assert.equal(out(A, RESERVE, { type: EXCLUSIVE_ACCESS_ALL }), "good");
    assert.equal(out(B, PREEMPT, { actionKey: 0xaaaan, type: WRITE_EXCLUSIVE }), "good");
    assert.deepEqual(attentions(A), ["6/2a/5"]);
    assert.deepEqual(state(), { generation: 4, keys: [0xbbbbn, 0xccccn], held: "0 8" });
  });
});
