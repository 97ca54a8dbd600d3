/**
 * Text Requests of a session: SendTargets and a newly declared MaxRecvDataSegmentLength. Decides
 * the keys, their collection over several PDUs and the cutting of a long answer; at most one exchange
 * is open.
 */
import {
  INITIATOR_ALIAS,
  INITIATOR_DECLARATIONS,
  TARGET_DECLARATIONS,
} from "../iscsi/declaration.ts";
import { answerOffer, DEFAULT_PARAMETERS, type SessionParameters } from "../iscsi/negotiate.ts";
import { REJECT_INVALID_PDU_FIELD, REJECT_PROTOCOL_ERROR, RESERVED_TAG } from "../iscsi/opcode.ts";
import { formatTextKeys, isTextFault, parseTextKeys } from "../iscsi/text-key.ts";
import type { TextRequest } from "../iscsi/text-request.ts";
import { TARGET_PORTAL_GROUP_TAG, TEXT_BYTES_MAX } from "./limits.ts";

/** What is answered: a Text Response, or a Reject with a reason. */
export type TextOutcome =
  | {
      readonly final: boolean;
      /** More of the answer follows when the initiator asks for it. */
      readonly continue: boolean;
      readonly ttt: number;
      readonly data: Uint8Array;
    }
  | { readonly reject: number };

/** What SendTargets tells. */
export interface FoundTarget {
  /** SendTargets=All is for discovery sessions only. */
  readonly discovery: boolean;
  readonly name: string;
  /** HOST:PORT to advertise. */
  readonly address: string;
}

const NO_BYTES = new Uint8Array(0);
const OPEN_TAG = 1;

/** What only a login, or only a target may say. */
const NOT_NOW = [...INITIATOR_DECLARATIONS, ...TARGET_DECLARATIONS];

/** The text exchanges of one session, one after the other. */
export class TextExchange {
  readonly #found: FoundTarget | undefined;
  readonly #parameters: SessionParameters;
  #text: Uint8Array = NO_BYTES;
  /** What of the answer has not been sent. */
  #rest: Uint8Array = NO_BYTES;
  #open = false;

  /** Without `found` there is nothing to be found. `parameters` takes a new segment length. */
  constructor(found: FoundTarget | undefined, parameters: SessionParameters) {
    this.#found = found;
    this.#parameters = parameters;
  }

  /** Answers one Text Request with its data. */
  request(pdu: TextRequest, data: Uint8Array): TextOutcome {
    const text = pdu.ttt === RESERVED_TAG ? NO_BYTES : this.#text;
    const known = pdu.ttt === RESERVED_TAG || (pdu.ttt === OPEN_TAG && this.#open);
    const rest = pdu.ttt === RESERVED_TAG ? NO_BYTES : this.#rest;
    this.#open = false;
    this.#text = NO_BYTES;
    this.#rest = NO_BYTES;
    if (!known || (pdu.continue && pdu.final)) {
      return { reject: REJECT_PROTOCOL_ERROR };
    }
    if (rest.length > 0) {
      // Until it has the whole answer, an initiator has nothing to say.
      const isAsking = data.length === 0 && !pdu.continue;
      return isAsking ? this.#piece(rest, pdu.final) : { reject: REJECT_PROTOCOL_ERROR };
    }
    const whole = Buffer.concat([text, data]);
    if (whole.length > TEXT_BYTES_MAX) {
      return { reject: REJECT_INVALID_PDU_FIELD };
    }
    if (pdu.continue) {
      this.#open = true;
      this.#text = whole;
      return { final: false, continue: false, ttt: OPEN_TAG, data: NO_BYTES };
    }
    const keys = parseTextKeys(whole);
    if (isTextFault(keys)) {
      return { reject: REJECT_INVALID_PDU_FIELD };
    }
    if (NOT_NOW.some((key) => keys.has(key))) {
      return { reject: REJECT_PROTOCOL_ERROR };
    }
    return this.#piece(formatTextKeys(this.#answer(keys)), pdu.final);
  }

  /** As much of the answer as the initiator takes in one PDU. */
  #piece(answer: Uint8Array, isLast: boolean): TextOutcome {
    const bytes = this.#parameters.maxRecvDataSegmentLengthPeer;
    this.#rest = answer.subarray(bytes);
    const isMore = this.#rest.length > 0;
    const final = isLast && !isMore;
    this.#open = !final;
    const ttt = final ? RESERVED_TAG : OPEN_TAG;
    return { final, continue: isMore, ttt, data: answer.subarray(0, bytes) };
  }

  #answer(keys: Map<string, string>): [string, string][] {
    const answers: [string, string][] = [];
    for (const [key, value] of keys) {
      if (key === INITIATOR_ALIAS) {
        continue;
      }
      if (key === "SendTargets") {
        answers.push(...this.#sendTargets(value));
      } else if (key === "MaxRecvDataSegmentLength") {
        const { parameters, answers: rejected } = answerOffer(
          DEFAULT_PARAMETERS,
          this.#parameters,
          [[key, value]],
        );
        this.#parameters.maxRecvDataSegmentLengthPeer = parameters.maxRecvDataSegmentLengthPeer;
        answers.push(...rejected);
      } else {
        const unknown = answerOffer(DEFAULT_PARAMETERS, DEFAULT_PARAMETERS, [[key, value]]);
        const answer = unknown.answers[0]?.[1] === "NotUnderstood" ? "NotUnderstood" : "Reject";
        answers.push([key, answer]);
      }
    }
    return answers;
  }

  #sendTargets(asked: string): [string, string][] {
    const found = this.#found;
    if (asked === "All" && found?.discovery === false) {
      return [["SendTargets", "Reject"]];
    }
    if (found === undefined || !["All", "", found.name].includes(asked)) {
      return [];
    }
    return [
      ["TargetName", found.name],
      ["TargetAddress", `${found.address},${TARGET_PORTAL_GROUP_TAG}`],
    ];
  }
}
