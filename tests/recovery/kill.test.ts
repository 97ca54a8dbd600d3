/**
 * kill -9 of the real process at every step of every plan, when it says that it is there. The next start
 * finds what was promised, finishes what was owed, and the server goes on. Steps that are entered in one
 * step of the core (604 to 606) are told in one go.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { GIVEN_UP, givenUp, PROMISED_COUNT } from "./given-up.ts";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 60_000 };
const VOLUME = "UND001L9";
/** A robot that takes long enough for the server to be promised something meanwhile. */
const LIBRARY = ["--move-ms", "200"];
/** Two spares of each kind: the failed one cannot be mistaken for the next one unnoticed. */
const BRIDGE = ["--lanes", "1", "--spare-media", "UND007L9,UND008L9"];
/** The robot moves: the server is promised something before the kill. */
const ROBOT_LABELS = ["614", "620", "631"];
/** The cartridge goes to the spare drive. */
const ACROSS_LABEL = 614;

interface Plan {
  readonly name: string;
  readonly faults: readonly string[];
  /** What breaks while the bridge is not there. */
  readonly faultsLater?: readonly string[];
  /** Each is said in a recovery with these faults. */
  readonly labels: readonly string[];
  /** The cartridge and the drive that the lane must not end with; "": it may. */
  readonly failedCartridge: string;
  readonly failedDrive: string;
}

const PLANS: readonly Plan[] = [
  {
    name: "a cartridge fails",
    faults: [`cartridge ${VOLUME} write fail at ${PROMISED_COUNT}`],
    labels: [
      ...["604", "605", "606", "607", "608", "611", "615", "616", "617"],
      ...["618|619", "631", "632", "633"],
    ],
    failedCartridge: VOLUME,
    failedDrive: "",
  },
  {
    name: "a drive fails",
    faults: ["drive 1 write fail"],
    labels: [
      ...["604", "605", "606", "607", "608", "611", "612"],
      ...["613", "614", "615", "616", "617", "618|619"],
    ],
    failedCartridge: "",
    failedDrive: "PRACDRV001",
  },
  {
    name: "a drive fails, and at the next start whichever has the cartridge",
    faults: ["drive 1 write fail"],
    faultsLater: ["drive 1 read fail", "drive 2 read fail"],
    labels: ["614"],
    failedCartridge: "",
    failedDrive: "PRACDRV001",
  },
  {
    name: "a drive fails and keeps its cartridge",
    faults: ["drive 1 unload fail", "drive 1 write fail"],
    labels: ["613", "617", "618|619", "620", "621", "632"],
    failedCartridge: VOLUME,
    failedDrive: "PRACDRV001",
  },
];

for (const plan of PLANS) {
  for (const label of plan.labels) {
    test(`[${label.split("|").join("] [")}] killed there: ${plan.name}`, LIMIT, (t) =>
      Stage.open(t, { isChild: true, library: LIBRARY, bridge: BRIDGE }).then((stage) =>
        killedAt(stage, plan, label),
      ),
    );
  }
}

for (const row of GIVEN_UP) {
  test(`[609] no spare: ${row.name}`, LIMIT, async (t) => {
    const bridge = ["--lanes", "3", "--spare-media", "none"];
    const stage = await Stage.open(t, { isChild: true, bridge });
    const failing = {
      volume: VOLUME,
      failWrites: () => stage.fault(`cartridge ${VOLUME} write fail at ${PROMISED_COUNT}`),
      mend: () => stage.fault("clear"),
    };
    await givenUp(stage, failing, row);
  });
}

async function killedAt(stage: Stage, plan: Plan, label: string): Promise<void> {
  const visible = (await stage.volumeTags()).sort();
  const server = await stage.mounted();
  await server.writeMany(PROMISED_COUNT);
  await server.filemarks(0);
  for (const rule of plan.faults) {
    await stage.fault(rule);
  }
  let promised = PROMISED_COUNT;
  let isCut = false;
  const wrote = server
    .writeMany(10)
    .then(() => server.filemarks(1))
    .then(() => {
      promised = server.tape.length;
    })
    .catch((thrown) => assert.ok(isCut, String(thrown)));
  await stage.bridge.lines.until(new RegExp(` step (${label}) `));
  if (ROBOT_LABELS.includes(label)) {
    await wrote;
  }
  isCut = true;
  await stage.bridge.kill();
  await wrote;
  for (const rule of plan.faultsLater ?? []) {
    await stage.fault(rule);
  }
  await stage.startBridge();
  assert.deepEqual((await stage.volumeTags()).sort(), visible);
  const again = await stage.server();
  again.tape.push(...server.tape);
  await again.filemarks(0);
  await again.space(3, 0);
  const end = await again.position();
  assert.ok(end >= promised, `${end} objects of ${promised} promised`);
  again.tape.splice(end);
  // A record that was never acknowledged may be there: the server writes over it.
  await again.locate(again.tape.length);
  await again.writeMany(5);
  await again.filemarks(1);
  for (const { result, cause } of await stage.recoveredAll()) {
    assert.equal(result, "recovered", cause);
  }
  await again.readBack();
  await endsWell(stage, plan, label);
  const real = (await stage.status()).lanes[0]?.cartridge?.realVolumeTag ?? "";
  await again.logOut();
  await stage.tapeIs(real, again.tape);
  assert.deepEqual((await stage.volumeTags()).sort(), visible);
}

/** The lane has what does not fail, and nothing that has failed is a spare. */
async function endsWell(stage: Stage, plan: Plan, label: string): Promise<void> {
  const { lanes, spareMedia, spareDrives } = await stage.status();
  const [lane] = lanes;
  const { volumeTag, realVolumeTag = "" } = lane?.cartridge ?? {};
  assert.equal(volumeTag, VOLUME);
  assert.notEqual(realVolumeTag, plan.failedCartridge);
  assert.notEqual(lane?.drive?.serial, plan.failedDrive);
  const media = spareMedia.map((spare) => spare.volumeTag);
  assert.ok(!media.includes(plan.failedCartridge), `spare media ${media}`);
  assert.ok(!media.includes(realVolumeTag), `spare media ${media}`);
  for (const barcode of media) {
    assert.deepEqual(await stage.tapeOf(barcode), [], `the spare ${barcode} is blank`);
  }
  const drives = spareDrives.map((spare) => spare.serial);
  // Once the cartridge goes across, the word that its drive failed may be lost: it would be found again.
  const isKnown = Number.parseInt(label, 10) < ACROSS_LABEL;
  assert.ok(!isKnown || !drives.includes(plan.failedDrive), `spare drives ${drives}`);
}
