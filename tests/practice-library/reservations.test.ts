/** RESERVE and RELEASE, and persistent reservations of a practice drive: three servers, one drive. */

import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Nexus } from "../../host/lib/logical-unit.ts";
import { Bench, newNexus, type Outcome, record, word } from "./harness.ts";

const [REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, ABORT, IGNORE] = [0, 1, 2, 3, 4, 5, 6];
const [WRITE_EXCLUSIVE, EXCLUSIVE, WRITE_REGISTRANTS, ACCESS_REGISTRANTS] = [1, 3, 5, 6];
const [WRITE_ALL, ACCESS_ALL] = [7, 8];
const TYPES = [1, 3, 5, 6, 7, 8] as const;
const CONFLICT = "status 24";
const [PREEMPTED, RELEASED, REMOVED] = ["6/2A/03", "6/2A/04", "6/2A/05"];

function isOfAccess(type: number): boolean {
  return [EXCLUSIVE, ACCESS_REGISTRANTS, ACCESS_ALL].includes(type);
}

interface Fields {
  readonly type?: number;
  readonly scope?: number;
  readonly flags?: number;
  readonly bytes?: number;
  readonly lun?: number;
}

/** A drive with a cartridge and servers named A, B and C, whose keys are 1, 2 and 3. */
class Shared {
  readonly bench: Bench;
  readonly servers = ["a", "b", "c"].map((name) => newNexus(`iqn.2026-11.com.example:${name}`));

  private constructor(bench: Bench) {
    this.bench = bench;
  }

  static async open(t: TestContext): Promise<Shared> {
    const bench = await Bench.open(t);
    await bench.mount(0, 1);
    const shared = new Shared(bench);
    for (const nexus of shared.servers) {
      bench.establish(nexus);
      await bench.send(1, [0], { nexus });
    }
    return shared;
  }

  of(server: number): Nexus {
    const nexus = this.servers[server];
    assert.ok(nexus);
    return nexus;
  }

  async send(server: number, cdb: readonly number[], out?: Uint8Array): Promise<string> {
    return word(await this.outcome(server, cdb, out));
  }

  outcome(server: number, cdb: readonly number[], out?: Uint8Array, lun = 1): Promise<Outcome> {
    const order = { nexus: this.of(server), inBytes: 512, ...(out === undefined ? {} : { out }) };
    return this.bench.send(lun, cdb, order);
  }

  /** PERSISTENT RESERVE OUT with a key and that of the action. */
  async out(
    server: number,
    action: number | undefined,
    [key, actionKey]: readonly [number, number],
    { type = 0, scope = 0, flags = 0, bytes = 24, lun = 1 }: Fields = {},
  ): Promise<string> {
    const list = Buffer.alloc(bytes);
    list.writeUInt8(key, 7);
    list.writeUInt8(actionKey, 15);
    list.writeUInt8(flags, 20);
    const cdb = [0x5f, action ?? 0, (scope << 4) | type, 0, 0, 0, 0, 0, bytes, 0];
    return word(await this.outcome(server, cdb, list, lun));
  }

  /** A, B and C with their keys. */
  async registerAll(): Promise<void> {
    for (const server of [0, 1, 2]) {
      assert.equal(await this.out(server, REGISTER, [0, server + 1]), "GOOD");
    }
  }

  async in(action: number, server = 0): Promise<Buffer> {
    return (await this.outcome(server, [0x5e, action, 0, 0, 0, 0, 0, 2, 0, 0])).dataIn;
  }

  /** "generation | keys | key and type of the reservation". */
  async state(): Promise<string> {
    const keys = await this.in(0);
    const each = Array.from({ length: keys.readUInt32BE(4) / 8 }, (_, at) => keys[15 + at * 8]);
    const held = await this.in(1);
    const isHeld = held.readUInt32BE(4) > 0;
    const words = isHeld ? `${held.readBigUInt64BE(8)} type ${held.readUInt8(21)}` : "none";
    return `${keys.readUInt32BE(0)} | ${each.join(" ")} | ${words}`;
  }

  /** What each of the three has to be told, one each at most. */
  async told(): Promise<string[]> {
    const words: string[] = [];
    for (const server of [0, 1, 2]) {
      const { dataIn } = await this.outcome(server, [0x03, 0, 0, 0, 18, 0]);
      const hex = (at: number) => dataIn.readUInt8(at).toString(16).toUpperCase().padStart(2, "0");
      const key = dataIn.readUInt8(2) & 0x0f;
      words.push(key === 0 ? "" : `${key}/${hex(12)}/${hex(13)}`);
    }
    return words;
  }
}

describe("RESERVE and RELEASE", () => {
  for (const [bytes, reserve, release] of [
    [6, 0x16, 0x17],
    [10, 0x56, 0x57],
  ] as const) {
    test(`of ${bytes} bytes keep the others away, and only who holds it lets them in`, async (t) => {
      const drive = await Shared.open(t);
      const cdb = (code: number, flags = 0) => [code, flags, ...Array(bytes - 2).fill(0)];
      assert.equal(await drive.send(0, cdb(reserve)), "GOOD");
      assert.equal(await drive.send(0, cdb(reserve)), "GOOD");
      assert.equal(await drive.send(1, cdb(reserve)), CONFLICT);
      assert.equal(await drive.send(1, [0x00]), CONFLICT);
      assert.equal(await drive.send(1, [0x08, 0, 0, 0, 9]), CONFLICT);
      for (const free of [[0x12], [0x03], [0xa0, 0, 0, 0, 0, 0, 0, 0, 2, 0], [0x05]]) {
        assert.equal(await drive.send(1, free), "GOOD");
      }
      assert.equal(await drive.send(1, [0x1e, 0, 0, 0, 1]), CONFLICT);
      assert.equal(await drive.send(1, [0x1e, 0, 0, 0, 0]), "GOOD");
      assert.equal(await drive.send(1, cdb(release)), "GOOD");
      assert.equal(await drive.send(1, [0x00]), CONFLICT);
      assert.equal(await drive.send(0, cdb(release)), "GOOD");
      assert.equal(await drive.send(1, [0x00]), "GOOD");
      for (const flags of [0x01, 0x02, 0x10]) {
        assert.equal(await drive.send(0, cdb(reserve, flags)), "5/24/00");
        assert.equal(await drive.send(0, cdb(release, flags)), "5/24/00");
      }
    });
  }

  test("and persistent reservations exclude each other, for the holder too", async (t) => {
    const drive = await Shared.open(t);
    assert.equal(await drive.send(0, [0x16]), "GOOD");
    for (const server of [0, 1]) {
      assert.equal(await drive.out(server, REGISTER, [0, 1]), CONFLICT);
      assert.equal(await drive.send(server, [0x5e, 0, 0, 0, 0, 0, 0, 1, 0]), CONFLICT);
    }
    assert.equal(await drive.send(0, [0x17]), "GOOD");
    assert.equal(await drive.out(1, REGISTER, [0, 1]), "GOOD");
    for (const code of [0x16, 0x17, 0x56, 0x57]) {
      assert.equal(await drive.send(0, [code]), CONFLICT);
      assert.equal(await drive.send(1, [code]), CONFLICT);
    }
  });
});

describe("registrations", () => {
  test("are made, changed and ended with the key that is there; the generation counts", async (t) => {
    const drive = await Shared.open(t);
    assert.equal(await drive.out(0, REGISTER, [9, 1]), CONFLICT);
    assert.equal(await drive.out(0, REGISTER, [0, 0]), "GOOD");
    assert.equal(await drive.out(0, IGNORE, [9, 0]), "GOOD");
    assert.equal(await drive.state(), "0 |  | none");
    assert.equal(await drive.out(0, REGISTER, [0, 1]), "GOOD");
    assert.equal(await drive.out(0, REGISTER, [0, 4]), CONFLICT);
    assert.equal(await drive.out(0, REGISTER, [1, 4]), "GOOD");
    assert.equal(await drive.out(1, IGNORE, [7, 2]), "GOOD");
    assert.equal(await drive.state(), "3 | 4 2 | none");
    assert.equal(await drive.out(1, IGNORE, [7, 0]), "GOOD");
    assert.equal(await drive.out(0, REGISTER, [4, 0]), "GOOD");
    assert.equal(await drive.state(), "5 |  | none");
  });

  test("outlive nexus and reset, and end when the drive loses power", async (t) => {
    const drive = await Shared.open(t);
    const unit = drive.bench.library.units.get(1);
    await drive.registerAll();
    await drive.out(0, RESERVE, [1, 0], { type: EXCLUSIVE });
    const { initiatorName, isid } = drive.of(0);
    unit?.nexus(drive.of(0), "lost");
    unit?.nexus(drive.of(1), "lu-reset");
    drive.servers[0] = { id: 1_000_000, initiatorName, isid };
    drive.bench.establish(drive.of(0));
    assert.deepEqual(await drive.told(), ["6/29/07", "6/29/03", "6/29/03"]);
    assert.equal(await drive.state(), "3 | 1 2 3 | 1 type 3");
    assert.equal(await drive.send(1, [0x08, 0, 0, 0, 9]), CONFLICT);
    drive.bench.library.setFault("drive 1 reset");
    assert.deepEqual(await drive.told(), ["6/29/00", "6/29/00", "6/29/00"]);
    assert.equal(await drive.state(), "0 |  | none");
  });

  test("are refused for their form before anything else, and beyond 64", async (t) => {
    const drive = await Shared.open(t);
    assert.equal(await drive.out(0, 7, [0, 1]), "5/24/00");
    assert.equal(await drive.out(0, REGISTER, [0, 1], { bytes: 23 }), "5/1A/00");
    assert.equal(await drive.out(0, REGISTER, [0, 1], { bytes: 28 }), "5/1A/00");
    for (const flags of [0x01, 0x08]) {
      assert.equal(await drive.out(0, REGISTER, [0, 1], { flags }), "5/26/00");
    }
    assert.equal(await drive.out(0, REGISTER, [0, 1], { flags: 0x04 }), "GOOD");
    assert.equal(await drive.send(0, [0x5e, 4, 0, 0, 0, 0, 0, 1, 0]), "5/24/00");
    for (let count = 1; count < 64; count += 1) {
      drive.servers[2] = newNexus(`iqn.2026-11.com.example:${count}`);
      assert.equal(await drive.out(2, REGISTER, [0, 1]), "GOOD");
    }
    assert.equal(await drive.out(1, REGISTER, [0, 1]), "5/55/04");
    assert.equal(await drive.out(0, REGISTER, [1, 9]), "GOOD");
  });

  test("are told with holder, type, port and TransportID; and what can be reserved", async (t) => {
    const drive = await Shared.open(t);
    assert.equal((await drive.in(2)).toString("hex"), "00080480ea010000");
    await drive.registerAll();
    await drive.out(1, RESERVE, [2, 0], { type: ACCESS_REGISTRANTS });
    const status = await drive.in(3);
    assert.equal(status.readUInt32BE(4), status.length - 8);
    const second = status.subarray(8 + 24 + 4 + 44);
    assert.equal(second.readBigUInt64BE(0), 2n);
    assert.deepEqual([...second.subarray(12, 14)], [1, 6]);
    assert.equal(second.readUInt16BE(18), 1);
    assert.equal(second.readUInt32BE(20), 48);
    assert.equal(second.subarray(24, 28).toString("hex"), "4500002c");
    const name = second
      .subarray(28, 28 + 44)
      .toString()
      .replace(/\0+$/, "");
    assert.equal(name, "iqn.2026-11.com.example:b,i,0x00023d000001");
    assert.deepEqual([...status.subarray(20, 22)], [0, 0]);
    assert.equal((await drive.outcome(0, [0x5e, 3, 0, 0, 0, 0, 0, 0, 20])).dataIn.length, 20);
  });
});

describe("a persistent reservation", () => {
  test("needs registration, key, scope and type; whoever has it may ask again", async (t) => {
    const drive = await Shared.open(t);
    for (const action of [RESERVE, RELEASE, CLEAR, PREEMPT, ABORT]) {
      assert.equal(await drive.out(0, action, [0, 0], { type: 1 }), CONFLICT);
    }
    await drive.registerAll();
    assert.equal(await drive.out(0, RESERVE, [2, 0], { type: 1 }), CONFLICT);
    for (const type of [0, 2, 4, 9, 15]) {
      assert.equal(await drive.out(0, RESERVE, [1, 0], { type }), "5/24/00");
    }
    assert.equal(await drive.out(0, RESERVE, [1, 0], { type: 1, scope: 2 }), "5/24/00");
    assert.equal(await drive.out(0, RESERVE, [1, 0], { type: 1 }), "GOOD");
    assert.equal(await drive.out(0, RESERVE, [1, 0], { type: 1 }), "GOOD");
    assert.equal(await drive.out(0, RESERVE, [1, 0], { type: 3 }), CONFLICT);
    assert.equal(await drive.out(1, RESERVE, [2, 0], { type: 1 }), CONFLICT);
    assert.equal(await drive.state(), "3 | 1 2 3 | 1 type 1");
  });

  for (const type of TYPES) {
    test(`of type ${type} stops what it has to, for whom it has to`, async (t) => {
      const drive = await Shared.open(t);
      assert.equal(await drive.out(0, REGISTER, [0, 1]), "GOOD");
      assert.equal(await drive.out(1, REGISTER, [0, 2]), "GOOD");
      assert.equal(await drive.out(0, RESERVE, [1, 0], { type }), "GOOD");
      const [stopped, stoppedByAccess] = [CONFLICT, isOfAccess(type) ? CONFLICT : "GOOD"];
      const without = { changes: stopped, reads: stoppedByAccess };
      const within = { changes: "GOOD", reads: "GOOD" };
      const registered = type >= WRITE_REGISTRANTS ? within : without;
      for (const [server, { changes, reads }] of [within, registered, without].entries()) {
        assert.equal(await drive.send(server, [0x0a, 0, 0, 0, 9], record(9)), changes);
        assert.equal(await drive.send(server, [0x01]), reads);
        assert.equal(await drive.send(server, [0x1a, 0, 0, 0, 4]), reads);
        assert.equal(await drive.send(server, [0x1e, 0, 0, 0, 1]), changes);
        for (const free of [[0x00], [0x12], [0x5e, 0, 0, 0, 0, 0, 0, 1, 0], [0x1e]]) {
          assert.equal(await drive.send(server, free), "GOOD");
        }
      }
    });

    test(`of type ${type} is released, or ends with who holds it; those with a part are told`, async (t) => {
      const drive = await Shared.open(t);
      const isOfAll = type >= WRITE_ALL;
      const told = type >= WRITE_REGISTRANTS ? ["", RELEASED, RELEASED] : ["", "", ""];
      await drive.registerAll();
      assert.equal(await drive.out(0, RELEASE, [1, 0], { type }), "GOOD");
      await drive.out(0, RESERVE, [1, 0], { type });
      assert.equal(await drive.out(0, RELEASE, [1, 0], { type: type ^ 2 }), "5/26/04");
      assert.equal(await drive.out(0, RELEASE, [1, 0], { type, scope: 1 }), "5/26/04");
      if (!isOfAll) {
        assert.equal(await drive.out(1, RELEASE, [2, 0], { type }), "GOOD");
      }
      assert.equal(await drive.state(), `3 | 1 2 3 | ${isOfAll ? 0 : 1} type ${type}`);
      assert.equal(await drive.out(0, RELEASE, [1, 0], { type }), "GOOD");
      assert.deepEqual(await drive.told(), told);
      await drive.out(0, RESERVE, [1, 0], { type });
      assert.equal(await drive.out(0, REGISTER, [1, 0]), "GOOD");
      assert.deepEqual(await drive.told(), isOfAll ? ["", "", ""] : told);
      assert.equal(await drive.state(), `4 | 2 3 | ${isOfAll ? `0 type ${type}` : "none"}`);
      await drive.out(1, REGISTER, [2, 0]);
      await drive.out(2, REGISTER, [3, 0]);
      assert.equal(await drive.state(), "6 |  | none");
    });
  }

  test("is cleared by any registrant, with all registrations", async (t) => {
    const drive = await Shared.open(t);
    await drive.registerAll();
    await drive.out(0, RESERVE, [1, 0], { type: EXCLUSIVE });
    assert.equal(await drive.out(2, CLEAR, [3, 0]), "GOOD");
    assert.deepEqual(await drive.told(), [PREEMPTED, PREEMPTED, ""]);
    assert.equal(await drive.state(), "4 |  | none");
  });
});

describe("PREEMPT", () => {
  /** Who holds which type at first; by whom, which key and type; the answer, who is told, the state. */
  const CASES: readonly [string, number, [number, number, number], string, string[], string][] = [
    [
      "takes over, another type",
      5,
      [1, 1, 6],
      "GOOD",
      [REMOVED, "", RELEASED],
      "4 | 2 3 | 2 type 6",
    ],
    ["takes over, the same type", 1, [1, 1, 1], "GOOD", [REMOVED, "", ""], "4 | 2 3 | 2 type 1"],
    ["changes its own", 1, [0, 1, 3], "GOOD", ["", RELEASED, RELEASED], "4 | 1 2 3 | 1 type 3"],
    ["ends another's registration", 1, [1, 3, 3], "GOOD", ["", "", REMOVED], "4 | 1 2 | 1 type 1"],
    ["ends its own registration", 1, [1, 2, 3], "GOOD", ["", "", ""], "4 | 1 3 | 1 type 1"],
    ["of a key that nobody has", 1, [1, 9, 3], CONFLICT, ["", "", ""], "3 | 1 2 3 | 1 type 1"],
    ["of key 0, one holds it", 1, [1, 0, 3], "5/26/00", ["", "", ""], "3 | 1 2 3 | 1 type 1"],
    ["of key 0, all hold it", 7, [1, 0, 3], "GOOD", [REMOVED, "", REMOVED], "4 | 2 | 2 type 3"],
    ["of a key, all hold it", 7, [1, 1, 3], "GOOD", [REMOVED, "", ""], "4 | 2 3 | 0 type 7"],
    ["nothing is reserved", 0, [1, 1, 3], "GOOD", [REMOVED, "", ""], "4 | 2 3 | none"],
    ["of no type", 1, [1, 1, 2], "5/24/00", ["", "", ""], "3 | 1 2 3 | 1 type 1"],
  ];
  for (const [what, held, [server, key, type], answer, told, state] of CASES) {
    test(what, async (t) => {
      const drive = await Shared.open(t);
      await drive.registerAll();
      if (held !== 0) {
        await drive.out(0, RESERVE, [1, 0], { type: held });
      }
      assert.equal(await drive.out(server, PREEMPT, [server + 1, key], { type }), answer);
      assert.deepEqual(await drive.told(), told);
      assert.equal(await drive.state(), state);
    });
  }

  test("AND ABORT allows what the preempted had prevented; PREEMPT does not", async (t) => {
    for (const [action, isPrevented] of [
      [PREEMPT, true],
      [ABORT, false],
    ] as const) {
      const drive = await Shared.open(t);
      await drive.registerAll();
      await drive.out(0, RESERVE, [1, 0], { type: WRITE_EXCLUSIVE });
      await drive.send(0, [0x1e, 0, 0, 0, 1]);
      assert.equal(await drive.out(1, action, [2, 1], { type: WRITE_EXCLUSIVE }), "GOOD");
      assert.equal(await drive.send(1, [0x1b]), isPrevented ? "5/53/02" : "GOOD");
    }
  });
});

test("the changer has them too", async (t) => {
  const drive = await Shared.open(t);
  for (const server of [0, 1]) {
    await drive.outcome(server, [0], undefined, 0);
  }
  assert.equal(await drive.out(0, REGISTER, [0, 1], { lun: 0 }), "GOOD");
  assert.equal(await drive.out(0, RESERVE, [1, 0], { type: EXCLUSIVE, lun: 0 }), "GOOD");
  const status = [0xb8, 0, 0, 0, 0, 1, 0, 0, 0, 255, 0, 0];
  assert.equal(word(await drive.outcome(1, status, undefined, 0)), CONFLICT);
  assert.equal(word(await drive.outcome(0, status, undefined, 0)), "GOOD");
  assert.equal(await drive.send(1, [0x01]), "GOOD");
});
