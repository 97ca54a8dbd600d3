/**
 * Step 609, and then the bridge ends: what the server was told before, what the ring has then, and what
 * must be true when the bridge is started again. In front of any library.
 */

import assert from "node:assert/strict";
import type { StatusDocument } from "../../host/lib/status-document.ts";
import type { Command } from "./command.ts";
import { FILEMARK, type Server, type TapeObject } from "./server.ts";

export const PROMISED_COUNT = 20;

/** MODE SELECT with four bytes of zero: every record is on the tape before it is answered. */
export const UNBUFFERED = [0x15, 0x10, 0, 0, 4, 0];

export interface GivenUp {
  readonly name: string;
  /** The server has heard of it, late or with the record itself, before the bridge ends. */
  readonly isTold: boolean;
  /** The record that failed had been answered GOOD. */
  readonly isBuffered: boolean;
  /** SIGTERM in place of SIGKILL. */
  readonly isEnded: boolean;
}

export const GIVEN_UP: readonly GivenUp[] = [
  { name: "killed, nobody was told", isTold: false, isBuffered: true, isEnded: false },
  { name: "killed, the server was told late", isTold: true, isBuffered: true, isEnded: false },
  { name: "killed, the record was refused", isTold: true, isBuffered: false, isEnded: false },
  { name: "ended, the record was refused", isTold: true, isBuffered: false, isEnded: true },
];

/** A library without spares, and a bridge in front of it that can be killed. */
export interface GivenUpStage {
  readonly bridge: Command;
  mounted(): Promise<Server>;
  startBridge(): Promise<void>;
  server(): Promise<Server>;
  status(): Promise<StatusDocument>;
  tapeIs(barcode: string, tape: readonly TapeObject[]): Promise<void>;
}

/** The volume that the server writes to, and how its library is told to fail. */
export interface Failing {
  readonly volume: string;
  /** Every write to the volume's cartridge fails from object PROMISED_COUNT on. */
  failWrites(): Promise<void>;
  mend(): Promise<void>;
}

/** A server that was promised `PROMISED_COUNT` objects. */
export async function promisedTo(stage: Pick<GivenUpStage, "mounted">): Promise<Server> {
  const server = await stage.mounted();
  await server.writeMany(PROMISED_COUNT / 2);
  await server.filemarks(1);
  await server.writeMany(PROMISED_COUNT - server.tape.length);
  await server.filemarks(0);
  return server;
}

export async function givenUp(stage: GivenUpStage, failing: Failing, row: GivenUp): Promise<void> {
  const { isTold, isBuffered, isEnded } = row;
  const server = await promisedTo(stage);
  await failing.failWrites();
  if (!isBuffered) {
    await server.good(UNBUFFERED, { dataOut: Buffer.alloc(4) });
  }
  const wrote = server.writeMany(10).catch(String);
  await stage.bridge.lines.until(/ step 609 /);
  if (isTold) {
    assert.match((await wrote) ?? "", /3\/0C\/00/);
    assert.equal(await server.position(), PROMISED_COUNT);
    await server.filemarks(0);
  }
  await (isEnded ? stage.bridge.stop() : stage.bridge.kill());
  await wrote;
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape.slice(0, PROMISED_COUNT));
  await goesOn(stage, failing, again, isTold);
}

async function goesOn(
  stage: GivenUpStage,
  { volume, mend }: Failing,
  server: Server,
  isTold: boolean,
): Promise<void> {
  // What nobody was told the next start finds anew.
  const told = await server.command([0x10, 0, 0, 0, 0, 0]);
  assert.equal(typeof told === "number" ? "" : told.words, isTold ? "" : "3/0C/00 deferred");
  assert.equal(await server.position(), PROMISED_COUNT);
  await server.rewind();
  const beyond = await server.checked([0x2b, 0, 0, 0, 0, 0, PROMISED_COUNT + 1, 0, 0, 0]);
  assert.equal(beyond.words, "8/00/05");
  assert.equal(await server.position(), PROMISED_COUNT);
  await server.rewind();
  await server.space(3, 0);
  assert.equal(await server.position(), PROMISED_COUNT);
  const [lane] = (await stage.status()).lanes;
  assert.ok(lane !== undefined);
  assert.equal(lane.state === "degraded", !lane.ring.protected, lane.state);
  assert.deepEqual(lane.cartridge, { volumeTag: volume, realVolumeTag: volume });
  await readsBack(server);
  await mend();
  await server.writeMany(5);
  await server.filemarks(1);
  await server.rewind();
  await server.space(3, 0);
  assert.equal(await server.position(), server.tape.length);
  await server.logOut();
  await stage.tapeIs(volume, server.tape);
}

/** Everything is there, from the beginning. tgt gives a record whole only to who asks for its length. */
export async function readsObjects(server: Server): Promise<void> {
  await server.rewind();
  for (const sent of server.tape) {
    const found = await server.read(sent === FILEMARK ? 1 : Number.parseInt(sent, 10));
    assert.equal(found, sent);
  }
}

/** The same, and nothing is behind it. */
async function readsBack(server: Server): Promise<void> {
  await readsObjects(server);
  assert.equal(await server.read(), undefined);
}
