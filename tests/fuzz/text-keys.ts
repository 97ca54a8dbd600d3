/**
 * Text keys, right, wrong and mutilated, in logins and in the full feature phase. Decides what is
 * sent and what a target may do with it: answer, refuse, or end the connection, nothing else, and at
 * once.
 */

import { encodeLoginRequest, type LoginRequest } from "../../host/iscsi/login-request.ts";
import { decodeLoginResponse } from "../../host/iscsi/login-response.ts";
import {
  OPCODE_LOGIN_RESPONSE,
  OPCODE_REJECT,
  OPCODE_TEXT_RESPONSE,
  RESERVED_TAG,
} from "../../host/iscsi/opcode.ts";
import { opcodeOf, type RawPdu } from "../../host/iscsi/pdu.ts";
import { isTextFault, parseTextKeys } from "../../host/iscsi/text-key.ts";
import { encodeTextRequest } from "../../host/iscsi/text-request.ts";
import { decodeTextResponse } from "../../host/iscsi/text-response.ts";
import { Random } from "../parity/random.ts";
import { NAMES, type RawClient, TARGET_NAME } from "../target/raw-client.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { Tally } from "./tally.ts";
import { TargetWorld } from "./target-world.ts";

const OPERATIONAL_KEYS: readonly string[] = [
  ...["HeaderDigest", "DataDigest", "MaxConnections", "InitialR2T", "ImmediateData"],
  ...["MaxRecvDataSegmentLength", "MaxBurstLength", "FirstBurstLength", "DefaultTime2Wait"],
  ...["DefaultTime2Retain", "MaxOutstandingR2T", "DataPDUInOrder", "DataSequenceInOrder"],
  ...["ErrorRecoveryLevel", "TaskReporting", "iSCSIProtocolLevel", "IFMarker", "OFMarkInt"],
  ...["SendTargets", "X-com.example.fuzz"],
];
const KEYS: readonly string[] = [
  ...OPERATIONAL_KEYS,
  ...["TargetName", "InitiatorName", "TargetAlias", "InitiatorAlias", "TargetAddress"],
  ...["TargetPortalGroupTag", "SessionType", "AuthMethod", "CHAP_A", "CHAP_I", "CHAP_C"],
  ...["CHAP_N", "CHAP_R", "X#fuzz", "Y", ""],
];
const VALUES: readonly string[] = [
  ...["", "Yes", "No", "None", "CRC32C,None", "CHAP", "All", "Normal", "Discovery", TARGET_NAME],
  ...["0x1000", "0b", "0bAAAA", "-1", "1,2", "Reject", "Irrelevant", "NotUnderstood", "yes", "1~2"],
];
/** Requests of one connection. */
const REQUESTS_MAX = 6;
const KEYS_MAX = 24;
/** Segments longer than what a login may have are a fault of the framing, tried now and then. */
const LONG_VALUE_BYTES = 9000;
const STAGES: readonly number[] = [0, 1, 3, 2];
const STAGE_SECURITY = 0;
const STAGE_OPERATIONAL = 1;
const STAGE_FULL_FEATURE = 3;
const OPEN_TAG = 1;

export const TEXT_KEYS: Fuzzer = {
  name: "keys",
  help: "text keys, in logins and after them, to a target",
  run: async (plan) => {
    const tally = new Tally(plan);
    const random = new Random(plan.seed);
    const world = await TargetWorld.open();
    while (tally.sent < plan.count && tally.wrong.length === 0) {
      const client = await world.connect();
      await new Talk(client, random, tally).run();
    }
    await world.close(tally);
    return tally.outcome;
  },
};

/** One connection. */
class Talk {
  readonly #client: RawClient;
  readonly #random: Random;
  readonly #tally: Tally;
  /** Where a right login would be. */
  #stage: number;
  #itt = 0;

  constructor(client: RawClient, random: Random, tally: Tally) {
    this.#client = client;
    this.#random = random;
    this.#tally = tally;
    this.#stage = random.pick([STAGE_SECURITY, STAGE_OPERATIONAL]);
  }

  async run(): Promise<void> {
    const random = this.#random;
    const isLogin = random.oneIn(2);
    let isAlive = true;
    if (!isLogin) {
      const isid = random
        .below(2 ** 20)
        .toString(16)
        .padStart(12, "0");
      await this.#client.login([], { isid });
    }
    const requests = 1 + random.below(REQUESTS_MAX);
    for (let count = 0; isAlive && count < requests; count += 1) {
      this.#itt += 1;
      isAlive = isLogin ? await this.#login(count) : await this.#text();
    }
    if (random.oneIn(2)) {
      this.#client.socket.resetAndDestroy();
    } else {
      this.#client.socket.end();
      this.#client.socket.resume();
    }
    await this.#client.ended;
  }

  /** One Login Request; false when the connection is over. */
  async #login(count: number): Promise<boolean> {
    const random = this.#random;
    const isFoul = random.oneIn(6);
    const names = count === 0 && !random.oneIn(8) ? NAMES : [];
    const data = this.#keys(names);
    const request: LoginRequest = {
      transit: random.oneIn(3),
      continue: random.oneIn(8),
      csg: isFoul ? random.pick(STAGES) : this.#stage,
      nsg: isFoul || random.oneIn(3) ? random.pick(STAGES) : STAGE_FULL_FEATURE,
      versionMax: 0,
      versionMin: 0,
      isid: "800000000fff",
      tsih: random.oneIn(16) ? random.below(3) : 0,
      itt: this.#itt,
      cid: 0,
      cmdSN: 1,
      expStatSN: 0,
      dataSegmentLength: data.length,
    };
    this.#send(encodeLoginRequest(request), data);
    const pdu = await this.#answer();
    if (pdu === undefined || !this.#is(pdu, [OPCODE_LOGIN_RESPONSE])) {
      return false;
    }
    const { status, transit, nsg } = decodeLoginResponse(pdu.bhs);
    this.#checkText(pdu);
    this.#tally.meet(status === 0 ? "login went on" : "login refused");
    this.#stage = transit ? nsg : this.#stage;
    if (this.#stage === STAGE_FULL_FEATURE) {
      this.#tally.meet("login done");
    }
    return status === 0 && this.#stage !== STAGE_FULL_FEATURE;
  }

  /** One Text Request in full feature phase. */
  async #text(): Promise<boolean> {
    const random = this.#random;
    const data = this.#keys([]);
    this.#client.cmdSN += 1;
    const bhs = encodeTextRequest({
      immediate: false,
      final: !random.oneIn(3),
      continue: random.oneIn(3),
      itt: this.#itt,
      ttt: random.oneIn(3) ? OPEN_TAG : RESERVED_TAG,
      cmdSN: this.#client.cmdSN - 1,
      expStatSN: 0,
      dataSegmentLength: data.length,
    });
    this.#send(bhs, data);
    const pdu = await this.#answer();
    if (pdu === undefined || !this.#is(pdu, [OPCODE_TEXT_RESPONSE, OPCODE_REJECT])) {
      return false;
    }
    if (opcodeOf(pdu.bhs) === OPCODE_REJECT) {
      // Its number counts as not received.
      this.#client.cmdSN -= 1;
      this.#tally.meet("text rejected");
    } else {
      this.#tally.meet("text answered");
      this.#checkText(pdu);
      const { final, ttt } = decodeTextResponse(pdu.bhs);
      if (final !== (ttt === RESERVED_TAG)) {
        this.#tally.fail(`Text Response with F ${final} and tag ${ttt}`);
      }
    }
    return true;
  }

  #send(bhs: Uint8Array, data: Uint8Array): void {
    const bytes = this.#client.bytesOf(bhs, data);
    this.#tally.send(bytes, 0);
    this.#client.socket.write(bytes);
  }

  /** The next PDU, undefined where the target ended the connection. */
  async #answer(): Promise<RawPdu | undefined> {
    try {
      return await this.#client.next();
    } catch (thrown) {
      const words = String(thrown);
      if (words.includes("connection ended")) {
        this.#tally.meet("connection ended");
      } else {
        this.#tally.fail(`no answer: ${words}`);
      }
      return undefined;
    }
  }

  #is(pdu: RawPdu, opcodes: readonly number[]): boolean {
    const opcode = opcodeOf(pdu.bhs);
    if (!opcodes.includes(opcode)) {
      this.#tally.fail(`operation code ${opcode} came`);
    }
    return opcodes.includes(opcode);
  }

  #checkText(pdu: RawPdu): void {
    const keys = parseTextKeys(pdu.data);
    if (isTextFault(keys)) {
      this.#tally.fail(`answered with ${keys.fault}`);
    }
  }

  #keys(first: readonly (readonly [string, string])[]): Uint8Array {
    const random = this.#random;
    const parts: Uint8Array[] = first.map(([key, value]) => Buffer.from(`${key}=${value}\0`));
    const count = random.below(KEYS_MAX);
    this.#tally.sent += count;
    if (!random.oneIn(3)) {
      return Buffer.concat([...parts, ...this.#rightPairs(count)]);
    }
    for (let index = 0; index < count; index += 1) {
      parts.push(this.#pair());
    }
    const text = Buffer.concat(parts);
    // Cut somewhere, now and then.
    return random.oneIn(8) ? text.subarray(0, random.below(text.length + 1)) : text;
  }

  /** Each key once, with a value that is right for some key. */
  #rightPairs(count: number): readonly Uint8Array[] {
    const random = this.#random;
    const keys = new Set(Array.from({ length: count }, () => random.pick(OPERATIONAL_KEYS)));
    return [...keys].map((key) => {
      const value = random.oneIn(2) ? random.pick(VALUES) : String(random.wild());
      return Buffer.from(`${key}=${value}\0`);
    });
  }

  #pair(): Uint8Array {
    const random = this.#random;
    switch (random.below(16)) {
      case 0:
        return random.bytes(random.below(80));
      case 1:
        return Buffer.from(`${random.pick(KEYS)}\0`);
      case 2:
        return Buffer.from(`${random.pick(KEYS)}=${"v".repeat(random.below(LONG_VALUE_BYTES))}\0`);
      case 3:
        return Buffer.concat([Buffer.from(`${random.pick(KEYS)}=`), random.bytes(9), ZERO]);
      case 4:
        return Buffer.from("\0".repeat(random.below(6)));
      case 5:
      case 6:
      case 7:
        return Buffer.from(`${random.pick(KEYS)}=${random.wild()}\0`);
      default:
        return Buffer.from(`${random.pick(KEYS)}=${random.pick(VALUES)}\0`);
    }
  }
}

const ZERO = Uint8Array.of(0);
