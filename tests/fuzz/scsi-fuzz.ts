/**
 * Bad commands to a running bridge, in epochs: each begins with a lane that is as at power on, with an
 * empty tape or, in every other one, with records that no input of that epoch may take away: they are
 * read back at its end. Decides what an answer may be; which inputs there are, the fuzzers decide.
 */

import type { Nexus, Order, Outcome } from "../conformance/nexus.ts";
import { good, settle } from "../conformance/rig.ts";
import { Random } from "../parity/random.ts";
import { BridgeWorld } from "./bridge-world.ts";
import type { FuzzOutcome, FuzzPlan } from "./fuzzer.ts";
import { Tally } from "./tally.ts";

/** One input. */
export interface FuzzInput extends Order {
  readonly unit: "changer" | "lane";
}

/** Makes the next input. */
export type MakeInput = (random: Random) => FuzzInput;

const EPOCH_INPUTS = 400;
/** Inputs under way at once. */
const DEPTH = 8;
const STATUS_GOOD = 0x00;
const STATUS_CHECK_CONDITION = 0x02;
/** GOOD, CHECK CONDITION, BUSY, RESERVATION CONFLICT. */
const STATUSES: readonly number[] = [STATUS_GOOD, STATUS_CHECK_CONDITION, 0x08, 0x18];
const SENSE_BYTES_MIN = 8;
/** MEDIUM ERROR, HARDWARE ERROR, ABORTED COMMAND: nothing is broken here. */
const BROKEN_KEYS: readonly number[] = [3, 4, 0x0b];
/** What may take records away: FORMAT MEDIUM, WRITE, SET CAPACITY, WRITE FILEMARKS, ERASE, of all lengths. */
const TAKES_AWAY: readonly (number | undefined)[] = [
  ...[0x04, 0x0a, 0x0b, 0x10, 0x19, 0x80, 0x8a, 0x93],
];
const RECORD = Buffer.from("not to be taken away but by a command that does so");
const LOAD = [0x1b, 0, 0, 0, 1, 0] as const;
const REWIND = [0x01, 0, 0, 0, 0, 0] as const;
/** SET CAPACITY to all of it; the cartridge is empty after it. */
const WHOLE_CAPACITY = [0x0b, 0, 0, 0xff, 0xff, 0] as const;
const WRITE = [0x0a, 0, 0, 0, RECORD.length, 0] as const;
const READ = [0x08, 0, 0, 0, RECORD.length, 0] as const;
const RECORDS = 3;
const READ_KEYS = [0x5e, 0, 0, 0, 0, 0, 0, 1, 0, 0] as const;
const CLEAR = [0x5f, 3, 0, 0, 0, 0, 0, 0, 24, 0] as const;
const KEYS_AT = 8;
const KEY_BYTES = 8;
const CLEAR_BYTES = 24;

/** Sends what `make` makes to a bridge of its own. */
export async function fuzzScsi(plan: FuzzPlan, make: MakeInput): Promise<FuzzOutcome> {
  const tally = new Tally(plan);
  const world = await BridgeWorld.open(tally, plan);
  const random = new Random(plan.seed);
  for (let epoch = 0; tally.sent < plan.count && tally.wrong.length === 0; epoch += 1) {
    const isKeeping = epoch % 2 === 0;
    await playEpoch(world, tally, isKeeping, () => make(random));
  }
  await calm(world);
  await world.close();
  return tally.outcome;
}

async function playEpoch(
  world: BridgeWorld,
  tally: Tally,
  isKeeping: boolean,
  next: () => FuzzInput,
): Promise<void> {
  const [, lane] = world.nexuses;
  await calm(world);
  await world.quiet();
  const isLoaded = await load(lane);
  const tag = await world.laneTag();
  if (isLoaded) {
    await good(lane, WHOLE_CAPACITY);
    await writeRecords(lane);
  }
  const under = new Set<Promise<void>>();
  for (let count = 0; count < EPOCH_INPUTS; ) {
    const input = next();
    if (isKeeping && TAKES_AWAY.includes(input.cdb[0])) {
      continue;
    }
    count += 1;
    tally.send(input.cdb, 1);
    tally.send(input.out ?? new Uint8Array(), 0);
    const answered = judged(world, tally, input).finally(() => under.delete(answered));
    under.add(answered);
    if (under.size >= DEPTH) {
      await Promise.race(under);
    }
    world.tick();
  }
  await Promise.all(under);
  await calm(world);
  const isTheSame = tag === (await world.laneTag());
  if (isKeeping && isLoaded && isTheSame && (await load(lane))) {
    await compareRecords(lane, tally);
  }
}

async function judged(world: BridgeWorld, tally: Tally, input: FuzzInput): Promise<void> {
  const nexus = world.nexuses[input.unit === "changer" ? 0 : 1];
  try {
    judge(await nexus.send(input), input, tally);
  } catch (thrown) {
    tally.fail(`${input.unit}, ${Buffer.from(input.cdb).toString("hex")}: ${String(thrown)}`);
  }
}

function judge({ status, sense, data }: Outcome, input: FuzzInput, tally: Tally): void {
  const words = `${input.unit}, ${Buffer.from(input.cdb).toString("hex")}: status ${status}`;
  const hasSense = sense.length >= SENSE_BYTES_MIN;
  if (!STATUSES.includes(status) || hasSense !== (status === STATUS_CHECK_CONDITION)) {
    tally.fail(`${words}, ${sense.length} bytes of sense data`);
    return;
  }
  if (data.length > (input.inBytes ?? 0)) {
    tally.fail(`${words}, ${data.length} bytes came`);
  }
  if (!hasSense) {
    tally.meet(status === STATUS_GOOD ? "GOOD" : `status ${status}`);
    return;
  }
  const isFixed = ((sense[0] ?? 0) & 0x7f) < 0x72;
  const key = (sense[isFixed ? 2 : 1] ?? 0) & 0x0f;
  const code = sense[isFixed ? 12 : 2] ?? 0;
  tally.meet(`${key.toString(16)}/${code.toString(16).padStart(2, "0")}`.toUpperCase());
  if (BROKEN_KEYS.includes(key)) {
    tally.fail(`${words}, sense ${Buffer.from(sense).toString("hex")}`);
  }
}

/** Nothing is reserved, prevented, or waits to be told. */
async function calm({ nexuses }: BridgeWorld): Promise<void> {
  for (const nexus of nexuses) {
    await nexus.reset();
    await settle(nexus);
    const { data } = await nexus.send({ cdb: Uint8Array.from(READ_KEYS), inBytes: 256 });
    for (let at = KEYS_AT; at + KEY_BYTES <= data.length; at += KEY_BYTES) {
      const out = Buffer.alloc(CLEAR_BYTES);
      data.copy(out, 0, at, at + KEY_BYTES);
      // Ends well with the key of this nexus alone: that one clears all.
      await nexus.send({ cdb: Uint8Array.from(CLEAR), out });
    }
    await settle(nexus);
  }
}

/** False: an input has moved the cartridge out of the drive. */
async function load(lane: Nexus): Promise<boolean> {
  await lane.send({ cdb: Uint8Array.from(LOAD) });
  await settle(lane);
  const { status } = await lane.send({ cdb: new Uint8Array(6) });
  return status === STATUS_GOOD;
}

async function writeRecords(lane: Nexus): Promise<void> {
  for (let index = 0; index < RECORDS; index += 1) {
    const { status } = await lane.send({ cdb: Uint8Array.from(WRITE), out: RECORD });
    if (status !== STATUS_GOOD) {
      throw new Error(`WRITE of a record that is kept: status ${status}`);
    }
  }
}

async function compareRecords(lane: Nexus, tally: Tally): Promise<void> {
  await good(lane, REWIND);
  for (let index = 0; index < RECORDS; index += 1) {
    const { data } = await lane.send({ cdb: Uint8Array.from(READ), inBytes: RECORD.length });
    if (!data.equals(RECORD)) {
      tally.fail(`record ${index} was taken away`);
    }
  }
  tally.meet("epochs whose records were there");
}
