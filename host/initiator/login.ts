/**
 * The login phase from the initiator's side, as a pure machine: PDUs in, requests out. Decides the
 * stages, what is said in them and when the login failed; opens nothing and waits for nothing.
 * Security stage (authentication.ts), then operational stage. Invariants: at most
 * NEGOTIATION_ROUNDS_MAX requests and TEXT_BYTES_MAX bytes of text a stage.
 */
import { encodeLoginRequest } from "../iscsi/login-request.ts";
import { decodeLoginResponse, type LoginResponse } from "../iscsi/login-response.ts";
import {
  DEFAULT_PARAMETERS,
  makeOffer,
  type SessionParameters,
  settleOffer,
} from "../iscsi/negotiate.ts";
import {
  OPCODE_LOGIN_RESPONSE,
  STAGE_FULL_FEATURE,
  STAGE_OPERATIONAL,
  STAGE_SECURITY,
} from "../iscsi/opcode.ts";
import { opcodeOf, type RawPdu } from "../iscsi/pdu.ts";
import { formatTextKeys, isTextFault, parseTextKeys } from "../iscsi/text-key.ts";
import { AUTHENTICATION_KEYS, Authentication, type ChapCredentials } from "./authentication.ts";
import { CommandWindow } from "./command-window.ts";
import {
  FIRST_BURST_BYTES,
  MAX_BURST_BYTES,
  NEGOTIATION_ROUNDS_MAX,
  OUTSTANDING_R2T_MAX,
  RECEIVE_SEGMENT_BYTES,
  TIME_TO_RETAIN_S,
  TIME_TO_WAIT_S,
} from "./limits.ts";
import { loginStatusText } from "./login-status.ts";
import { TextCollector } from "./text-collector.ts";

/** Who logs in, and to what. */
export interface LoginTerms {
  readonly initiatorName: string;
  /** 12 hexadecimal digits. */
  readonly isid: string;
  /** Absent: a discovery session. */
  readonly targetName?: string;
  /** Absent: no digests. */
  readonly digests?: DigestOffer;
  /** Absent: the target has to let everybody in. */
  readonly chap?: ChapCredentials;
}

/** Values of the digest keys to offer, in order of preference: "CRC32C,None". */
export type DigestOffer = Pick<SessionParameters, "headerDigest" | "dataDigest">;

/** What comes next: a request to send, the full feature phase, or the end. */
export type LoginStep =
  | { readonly kind: "send"; readonly bhs: Uint8Array; readonly data: Uint8Array }
  | {
      readonly kind: "done";
      readonly parameters: SessionParameters;
      readonly window: CommandWindow;
    }
  | { readonly kind: "fault"; readonly reason: string };

/** What this initiator is willing to do unless it is told otherwise. */
const OWN_PARAMETERS: SessionParameters = {
  ...DEFAULT_PARAMETERS,
  maxRecvDataSegmentLengthOwn: RECEIVE_SEGMENT_BYTES,
  maxBurstLength: MAX_BURST_BYTES,
  firstBurstLength: FIRST_BURST_BYTES,
  initialR2T: false,
  immediateData: true,
  maxOutstandingR2T: OUTSTANDING_R2T_MAX,
  defaultTime2Wait: TIME_TO_WAIT_S,
  defaultTime2Retain: TIME_TO_RETAIN_S,
};

/** Every other operational key is irrelevant where no SCSI command can be sent. */
const DISCOVERY_KEYS: readonly string[] = [
  "HeaderDigest",
  "DataDigest",
  "MaxRecvDataSegmentLength",
];

/** Keys by which a target only tells something: no answer is due. */
const DECLARED_BY_TARGET: readonly string[] = [
  "MaxRecvDataSegmentLength",
  "TargetAddress",
  "TargetAlias",
  "TargetPortalGroupTag",
];

const LOGIN_TAG = 0;
const FIRST_CMD_SN = 1;
const ISCSI_VERSION = 0;
const NO_DATA = new Uint8Array(0);

type Pairs = readonly (readonly [string, string])[];

/** One login; `begin` once, then `answer` for each PDU until it gives something else than "send". */
export class Login {
  readonly #terms: LoginTerms;
  readonly #own: SessionParameters;
  readonly #window = new CommandWindow(FIRST_CMD_SN);
  readonly #offer: Pairs;
  readonly #answers: [string, string][] = [];
  readonly #text = new TextCollector();
  readonly #authentication: Authentication;
  #stage = STAGE_SECURITY;
  #rounds = 0;

  constructor(terms: LoginTerms) {
    this.#terms = terms;
    this.#authentication = new Authentication(terms.chap);
    this.#own = { ...OWN_PARAMETERS, ...terms.digests };
    const offer = makeOffer(this.#own);
    this.#offer =
      terms.targetName === undefined
        ? offer.filter(([key]) => DISCOVERY_KEYS.includes(key))
        : offer;
  }

  /** The first request. */
  begin(): LoginStep {
    const { initiatorName, targetName } = this.#terms;
    const { keys, transit } = this.#authentication.begin();
    const names: [string, string][] = [
      ["InitiatorName", initiatorName],
      ["SessionType", targetName === undefined ? "Discovery" : "Normal"],
    ];
    if (targetName !== undefined) {
      names.push(["TargetName", targetName]);
    }
    return this.#request(transit, [...names, ...keys]);
  }

  /** Takes what the target sent; never throws. */
  answer(pdu: RawPdu): LoginStep {
    if (opcodeOf(pdu.bhs) !== OPCODE_LOGIN_RESPONSE) {
      return fault(`PDU with operation code ${opcodeOf(pdu.bhs)} during login`);
    }
    const response = decodeLoginResponse(pdu.bhs);
    if (response.status !== 0) {
      return fault(loginStatusText(response.status, pdu.data));
    }
    this.#window.acknowledge(response.statSN);
    this.#window.update(response.expCmdSN, response.maxCmdSN);
    if (response.csg !== this.#stage) {
      return fault(`login response of stage ${response.csg} in stage ${this.#stage}`);
    }
    const text = this.#text.add(pdu.data, response.continue);
    if (text.kind === "fault") {
      return fault(text.reason);
    }
    if (text.kind === "more") {
      return this.#request(false, []);
    }
    const keys = parseTextKeys(text.text);
    if (isTextFault(keys)) {
      return fault(keys.fault);
    }
    return this.#stage === STAGE_SECURITY
      ? this.#afterSecurity(response, keys)
      : this.#afterOperational(response, keys);
  }

  #afterSecurity(response: LoginResponse, keys: ReadonlyMap<string, string>): LoginStep {
    const step = this.#authentication.answer(keys);
    if ("fault" in step) {
      return fault(step.fault);
    }
    if (!response.transit) {
      return this.#request(step.transit, [...step.keys, ...this.#refusals(keys)]);
    }
    if (!this.#authentication.done || step.keys.length > 0) {
      return fault("the target goes on before the authentication is done");
    }
    if (response.nsg !== STAGE_OPERATIONAL) {
      return fault(`the target goes on to stage ${response.nsg} instead of the operational one`);
    }
    this.#stage = STAGE_OPERATIONAL;
    return this.#request(true, this.#offer);
  }

  #afterOperational(response: LoginResponse, keys: ReadonlyMap<string, string>): LoginStep {
    this.#answers.push(...keys);
    if (!response.transit) {
      return this.#request(true, this.#refusals(keys));
    }
    if (response.nsg !== STAGE_FULL_FEATURE) {
      return fault(`the target goes on to stage ${response.nsg} instead of full feature phase`);
    }
    const parameters = settleOffer(this.#own, this.#answers);
    return "fault" in parameters
      ? fault(parameters.fault)
      : { kind: "done", parameters, window: this.#window };
  }

  /** A key that the target brought up itself must be answered; we know none that we did not offer. */
  #refusals(keys: ReadonlyMap<string, string>): Pairs {
    const answered = new Set(this.#offer.map(([key]) => key));
    return [...keys.keys()]
      .filter((key) => ![...DECLARED_BY_TARGET, ...AUTHENTICATION_KEYS].includes(key))
      .filter((key) => !answered.has(key))
      .map((key) => [key, "NotUnderstood"] as const);
  }

  #request(transit: boolean, keys: Pairs): LoginStep {
    this.#rounds += 1;
    if (this.#rounds > NEGOTIATION_ROUNDS_MAX) {
      return fault(`no end of the login after ${NEGOTIATION_ROUNDS_MAX} requests`);
    }
    const data = keys.length === 0 ? NO_DATA : formatTextKeys(keys);
    const next = this.#stage === STAGE_SECURITY ? STAGE_OPERATIONAL : STAGE_FULL_FEATURE;
    const bhs = encodeLoginRequest({
      transit,
      continue: false,
      csg: this.#stage,
      // NSG is reserved while T is 0.
      nsg: transit ? next : 0,
      versionMax: ISCSI_VERSION,
      versionMin: ISCSI_VERSION,
      isid: this.#terms.isid,
      tsih: 0,
      itt: LOGIN_TAG,
      cid: 0,
      cmdSN: this.#window.cmdSN,
      expStatSN: this.#window.expStatSN,
      dataSegmentLength: data.length,
    });
    return { kind: "send", bhs, data };
  }
}

function fault(reason: string): LoginStep {
  return { kind: "fault", reason };
}
