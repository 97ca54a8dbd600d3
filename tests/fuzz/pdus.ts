/**
 * PDUs to a running target: legal ones, legal ones in the wrong order, mutated ones. Decides how
 * connections begin and end, and what a target may do: answer, reject, or end the connection; after
 * each batch it has to say that it lives.
 */

import { digestsOf } from "../../host/iscsi/digest.ts";
import { encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { OPCODE_NOP_IN, OPCODE_REJECT, RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { BHS_BYTES, ittOf, opcodeOf } from "../../host/iscsi/pdu.ts";
import { Random } from "../parity/random.ts";
import type { RawClient } from "../target/raw-client.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { PduLedger } from "./pdu-ledger.ts";
import { type MadePdu, PduMaker, type Session } from "./pdu-maker.ts";
import { Tally } from "./tally.ts";
import { TargetWorld } from "./target-world.ts";

const BATCHES_MAX = 30;
const BATCH_MAX = 12;
const SYNC_TAG = 0xabcd_0000;
const SEGMENT_BYTES = 1024;
const ISIDS: readonly string[] = ["8000000000a1", "8000000000a2"];

export const PDUS: Fuzzer = {
  name: "pdus",
  help: "PDUs right, at the wrong time and mutated, to a target",
  run: async (plan) => {
    const tally = new Tally(plan);
    const random = new Random(plan.seed);
    const world = await TargetWorld.open();
    let standing: RawClient | undefined;
    while (tally.sent < plan.count && tally.wrong.length === 0) {
      const client = await world.connect();
      const talk = new Talk(client, random, tally);
      if (random.oneIn(16)) {
        await talk.beforeLogin();
      } else {
        await talk.logIn(standing === undefined ? random.pick(ISIDS) : ISIDS[0]);
        // With open tasks or without: the same initiator has come again.
        await standing?.ended;
        standing = undefined;
        standing = (await talk.run()) ? client : undefined;
      }
    }
    standing?.close();
    await standing?.ended;
    await world.close(tally);
    return tally.outcome;
  },
};

/** One connection. */
class Talk {
  readonly #client: RawClient;
  readonly #random: Random;
  readonly #tally: Tally;
  #isid = "";
  #session: Session | undefined;

  constructor(client: RawClient, random: Random, tally: Tally) {
    this.#client = client;
    this.#random = random;
    this.#tally = tally;
  }

  /** PDUs of a session where a login was due. */
  async beforeLogin(): Promise<void> {
    const ledger = new PduLedger({ outstandingR2tMax: 1, segmentBytesMax: 0 }, 0, 1);
    const session = { ledger, cmdSN: 1, immediateData: true, unsolicitedData: true };
    const maker = new PduMaker(this.#random, session);
    for (let count = this.#random.below(4); count >= 0; count -= 1) {
      this.#send(maker.next());
    }
    await this.#end();
  }

  async logIn(isid = ""): Promise<void> {
    const random = this.#random;
    const yesNo = () => (random.oneIn(2) ? "Yes" : "No");
    const digest = () => (random.oneIn(6) ? "CRC32C" : "None");
    const immediateData = yesNo();
    const initialR2T = yesNo();
    const outstandingR2tMax = 1 + random.below(4);
    const [headerDigest, dataDigest] = [digest(), digest()];
    await this.#client.login(
      [
        ["ImmediateData", immediateData],
        ["InitialR2T", initialR2T],
        ["MaxOutstandingR2T", String(outstandingR2tMax)],
        ["MaxBurstLength", "1024"],
        ["FirstBurstLength", "512"],
        ["MaxRecvDataSegmentLength", String(SEGMENT_BYTES)],
        ["HeaderDigest", headerDigest],
        ["DataDigest", dataDigest],
      ],
      { isid },
    );
    this.#client.useDigests(digestsOf({ headerDigest, dataDigest }));
    const agreed = { outstandingR2tMax, segmentBytesMax: SEGMENT_BYTES };
    const { expStatSN, cmdSN } = this.#client;
    this.#isid = isid;
    this.#session = {
      ledger: new PduLedger(agreed, expStatSN, cmdSN),
      cmdSN,
      immediateData: immediateData === "Yes",
      unsolicitedData: initialR2T === "No",
    };
  }

  /** True: the connection was left standing, for the next session of the same ISID to end. */
  async run(): Promise<boolean> {
    const random = this.#random;
    const session = this.#session;
    if (session === undefined) {
      throw new Error("not logged in");
    }
    const maker = new PduMaker(random, session);
    for (let batch = random.below(BATCHES_MAX); batch >= 0; batch -= 1) {
      let isBlind = false;
      for (let count = random.below(BATCH_MAX); count >= 0 && !isBlind; count -= 1) {
        isBlind = this.#send(maker.next());
      }
      if (isBlind || !(await this.#sync(session))) {
        this.#tally.meet(isBlind ? "lengths that lie" : "connection ended");
        await this.#end();
        return false;
      }
      // What was rejected leaves a gap: sometimes it is filled, sometimes not.
      session.cmdSN = random.oneIn(3) ? session.cmdSN : session.ledger.expCmdSN;
    }
    if (this.#isid === ISIDS[0] && random.oneIn(2)) {
      this.#tally.meet("session reinstated");
      return true;
    }
    await this.#end();
    return false;
  }

  /** True where nothing behind it can be read. */
  #send(pdus: readonly MadePdu[]): boolean {
    const random = this.#random;
    for (const { bhs, data, isBlind } of pdus) {
      const bytes = Buffer.from(this.#client.bytesOf(bhs, data));
      if (bytes.length > BHS_BYTES && random.oneIn(200)) {
        // A wrong digest, padding or data.
        const at = bytes.length - 1 - random.below(8);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
      }
      this.#tally.send(bytes, 1);
      const cut = random.oneIn(8) ? random.below(bytes.length) : bytes.length;
      this.#client.socket.write(bytes.subarray(0, cut));
      this.#client.socket.write(bytes.subarray(cut));
      if (isBlind) {
        return true;
      }
    }
    return false;
  }

  /** Takes all that comes until a ping is answered; false when the connection ended. */
  async #sync({ ledger }: Session): Promise<boolean> {
    const numbers = { immediate: true, itt: SYNC_TAG, cmdSN: ledger.expCmdSN, expStatSN: 0 };
    const ping = encodeNopOut({ ...numbers, lun: 0, ttt: RESERVED_TAG, dataSegmentLength: 0 });
    ledger.sent(ping);
    this.#client.send(ping);
    for (;;) {
      const pdu = await this.#client.next().catch((thrown: unknown) => String(thrown));
      if (typeof pdu === "string") {
        if (!pdu.includes("connection ended")) {
          this.#tally.fail(`no sign of life: ${pdu}`);
        }
        return false;
      }
      const opcode = opcodeOf(pdu.bhs);
      this.#tally.meet(opcode === OPCODE_REJECT ? `reject ${pdu.bhs[2]}` : `operation ${opcode}`);
      const wrong = ledger.arrived(pdu);
      if (wrong !== undefined) {
        this.#tally.fail(wrong);
        return false;
      }
      if (opcode === OPCODE_NOP_IN && ittOf(pdu.bhs) === SYNC_TAG) {
        return true;
      }
    }
  }

  async #end(): Promise<void> {
    if (this.#random.oneIn(2)) {
      this.#client.socket.resetAndDestroy();
    } else {
      this.#client.socket.end();
      this.#client.socket.resume();
    }
    await this.#client.ended;
  }
}
