/**
 * The login of one connection: stages, session type, names, negotiation. Decides what may become a
 * session; no sockets, no timers. Who has to prove what is authentication.ts's. Invariants: nothing but a right Login Request goes on; text that
 * is collected is bounded; the answer of each request is given back, never sent from here.
 */
import { decodeLoginRequest, type LoginRequest } from "../iscsi/login-request.ts";
import { encodeLoginResponse } from "../iscsi/login-response.ts";
import { answerOffer, DEFAULT_PARAMETERS, type SessionParameters } from "../iscsi/negotiate.ts";
import {
  LOGIN_AUTHENTICATION_FAILURE,
  LOGIN_AUTHORIZATION_FAILURE,
  LOGIN_INITIATOR_ERROR,
  LOGIN_INVALID_DURING_LOGIN,
  LOGIN_OUT_OF_RESOURCES,
  LOGIN_SESSION_DOES_NOT_EXIST,
  LOGIN_SUCCESS,
  LOGIN_TOO_MANY_CONNECTIONS,
  LOGIN_UNSUPPORTED_VERSION,
  STAGE_FULL_FEATURE,
  STAGE_OPERATIONAL,
  STAGE_SECURITY,
} from "../iscsi/opcode.ts";
import { serialAdd } from "../iscsi/serial-number.ts";
import { formatTextKeys, isTextFault, parseTextKeys } from "../iscsi/text-key.ts";
import type { Nexus } from "../lib/logical-unit.ts";
import { Authentication, type ChapAccounts } from "./authentication.ts";
import {
  COMMAND_WINDOW,
  LOGIN_REQUESTS_MAX,
  LOGIN_SEGMENT_BYTES_MAX,
  TARGET_PARAMETERS,
  TARGET_PORTAL_GROUP_TAG,
  TEXT_BYTES_MAX,
} from "./limits.ts";
import { LoginNames, type Refusal, refuse } from "./login-names.ts";
import type { UnitView } from "./unit-view.ts";

/** A session whose connection may be reinstated. */
export interface StandingSession {
  readonly nexus: Nexus;
  readonly discovery: boolean;
  readonly cid: number;
  readonly parameters: SessionParameters;
  readonly expCmdSN: number;
  readonly addressedLuns: ReadonlySet<number>;
}

/** What a login needs to know of the target. */
export interface LoginContext {
  readonly targetName: string;
  /** undefined: nobody has to authenticate. */
  readonly chap: ChapAccounts | undefined;
  /** What this initiator sees. */
  viewOf(initiatorName: string): UnitView;
  sessionOf(tsih: number): StandingSession | undefined;
  /** False where this initiator has too many sessions. */
  hasRoomFor(initiatorName: string, isid: string): boolean;
  /** A session handle that no session has, 1 to 65535. */
  newTsih(): number;
}

/** A session that may begin. */
export interface LoginResult {
  readonly discovery: boolean;
  readonly initiatorName: string;
  readonly view: UnitView;
  /** CHAP_N that was proven; undefined: nobody had to prove anything. */
  readonly user: string | undefined;
  readonly isid: string;
  readonly tsih: number;
  readonly cid: number;
  /** The session that this connection goes on with, in place of the one it had. */
  readonly standing: StandingSession | undefined;
  /** CmdSN of the first command, StatSN of the first response. */
  readonly cmdSN: number;
  readonly statSN: number;
  readonly parameters: SessionParameters;
}

/** The answer to one Login Request: send it, then go on, begin the session, or close. */
export interface LoginStep {
  readonly bhs: Uint8Array;
  readonly data: Uint8Array;
  readonly result?: LoginResult;
  readonly failure?: string;
}

type Keys = Map<string, string>;

const FIRST_STAT_SN = 1;
const VERSION = 0;
const NO_BYTES = new Uint8Array(0);

const SEGMENT_LENGTH = "MaxRecvDataSegmentLength";

function isRefusal<T extends object>(outcome: T | Refusal): outcome is Refusal {
  return "reason" in outcome;
}

function isSameConnection(a: LoginRequest, b: LoginRequest): boolean {
  return a.isid === b.isid && a.cid === b.cid && a.tsih === b.tsih;
}

/** One connection that has not logged in yet. */
export class Login {
  readonly #context: LoginContext;
  readonly #authentication: Authentication;
  readonly #names: LoginNames;
  #parameters: SessionParameters = {
    ...DEFAULT_PARAMETERS,
    maxRecvDataSegmentLengthOwn: TARGET_PARAMETERS.maxRecvDataSegmentLengthOwn,
  };
  #standing: StandingSession | undefined;
  #text: Uint8Array = NO_BYTES;
  #stage: number | undefined;
  /** The last one that was taken. */
  #last: LoginRequest | undefined;
  #requestCount = 0;
  #statSN = FIRST_STAT_SN;
  #identified = false;
  #segmentLengthDeclared = false;

  constructor(context: LoginContext) {
    this.#context = context;
    this.#names = new LoginNames(context.targetName);
    this.#authentication = new Authentication(context.chap);
  }

  /** Takes a Login Request with its text. */
  request(bhs: Uint8Array, data: Uint8Array): LoginStep {
    const request = decodeLoginRequest(bhs);
    const wrong = this.#checkHeader(request);
    if (wrong !== undefined) {
      return this.#refuse(request, wrong);
    }
    this.#last = request;
    this.#stage = request.csg;
    this.#text = Buffer.concat([this.#text, data]);
    if (this.#text.length > TEXT_BYTES_MAX) {
      return this.#refuse(request, refuse(LOGIN_INITIATOR_ERROR, "login text too long"));
    }
    if (request.continue) {
      return this.#respond(request, NO_BYTES, 0, LOGIN_SUCCESS);
    }
    const keys = parseTextKeys(this.#text);
    this.#text = NO_BYTES;
    if (isTextFault(keys)) {
      return this.#refuse(request, refuse(LOGIN_INITIATOR_ERROR, keys.fault));
    }
    const answers = this.#answerKeys(request, keys);
    return isRefusal(answers) ? this.#refuse(request, answers) : this.#proceed(request, answers);
  }

  /** Another PDU came than a Login Request; undefined: none came before, so there is no answer either. */
  interrupted(): LoginStep | undefined {
    const reason = "something else than a login request in the middle of a login";
    return this.#last && this.#refuse(this.#last, refuse(LOGIN_INVALID_DURING_LOGIN, reason));
  }

  #checkHeader(request: LoginRequest): Refusal | undefined {
    this.#requestCount += 1;
    const { csg, nsg, transit } = request;
    if (request.versionMin > VERSION) {
      return refuse(LOGIN_UNSUPPORTED_VERSION, `version ${request.versionMin} and up wanted`);
    }
    const unknown = this.#checkSession(request);
    if (unknown !== undefined) {
      return unknown;
    }
    if (this.#requestCount > LOGIN_REQUESTS_MAX) {
      return refuse(LOGIN_INITIATOR_ERROR, "too many login requests");
    }
    if (this.#last !== undefined && !isSameConnection(this.#last, request)) {
      return refuse(LOGIN_INITIATOR_ERROR, "ISID, TSIH or CID changed during the login");
    }
    const stageRight =
      this.#stage === undefined
        ? csg === STAGE_SECURITY || csg === STAGE_OPERATIONAL
        : csg === this.#stage;
    const transitRight =
      !transit ||
      (!request.continue && nsg > csg && (nsg === STAGE_OPERATIONAL || nsg === STAGE_FULL_FEATURE));
    return stageRight && transitRight
      ? undefined
      : refuse(LOGIN_INITIATOR_ERROR, `login stage ${csg} to ${nsg} out of order`);
  }

  /** With a session handle: the same ISID and CID reinstate the connection of that session. */
  #checkSession({ tsih, isid, cid }: LoginRequest): Refusal | undefined {
    if (tsih === 0) {
      return undefined;
    }
    const standing = this.#context.sessionOf(tsih);
    const isOther = this.#standing !== undefined && this.#standing !== standing;
    if (standing === undefined || isOther || standing.nexus.isid !== isid) {
      return refuse(LOGIN_SESSION_DOES_NOT_EXIST, `session ${tsih} does not exist`);
    }
    if (standing.discovery || standing.cid !== cid) {
      return refuse(LOGIN_TOO_MANY_CONNECTIONS, "second connection of a session");
    }
    if (this.#standing === undefined) {
      this.#standing = standing;
      const { headerDigest, dataDigest, maxRecvDataSegmentLengthPeer } = DEFAULT_PARAMETERS;
      const ofConnection = { headerDigest, dataDigest, maxRecvDataSegmentLengthPeer };
      this.#parameters = { ...standing.parameters, ...ofConnection };
    }
    return undefined;
  }

  /** What this side is willing to do: of a session that stands, what was agreed for all of it. */
  get #own(): SessionParameters {
    const { headerDigest, dataDigest } = TARGET_PARAMETERS;
    return this.#standing === undefined
      ? TARGET_PARAMETERS
      : { ...this.#standing.parameters, headerDigest, dataDigest };
  }

  #answerKeys(request: LoginRequest, keys: Keys): [string, string][] | Refusal {
    const offer: [string, string][] = [];
    const security: Keys = new Map();
    for (const [key, value] of keys) {
      if (this.#names.takes(key)) {
        const wrong = this.#names.declare(key, value);
        if (wrong !== undefined) {
          return wrong;
        }
      } else if (request.csg === STAGE_SECURITY && this.#authentication.takes(key)) {
        security.set(key, value);
      } else {
        offer.push([key, value]);
      }
    }
    const answers = this.#authenticate(request, security);
    if (isRefusal(answers)) {
      return answers;
    }
    if (!this.#identified) {
      const refusal = this.#names.complete();
      if (refusal !== undefined) {
        return refusal;
      }
      this.#identified = true;
      if (!this.#names.discovery) {
        answers.push(["TargetPortalGroupTag", String(TARGET_PORTAL_GROUP_TAG)]);
      }
    }
    const unwanted = this.#unwanted();
    if (unwanted !== undefined) {
      return unwanted;
    }
    const negotiated = answerOffer(this.#own, this.#parameters, offer);
    this.#parameters = negotiated.parameters;
    answers.push(...negotiated.answers);
    // Where the initiator's is rejected, ours waits: a key stands once in a text.
    const isRejected = answers.some(([key]) => key === SEGMENT_LENGTH);
    if (request.csg === STAGE_OPERATIONAL && !this.#segmentLengthDeclared && !isRejected) {
      this.#segmentLengthDeclared = true;
      answers.push([SEGMENT_LENGTH, String(TARGET_PARAMETERS.maxRecvDataSegmentLengthOwn)]);
    }
    return answers;
  }

  #authenticate(request: LoginRequest, keys: Keys): [string, string][] | Refusal {
    const step = this.#authentication.answer(keys);
    if ("failure" in step) {
      return refuse(LOGIN_AUTHENTICATION_FAILURE, step.failure);
    }
    const leaves = request.csg !== STAGE_SECURITY || request.transit;
    return leaves && !this.#authentication.started
      ? refuse(LOGIN_AUTHENTICATION_FAILURE, "no authentication, CHAP is required")
      : step.answers;
  }

  /** Who is not in the access list learns it only after having proven who it is. */
  #unwanted(): Refusal | undefined {
    const isWelcome =
      this.#names.discovery ||
      !this.#authentication.done ||
      this.#context.viewOf(this.#names.initiatorName).extent !== "none";
    return isWelcome
      ? undefined
      : refuse(
          LOGIN_AUTHORIZATION_FAILURE,
          `${this.#names.initiatorName} is not in the access list`,
        );
  }

  #proceed(request: LoginRequest, answers: [string, string][]): LoginStep {
    const data = formatTextKeys(answers);
    if (data.length > LOGIN_SEGMENT_BYTES_MAX) {
      return this.#refuse(request, refuse(LOGIN_INITIATOR_ERROR, "too many keys to answer"));
    }
    if (!request.transit || !this.#authentication.done) {
      return this.#respond({ ...request, transit: false }, data, 0, LOGIN_SUCCESS);
    }
    this.#stage = request.nsg;
    if (request.nsg !== STAGE_FULL_FEATURE) {
      return this.#respond(request, data, 0, LOGIN_SUCCESS);
    }
    const { initiatorName } = this.#names;
    const wrong = this.#standing === undefined ? this.#checkRoom(request) : this.#checkOwner();
    if (wrong !== undefined) {
      return this.#refuse(request, wrong);
    }
    const tsih = this.#standing === undefined ? this.#context.newTsih() : request.tsih;
    const step = this.#respond(request, data, tsih, LOGIN_SUCCESS);
    const result: LoginResult = {
      discovery: this.#names.discovery,
      initiatorName,
      view: this.#context.viewOf(initiatorName),
      user: this.#authentication.user,
      isid: request.isid,
      tsih,
      cid: request.cid,
      standing: this.#standing,
      cmdSN: request.cmdSN,
      statSN: this.#statSN,
      parameters: this.#parameters,
    };
    return { ...step, result };
  }

  #checkRoom({ isid }: LoginRequest): Refusal | undefined {
    const { initiatorName } = this.#names;
    return this.#context.hasRoomFor(initiatorName, isid)
      ? undefined
      : refuse(LOGIN_OUT_OF_RESOURCES, `${initiatorName} has too many sessions`);
  }

  /** A session is its initiator's alone, whoever knows its handle. */
  #checkOwner(): Refusal | undefined {
    const { initiatorName, discovery } = this.#names;
    return initiatorName === this.#standing?.nexus.initiatorName && !discovery
      ? undefined
      : refuse(LOGIN_SESSION_DOES_NOT_EXIST, `${initiatorName} has no such session`);
  }

  #refuse(request: LoginRequest, refusal: Refusal): LoginStep {
    const step = this.#respond(request, NO_BYTES, request.tsih, refusal.status);
    return { ...step, failure: refusal.reason };
  }

  #respond(request: LoginRequest, data: Uint8Array, tsih: number, status: number): LoginStep {
    const transit = request.transit && status === LOGIN_SUCCESS;
    const expCmdSN = this.#standing?.expCmdSN ?? request.cmdSN;
    const bhs = encodeLoginResponse({
      transit,
      continue: false,
      csg: request.csg,
      nsg: transit ? request.nsg : 0,
      versionMax: VERSION,
      versionActive: VERSION,
      isid: request.isid,
      tsih,
      itt: request.itt,
      statSN: this.#statSN,
      expCmdSN,
      maxCmdSN: serialAdd(expCmdSN, COMMAND_WINDOW - 1),
      status,
      dataSegmentLength: data.length,
    });
    this.#statSN = serialAdd(this.#statSN, 1);
    return { bhs, data };
  }
}
