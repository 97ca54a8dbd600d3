/**
 * kill -9 at the steps of a recovery in front of Debian's tgt, a library that nobody here wrote. The next
 * start finds what was promised and finishes what was owed; the cartridge is read by the rig's own reader.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { askStatus } from "../../host/console/status.ts";
import { parseElementStatus } from "../../tools/demo/changer-client.ts";
import { startTgt, type TgtLibrary, tgtMissing } from "../../tools/rigs/tgt/tgt-library.ts";
import { type Command, runChild } from "./command.ts";
import { FILEMARK, recordOf, Server, type TapeObject } from "./server.ts";

const LIMIT = { timeout: 60_000, skip: tgtMissing() };
const VOLUME = "TB0001L6";
const BARCODES = `${VOLUME} TB0002L6 TB0003L6 TB0004L6`;
const SIZE_MEBIBYTES = 64;
const BRIDGE = ["--lanes", "1", "--spare-media", "TB0003L6,TB0004L6", "--ring-size", "128M"];
const PROMISED_COUNT = 20;
const FIRST_DRIVE = ["--tid", "1", "--lun", "1"];
const ELEMENTS_BYTES = 0x1000;

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
    fail: (tgt) => tgt.fault(`w 5 0 ${VOLUME}`),
    // tgt leaves the record that failed on the tape: before it is durable that a recovery is owed (604 to 611),
    // that is another tape than the ring's.
    labels: ["631", "632", "633", "617"],
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
    test(`[${label}] killed there, the library is tgt: ${plan.name}`, LIMIT, async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "kill-tgt-"));
      const tgt = await startTgt({
        ...{ tune: true, faults: true, directory: folder },
        ...{ barcodes: BARCODES, sizeMebibytes: SIZE_MEBIBYTES },
      });
      t.after(async () => {
        await tgt.stop();
        await rm(folder, { recursive: true, force: true });
      });
      await killedAt(t, { tgt, folder, plan, label });
    });
  }
}

interface Scene {
  readonly tgt: TgtLibrary;
  readonly folder: string;
  readonly plan: Plan;
  readonly label: string;
}

async function killedAt(t: TestContext, { tgt, folder, plan, label }: Scene): Promise<void> {
  const state = join(folder, "state");
  const start = (): Promise<Command> =>
    runChild([
      ...["start", "--library", `iscsi://${tgt.host}:${tgt.port}/${tgt.targetName}`],
      ...["--listen", "127.0.0.1:0", "--state", state, ...BRIDGE],
    ]);
  const first = await start();
  const server = await mounted(first);
  await server.writeMany(PROMISED_COUNT);
  await server.filemarks(0);
  await plan.fail(tgt);
  let isCut = false;
  const wrote = server.writeMany(10).catch((thrown) => assert.ok(isCut, String(thrown)));
  await first.lines.until(new RegExp(` step ${label} `));
  isCut = true;
  await first.kill();
  await wrote;

  const second = await start();
  t.after(() => second.stop());
  const again = await Server.logIn(second.url, 1);
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
  await again.logOut();
  const { lanes, spareMedia } = await askStatus(state);
  const { volumeTag, realVolumeTag = "" } = lanes[0]?.cartridge ?? {};
  assert.equal(volumeTag, VOLUME);
  assert.equal(realVolumeTag !== VOLUME, plan.isReplaced, realVolumeTag);
  assert.ok(!spareMedia.some((spare) => spare.volumeTag === realVolumeTag));
  assert.deepEqual(await tgt.list(realVolumeTag), listingOf(again.tape));
}

/** Moves the volume into the lane's drive, then logs in to the lane. */
async function mounted(bridge: Command): Promise<Server> {
  const changer = await Server.logIn(bridge.url, 0);
  const dataIn = Buffer.alloc(ELEMENTS_BYTES);
  const allocation = [0, ELEMENTS_BYTES >> 8, 0];
  const cdb = (type: number): number[] => [
    ...[0xb8, 0x10 | type, 0, 0, 0xff, 0xff, 0, ...allocation, 0, 0],
  ];
  const elements = async (type: number) =>
    parseElementStatus(dataIn.subarray(0, await changer.good(cdb(type), { dataIn })));
  const slot = (await elements(2)).find((element) => element.volumeTag === VOLUME);
  const [drive] = await elements(4);
  assert.ok(slot !== undefined && drive !== undefined);
  await changer.move(slot.address, drive.address);
  await changer.logOut();
  return Server.logIn(bridge.url, 1);
}

/** The lines that the rig's reader has for such a tape. */
function listingOf(tape: readonly TapeObject[]): string[] {
  const objects = tape.map((object, index) => {
    if (object === FILEMARK) {
      return "FM";
    }
    const length = Number.parseInt(object, 10);
    const sha1 = createHash("sha1").update(recordOf(index, length)).digest("hex");
    return `R ${length} ${sha1}`;
  });
  return [...objects, `EOD after ${tape.length} objects`];
}
