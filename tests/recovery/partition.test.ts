/** A cartridge that the server has divided: each partition is a tape of its own, also on the spare that stands in. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, watch } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Stage } from "./kit.ts";
import { divide, locateIn, partitionsShown, placeOf } from "./partition-commands.ts";
import type { Server, TapeObject } from "./server.ts";

const LIMIT = { timeout: 60_000 };
const RECORD_BYTES = 5000;

/** A server that keeps what is on each partition. */
class Divided {
  readonly server: Server;
  readonly tapes: TapeObject[][];
  #current = 0;

  private constructor(server: Server, count: number) {
    this.server = server;
    this.tapes = Array.from({ length: count }, () => []);
  }

  /** Divides the cartridge: partition 0 gets what the others, of `sizes` units, leave. */
  static async format(server: Server, sizes: readonly number[]): Promise<Divided> {
    await divide(server, sizes);
    return Divided.of(server, sizes.length + 1);
  }

  /** A cartridge that was divided into so many. */
  static of(server: Server, count: number): Divided {
    server.tape.length = 0;
    return new Divided(server, count);
  }

  /** The same cartridge, another session. */
  continuedBy(server: Server, current: number): Divided {
    this.#keep();
    const next = new Divided(server, this.tapes.length);
    for (const [index, tape] of this.tapes.entries()) {
      next.tapes[index]?.push(...tape);
    }
    next.#current = current;
    server.tape.push(...(next.tapes[current] ?? []));
    return next;
  }

  #keep(): void {
    this.tapes[this.#current] = [...this.server.tape];
  }

  /** LOCATE(16) to the end of a partition. */
  async enter(partition: number): Promise<void> {
    this.#keep();
    this.#current = partition;
    await locateIn(this.server, partition, "end");
    this.server.tape.length = 0;
    this.server.tape.push(...(this.tapes[partition] ?? []));
    assert.deepEqual(await this.place(), [partition, this.server.tape.length]);
  }

  place(): Promise<[partition: number, object: number]> {
    return placeOf(this.server);
  }

  /** Every partition, read by the server from its beginning. */
  async reads(): Promise<void> {
    this.#keep();
    for (const [partition, tape] of this.tapes.entries()) {
      await this.enter(partition);
      await this.server.rewind();
      assert.deepEqual(await this.place(), [partition, 0]);
      assert.deepEqual(this.server.tape, tape);
      await this.server.readBack();
    }
  }

  /** Every partition as the cartridge's files have it. */
  async isOn(stage: Stage, barcode: string): Promise<void> {
    this.#keep();
    for (const [partition, tape] of this.tapes.entries()) {
      await stage.tapeIs(partition === 0 ? barcode : `${barcode}.p${partition}`, tape);
    }
  }
}

/** Mounts, divides into two, and writes both. */
async function dividedInTwo(stage: Stage): Promise<Divided> {
  const server = await stage.mounted();
  const divided = await Divided.format(server, [200]);
  assert.equal(await partitionsShown(server), 2);
  await server.writeMany(5, RECORD_BYTES);
  await server.filemarks(1);
  await divided.enter(1);
  await server.writeMany(7, RECORD_BYTES);
  await server.filemarks(2);
  return divided;
}

test(
  "two partitions are written, left and entered again, and stay over a remount",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const divided = await dividedInTwo(stage);
    await divided.enter(0);
    await divided.server.writeMany(3, RECORD_BYTES);
    await divided.enter(1);
    await divided.server.writeMany(2, RECORD_BYTES);
    await divided.server.filemarks(1);
    await divided.isOn(stage, "UND001L9");
    await divided.reads();
    await divided.server.unload();
    await divided.server.load();
    await divided.server.settle();
    assert.deepEqual(await divided.place(), [0, 0]);
    await divided.reads();
    const { lanes } = await stage.status();
    assert.equal(lanes[0]?.ring.protected, true);
    await divided.server.logOut();
  },
);

test("a partition that is empty is known to be that after a restart", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await Divided.format(server, [200]);
  await server.writeMany(3, RECORD_BYTES);
  await server.filemarks(1);
  await server.logOut();
  await stage.bridge.stop();
  await stage.startBridge();
  const again = await stage.server();
  assert.equal((await stage.status()).lanes[0]?.ring.protected, true);
  again.tape.push(...server.tape);
  await stage.fault(`cartridge UND001L9 write fail at ${again.tape.length + 1}`);
  await again.space(3, 0);
  await again.writeMany(3, RECORD_BYTES);
  await again.filemarks(1);
  assert.equal((await stage.recovered()).result, "recovered");
  const wrote = [...again.tape];
  const divided = Divided.of(again, 2);
  again.tape.push(...wrote);
  await divided.reads();
  await divided.isOn(stage, "UND008L9");
  await again.logOut();
});

test("a drive fails in the second partition: another one goes on there", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const divided = await dividedInTwo(stage);
  await divided.server.writeMany(2, RECORD_BYTES);
  await stage.fault("drive 1 write fail");
  await divided.server.writeMany(6, RECORD_BYTES);
  await divided.server.filemarks(1);
  const recovery = await stage.recovered();
  assert.deepEqual([recovery.kind, recovery.result], ["drive", "recovered"]);
  await divided.enter(0);
  await divided.server.writeMany(2, RECORD_BYTES);
  await divided.server.filemarks(1);
  await divided.isOn(stage, "UND001L9");
  await divided.reads();
  await divided.server.logOut();
});

for (const current of [0, 1]) {
  test(
    `the cartridge fails in partition ${current}: the spare is divided, and has both`,
    LIMIT,
    async (t) => {
      const stage = await Stage.open(t);
      const divided = await dividedInTwo(stage);
      await divided.enter(current);
      const at = divided.server.tape.length;
      await stage.fault(`cartridge UND001L9 write fail at ${at + 2}`);
      await divided.server.writeMany(6, RECORD_BYTES);
      await divided.server.filemarks(1);
      const recovery = await stage.recovered();
      assert.deepEqual([recovery.kind, recovery.result], ["medium", "recovered"]);
      await divided.isOn(stage, "UND008L9");
      assert.equal(await partitionsShown(divided.server), 2);
      await divided.enter(1 - current);
      await divided.server.writeMany(2, RECORD_BYTES);
      await divided.server.filemarks(1);
      await divided.isOn(stage, "UND008L9");
      await divided.reads();
      const { lanes } = await stage.status();
      assert.equal(lanes[0]?.ring.protected, true);
      await divided.server.logOut();
    },
  );
}

/** In which state of the recovery the bridge is killed: words of the library about the spare's partitions. */
const LARGE_BYTES = 262_144;

/** The spare is looked at; it has been divided, and is being copied to. */
const MOMENTS: readonly (readonly [string, (stage: Stage) => Promise<void>])[] = [
  ["verified", (stage) => stage.step(632)],
  ["copied to", isDividedOn],
];

/** The library has a file for partition 1 of the spare. */
async function isDividedOn(stage: Stage): Promise<void> {
  const folder = join(stage.folder, "library");
  const watcher = watch(folder);
  const name = "UND008L9.p1.tap";
  while (!existsSync(join(folder, name))) {
    await once(watcher, "change");
  }
  watcher.close();
}

for (const [current, [what, when]] of [0, 1].flatMap((one) =>
  MOMENTS.map((of) => [one, of] as const),
)) {
  test(
    `killed while the spare is ${what}, partition ${current} current: the next start makes it whole`,
    LIMIT,
    async (t) => {
      const stage = await Stage.open(t, { isChild: true, library: ["--rate", "20M"] });
      const divided = await dividedInTwo(stage);
      await divided.enter(1 - current);
      await divided.server.writeMany(40, LARGE_BYTES);
      await divided.enter(current);
      await divided.server.writeMany(3, LARGE_BYTES);
      await divided.server.filemarks(1);
      const promised = divided.server.tape.length;
      await stage.fault("cartridge UND001L9 write fail");
      const wrote = divided.server.writeMany(4, LARGE_BYTES).catch(() => undefined);
      await when(stage);
      await stage.bridge.kill();
      await wrote;
      await stage.startBridge();
      const again = divided.continuedBy(await stage.server(), current);
      const end = (await again.place())[1];
      assert.ok(end >= promised, `${end} objects of ${promised} promised`);
      again.server.tape.length = Math.min(end, again.server.tape.length);
      await again.enter(current);
      await again.server.locate(again.server.tape.length);
      await again.server.writeMany(2, RECORD_BYTES);
      await again.server.filemarks(1);
      for (const { result, cause } of await stage.recoveredAll()) {
        assert.equal(result, "recovered", cause);
      }
      assert.equal(await partitionsShown(again.server), 2);
      await again.reads();
      const [lane] = (await stage.status()).lanes;
      assert.equal(lane?.ring.protected, true);
      await again.server.logOut();
      await again.isOn(stage, lane?.cartridge?.realVolumeTag ?? "");
    },
  );
}

/** LTFS's own way (mkltfs): page 11h of 28 bytes with header and descriptor, changed and given back; sizes in GB. */
async function formatAsLtfs(server: Server): Promise<void> {
  const list = Buffer.alloc(28);
  await server.load();
  await server.good([0x5a, 0, 0x11, 0, 0, 0, 0, 0, list.length, 0], { dataIn: list });
  const bytes = list.readUInt16BE(0) + 2;
  const page = Buffer.concat([list, Buffer.alloc(Math.max(0, bytes - list.length))]);
  page.writeUInt16BE(0, 0);
  page.writeUInt8(1, 19);
  page.writeUInt8(0x20 | (page.readUInt8(20) & 0x1f), 20);
  page.writeUInt8(9, 22);
  page.set([0, 1, 0xff, 0xff], 24);
  await server.good([0x55, 0x10, 0, 0, 0, 0, 0, page.length >> 8, page.length & 0xff, 0], {
    dataOut: page,
  });
  await server.good([0x04, 0, 1, 0, 0, 0]);
}

test(
  "LTFS's index is written again and again in one partition, the data in the other",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, {
      capacities: { UND001L9: 20_000_000_000, UND008L9: 20_000_000_000 },
    });
    const server = await stage.mounted();
    await formatAsLtfs(server);
    const divided = Divided.of(server, 2);
    for (const partition of [1, 0]) {
      await divided.enter(partition);
      await server.write(80);
      await server.filemarks(1);
      await server.write(65_536);
      await server.filemarks(1);
    }
    await stage.fault("cartridge UND001L9 write fail at 9");
    for (let index = 0; index < 3; index += 1) {
      await divided.enter(1);
      await server.writeMany(4, 65_536);
      await server.filemarks(1);
      await divided.enter(0);
      // The index is written over the one before it, behind the label.
      await server.locate(2);
      server.tape.length = 2;
      await server.writeMany(1 + index, 65_536);
      await server.filemarks(1);
    }
    const recoveries = await stage.recoveredAll();
    assert.deepEqual(
      recoveries.map(({ result }) => result),
      ["recovered"],
    );
    await divided.reads();
    await divided.isOn(stage, "UND008L9");
    await server.logOut();
  },
);

test(
  "four partitions, one of them empty: the spare has them all, also after a second failure",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t, { bridge: ["--spare-media", "UND007L9,UND008L9"] });
    const server = await stage.mounted();
    const divided = await Divided.format(server, [100, 50, 20]);
    for (const partition of [3, 1, 2]) {
      await divided.enter(partition);
      await server.writeMany(2 + partition, RECORD_BYTES);
      await server.filemarks(1);
    }
    await stage.fault("cartridge UND001L9 write fail");
    await stage.fault("cartridge UND007L9 write fail at 2 partition 3");
    await server.writeMany(3, RECORD_BYTES);
    await server.filemarks(1);
    const [recovery] = await stage.recoveredAll();
    assert.deepEqual([recovery?.kind, recovery?.result], ["medium", "recovered"]);
    assert.equal(await partitionsShown(server), 4);
    await divided.reads();
    await divided.isOn(stage, "UND008L9");
    await server.logOut();
  },
);

test(
  "the only spare fails while it is copied to: the volume's own cartridge is back, with all that it had",
  LIMIT,
  async (t) => {
    const stage = await Stage.open(t);
    const divided = await dividedInTwo(stage);
    const { server } = divided;
    const before = server.tape.length;
    await stage.fault("cartridge UND001L9 write fail");
    await stage.fault("cartridge UND008L9 write fail at 2 partition 0");
    await server.tryWrite(RECORD_BYTES);
    const { result } = await stage.recovered();
    assert.equal(result, "reported");
    await server.checked([0x10, 0, 0, 0, 1, 0]);
    server.tape.length = before;
    await stage.fault("clear");
    await divided.reads();
    await divided.isOn(stage, "UND001L9");
    await server.logOut();
  },
);
