/**
 * Asks a portal which targets it has: a discovery session with SendTargets=All. Decides nothing
 * about them. Bounded in time, text and rounds; never rejects.
 */
import { encodeLogoutRequest } from "../iscsi/logout-request.ts";
import {
  LOGOUT_CLOSE_SESSION,
  OPCODE_LOGOUT_RESPONSE,
  OPCODE_NOP_IN,
  OPCODE_TEXT_RESPONSE,
  RESERVED_TAG,
} from "../iscsi/opcode.ts";
import { opcodeOf, type RawPdu } from "../iscsi/pdu.ts";
import { formatTextKeys } from "../iscsi/text-key.ts";
import { encodeTextRequest } from "../iscsi/text-request.ts";
import { decodeTextResponse } from "../iscsi/text-response.ts";
import { startDeadline } from "../lib/deadline.ts";
import type { ChapCredentials } from "./authentication.ts";
import { type ConnectFault, type Connection, openConnection } from "./connection.ts";
import { NEGOTIATION_ROUNDS_MAX } from "./limits.ts";
import { type LoggedIn, logIn } from "./log-in.ts";
import type { DigestOffer } from "./login.ts";
import { TextCollector } from "./text-collector.ts";

/** Which portal, as whom, and for how long at most. */
export interface DiscoveryOptions {
  readonly host: string;
  readonly port: number;
  readonly initiatorName: string;
  /** 12 hexadecimal digits. */
  readonly isid: string;
  readonly timeoutMs: number;
  /** Absent: no digests. */
  readonly digests?: DigestOffer;
  /** Absent: the target has to let everybody in. */
  readonly chap?: ChapCredentials;
}

/** A target and where it listens; `addresses` as the target says, HOST:PORT,GROUP. */
export interface DiscoveredTarget {
  readonly targetName: string;
  readonly addresses: readonly string[];
}

const SEND_TARGETS = formatTextKeys([["SendTargets", "All"]]);
const NOTHING = new Uint8Array(0);
/** Nothing else is outstanding in a discovery session. */
const TASK_TAG = 1;

/** The targets of a portal. */
export async function discoverTargets(
  options: DiscoveryOptions,
): Promise<readonly DiscoveredTarget[] | ConnectFault> {
  const { host, port, timeoutMs, initiatorName, isid, digests, chap } = options;
  const terms = { initiatorName, isid, ...(digests && { digests }), ...(chap && { chap }) };
  const connection = await openConnection(host, port, timeoutMs);
  if ("reason" in connection) {
    return connection;
  }
  return await new Promise((resolve) => {
    const limit = startDeadline(timeoutMs, () => connection.close(`no answer in ${timeoutMs} ms`));
    logIn(connection, terms, timeoutMs, (outcome) => {
      if ("reason" in outcome) {
        limit.cancel();
        resolve(outcome);
        return;
      }
      const question = new Question(connection, outcome);
      connection.listen({
        pdu: (pdu) => question.answer(pdu),
        closed: (reason) => {
          limit.cancel();
          resolve(question.text === undefined ? { reason } : targetsOf(question.text));
        },
      });
      question.ask(RESERVED_TAG, SEND_TARGETS);
    });
  });
}

/** One text exchange and the logout after it; ends by closing the connection. */
class Question {
  text: Uint8Array | undefined;
  readonly #connection: Connection;
  readonly #window: LoggedIn["window"];
  readonly #collector = new TextCollector();
  #rounds = 0;

  constructor(connection: Connection, { window }: LoggedIn) {
    this.#connection = connection;
    this.#window = window;
  }

  ask(ttt: number, data: Uint8Array): void {
    const bhs = encodeTextRequest({
      ...this.#numbers(),
      final: true,
      continue: false,
      ttt,
      dataSegmentLength: data.length,
    });
    this.#connection.together(() => this.#connection.send(bhs, [data], data.length));
  }

  answer(pdu: RawPdu): void {
    const opcode = opcodeOf(pdu.bhs);
    if (opcode === OPCODE_TEXT_RESPONSE) {
      this.#textResponse(pdu);
    } else if (opcode === OPCODE_LOGOUT_RESPONSE) {
      this.#connection.close("logged out");
    } else if (opcode !== OPCODE_NOP_IN) {
      this.#connection.close(`PDU with operation code ${opcode} after SendTargets`);
    }
  }

  #textResponse({ bhs, data }: RawPdu): void {
    const response = decodeTextResponse(bhs);
    this.#window.acknowledge(response.statSN);
    this.#window.update(response.expCmdSN, response.maxCmdSN);
    const text = this.#collector.add(data, response.continue || !response.final);
    this.#rounds += 1;
    if (text.kind === "fault" || this.#rounds > NEGOTIATION_ROUNDS_MAX) {
      this.#connection.close("the answer to SendTargets has no end");
    } else if (text.kind === "more") {
      this.ask(response.ttt, NOTHING);
    } else {
      this.text = new Uint8Array(text.text);
      const numbers = this.#numbers();
      const logout = encodeLogoutRequest({ ...numbers, reasonCode: LOGOUT_CLOSE_SESSION, cid: 0 });
      this.#connection.send(logout, [], 0);
    }
  }

  #numbers() {
    const { cmdSN, expStatSN } = this.#window;
    return { immediate: true, itt: TASK_TAG, cmdSN, expStatSN };
  }
}

/** TargetName and TargetAddress come again and again, so this text is a list and no map. */
function targetsOf(text: Uint8Array): readonly DiscoveredTarget[] {
  const targets: { targetName: string; addresses: string[] }[] = [];
  for (const pair of Buffer.from(text).toString("utf8").split("\0")) {
    const [key, value = ""] = pair.split("=", 2);
    if (key === "TargetName") {
      targets.push({ targetName: value, addresses: [] });
    } else if (key === "TargetAddress") {
      targets.at(-1)?.addresses.push(value);
    }
  }
  return targets;
}
