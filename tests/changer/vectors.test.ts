/** Element status as real libraries give it (tests/vectors/changer-element-status.md), read by the core. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Bench, moveCdb, outcome, seen } from "./bench.ts";
import { type Answer, ModelLibrary, sense } from "./model-library.ts";

const FILE = new URL("../vectors/changer-element-status.md", import.meta.url);

function vectors(): Map<string, Buffer> {
  const sections = readFileSync(FILE, "utf8").split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [name = ""] = section.split("\n", 1);
      const hex = /```hex\n([^`]*)```/.exec(section)?.[1] ?? "";
      return [name, Buffer.from(hex.replace(/\s/g, ""), "hex")];
    }),
  );
}

/** Answers with what was recorded; moves are taken note of. */
class RecordedLibrary extends ModelLibrary {
  readonly moved: string[] = [];
  readonly #name: string;
  readonly #vectors = vectors();

  constructor(name: string, serials: readonly string[]) {
    super(serials.map((serial, n) => ({ type: 4, address: n, tag: undefined, source: 0, serial })));
    this.#name = name;
  }

  override command(cdb: Buffer): Answer {
    const nothing = { status: 0, sense: Buffer.alloc(0), data: Buffer.alloc(0) };
    switch (cdb.readUInt8(0)) {
      case 0x1a:
        return { ...nothing, data: this.#find("MODE SENSE") };
      case 0xb8: {
        // What stands where after a move was not recorded: a library that cannot say it is believed.
        if (this.moved.length > 0) return { ...nothing, status: 2, sense: sense(5, 0x2101) };
        const named = (cdb.readUInt8(6) & 1) !== 0 ? " DVCID" : "";
        return { ...nothing, data: this.#find(`type ${cdb.readUInt8(1) & 0xf}${named}`) };
      }
      case 0xa5:
        this.moved.push(cdb.toString("hex", 2, 8));
        return nothing;
      default:
        return nothing;
    }
  }
  #find(what: string): Buffer {
    const bytes = this.#vectors.get(`${this.#name}: ${what}`);
    assert.ok(bytes, `no vector "${this.#name}: ${what}"`);
    return bytes;
  }
}

async function serve(name: string, serials: readonly string[]): Promise<Bench> {
  const b = await Bench.started({ library: new RecordedLibrary(name, serials), lanes: 1 });
  assert.equal(b.started, 0);
  return b;
}
function places(b: Bench, type: number): [number, string | undefined][] {
  return seen(b).flatMap((one) => (one.type === type ? [[one.address, one.tag]] : []));
}

test("tgtd: short data, all cartridges and addresses", async () => {
  const b = await serve("tgtd", ["TGTDRV0003", "TGTDRV0001", "TGTDRV0002"]);
  assert.deepEqual(places(b, 2), [
    [1000, "TB0001L6"],
    [1001, "TB0002L6"],
    [1002, "TB0003L6"],
    [1003, "TB0004L6"],
    [1005, "CLNU01L1"],
    [1006, undefined],
    [1007, undefined],
  ]);
  assert.deepEqual(places(b, 3), [
    [16, undefined],
    [17, undefined],
  ]);
  assert.deepEqual(places(b, 4), [[258, undefined]], "lane 1 has the drive that was matched last");
  b.ask(moveCdb(1000, 258));
  assert.ok(b.library instanceof RecordedLibrary);
  assert.deepEqual(b.library.moved, ["000103e80102"]);
});

test("practice library: drives by serial number", async () => {
  const b = await serve("practice", ["PRACDRV002", "PRACDRV001"]);
  assert.deepEqual(places(b, 2), [
    [0x1000, "UND001L9"],
    [0x1001, "UND002L9"],
    [0x1003, "CLNU01L1"],
  ]);
  assert.deepEqual(places(b, 4), [[0x101, undefined]]);
  const move = moveCdb(0x1001, 0x101);
  move[3] = 0;
  assert.equal(outcome(b.ask(move)), "good");
  assert.ok(b.library instanceof RecordedLibrary);
  assert.deepEqual(b.library.moved, ["000010010101"]);
});
