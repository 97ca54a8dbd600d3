/**
 * kill -9 at the steps of a recovery in front of Debian's tgt, a library that nobody here wrote. The next
 * start finds what was promised and finishes what was owed; the cartridge is read by the rig's own reader.
 */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { type TgtLibrary, tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";
import {
  GIVEN_UP,
  givenUp,
  PROMISED_COUNT,
  promisedTo,
  readsObjects,
  UNBUFFERED,
} from "./given-up.ts";
import { recordWord, type Server } from "./server.ts";
import { TgtStage, VOLUME } from "./tgt-stage.ts";

const LIMIT = { timeout: 60_000, skip: tgtMissing() };
const SPARES = ["--lanes", "1", "--spare-media", "TB0003L6,TB0004L6"];
const NO_SPARES = ["--lanes", "3", "--spare-media", "none"];
const FIRST_DRIVE = ["--tid", "1", "--lun", "1"];

function failWrites(tgt: TgtLibrary): Promise<void> {
  return tgt.fault(`w 5 0 ${VOLUME}`);
}

/** How something fails, and the steps that are said then. */
interface Plan {
  readonly name: string;
  readonly fail: (tgt: TgtLibrary) => Promise<void>;
  readonly labels: readonly string[];
  /** The volume ends on a spare cartridge. */
  readonly isReplaced: boolean;
}

const PLANS: readonly Plan[] = [
  {
    name: "every write to the cartridge fails",
    fail: failWrites,
    labels: ["604", "605", "606", "607", "608", "611", "631", "632", "633", "617"],
    isReplaced: true,
  },
  {
    name: "the drive is offline",
    fail: (tgt) =>
      tgt.admin([
        ...["--mode", "logicalunit", "--op", "update"],
        ...[...FIRST_DRIVE, "--params", "online=0"],
      ]),
    labels: ["607", "612", "614", "616"],
    isReplaced: false,
  },
];

for (const plan of PLANS) {
  for (const label of plan.labels) {
    test(`[${label}] killed there, the library is tgt: ${plan.name}`, LIMIT, (t) =>
      killedAt(t, plan, label),
    );
  }
}

/** Writes and promises, then lets it fail and kills the bridge at that step. */
async function killed(
  stage: TgtStage,
  fail: (tgt: TgtLibrary) => Promise<void>,
  label: string,
): Promise<Server> {
  const server = await promisedTo(stage);
  await fail(stage.tgt);
  let isCut = false;
  const wrote = server.writeMany(10).catch((thrown) => assert.ok(isCut, String(thrown)));
  await stage.bridge.lines.until(new RegExp(` step ${label} `));
  isCut = true;
  await stage.bridge.kill();
  await wrote;
  return server;
}

async function killedAt(t: TestContext, plan: Plan, label: string): Promise<void> {
  const stage = await TgtStage.open(t, SPARES);
  const server = await killed(stage, plan.fail, label);
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape);
  await again.filemarks(0);
  await again.space(3, 0);
  const end = await again.position();
  assert.ok(end >= PROMISED_COUNT, `${end} objects of ${PROMISED_COUNT} promised`);
  again.tape.splice(end);
  await again.locate(again.tape.length);
  await again.writeMany(5);
  await again.filemarks(1);
  await again.readBack();
  await stage.recoveredAll();
  await again.filemarks(0);
  await again.logOut();
  const { ring, cartridge } = await stage.lane();
  assert.ok(ring.protected);
  const { volumeTag, realVolumeTag = "" } = cartridge ?? {};
  assert.equal(volumeTag, VOLUME);
  assert.equal(realVolumeTag !== VOLUME, plan.isReplaced, realVolumeTag);
  const { spareMedia } = await stage.status();
  assert.ok(!spareMedia.some((spare) => spare.volumeTag === realVolumeTag));
  await stage.tapeIs(realVolumeTag, again.tape);
}

for (const row of GIVEN_UP) {
  test(`[609] the library is tgt, no spare: ${row.name}`, LIMIT, async (t) => {
    const stage = await TgtStage.open(t, NO_SPARES);
    const failing = {
      volume: VOLUME,
      failWrites: () => failWrites(stage.tgt),
      mend: () => stage.tgt.fault(""),
    };
    await givenUp(stage, failing, row);
  });
}

test("[609] the library is tgt, killed, and the next start has spares", LIMIT, async (t) => {
  const stage = await TgtStage.open(t, NO_SPARES);
  const server = await promisedTo(stage);
  await failWrites(stage.tgt);
  await server.good(UNBUFFERED, { dataOut: Buffer.alloc(4) });
  assert.equal((await server.tryWrite())?.words, "3/0C/00");
  await server.filemarks(0);
  await stage.bridge.kill();
  await stage.startBridge(SPARES);
  const again = await stage.server();
  again.tape.push(...server.tape);
  // What the failed write left is cut off; the next record that fails has a spare to go to.
  await again.filemarks(1);
  assert.equal(await again.position(), PROMISED_COUNT + 1);
  await stage.tapeIs(VOLUME, again.tape);
  await again.writeMany(5);
  await again.filemarks(0);
  await stage.recoveredAll();
  await again.filemarks(0);
  await again.logOut();
  const { ring, cartridge } = await stage.lane();
  assert.ok(ring.protected);
  assert.equal(cartridge?.volumeTag, VOLUME);
  assert.notEqual(cartridge?.realVolumeTag, VOLUME);
  await stage.tapeIs(cartridge?.realVolumeTag ?? "", again.tape);
});

/** What another server does with the cartridge while the bridge is not there. */
const ELSEWHERE = [
  { name: "a record behind the last one", kept: PROMISED_COUNT },
  { name: "the last record, in the same length", kept: PROMISED_COUNT - 1 },
];

for (const { name, kept } of ELSEWHERE) {
  test(`killed, and written elsewhere, the library is tgt: ${name}`, LIMIT, async (t) => {
    const stage = await TgtStage.open(t, SPARES);
    const server = await promisedTo(stage);
    await stage.bridge.kill();
    const other = await stage.direct();
    other.tape.push(...server.tape.slice(0, kept));
    await readsObjects(other);
    const length = Number.parseInt(server.tape[kept] ?? "512", 10);
    const data = randomBytes(length);
    await other.good([0x0a, 0, ...[16, 8, 0].map((by) => (length >> by) & 0xff), 0], {
      dataOut: data,
    });
    other.tape.push(recordWord(data));
    await other.logOut();
    await stage.startBridge();
    const again = await stage.server();
    again.tape.push(...other.tape);
    assert.ok(!(await stage.lane()).ring.protected);
    await readsObjects(again);
    await again.logOut();
    const sums = await stage.tgt.list(VOLUME);
    assert.equal(sums.length, other.tape.length + 1);
    const sha1 = createHash("sha1").update(data).digest("hex");
    assert.equal(sums[kept], `R ${length} ${sha1}`);
  });
}
