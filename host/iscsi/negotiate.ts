/**
 * Negotiation of the operational keys of RFC 7143, as a table, for both sides: `answerOffer` for
 * the side that is asked, `makeOffer` and `settleOffer` for the side that asks. Decides no limits:
 * what a side is willing to do (`own`) is the caller's. Invariant: two sides that use this table on
 * the same texts end with the same values.
 */

/** Result of a login. Lengths in bytes, times in seconds. */
export interface SessionParameters {
  /** What this side takes in one data segment, and what the other side takes. */
  maxRecvDataSegmentLengthOwn: number;
  maxRecvDataSegmentLengthPeer: number;
  maxBurstLength: number;
  firstBurstLength: number;
  /** True: no unsolicited Data-Out. */
  initialR2T: boolean;
  immediateData: boolean;
  maxOutstandingR2T: number;
  errorRecoveryLevel: number;
  defaultTime2Wait: number;
  defaultTime2Retain: number;
  maxConnections: number;
  dataPDUInOrder: boolean;
  dataSequenceInOrder: boolean;
  iSCSIProtocolLevel: number;
  /** "None" or "CRC32C"; where a side says what it is willing to do, a list in its order. */
  headerDigest: string;
  dataDigest: string;
  taskReporting: string;
}

/** Values of the digest keys. */
export const VALUE_CRC32C = "CRC32C";
export const VALUE_NONE = "None";

/** Values that count for a key that nobody names (RFC 7143). */
export const DEFAULT_PARAMETERS: SessionParameters = {
  maxRecvDataSegmentLengthOwn: 8192,
  maxRecvDataSegmentLengthPeer: 8192,
  maxBurstLength: 262144,
  firstBurstLength: 65536,
  initialR2T: true,
  immediateData: true,
  maxOutstandingR2T: 1,
  errorRecoveryLevel: 0,
  defaultTime2Wait: 2,
  defaultTime2Retain: 20,
  maxConnections: 1,
  dataPDUInOrder: true,
  dataSequenceInOrder: true,
  iSCSIProtocolLevel: 1,
  headerDigest: VALUE_NONE,
  dataDigest: VALUE_NONE,
  taskReporting: "RFC3720",
};

/** The asked side broke the rules; a login fails on it. */
export interface NegotiationFault {
  readonly fault: string;
}

/** What the asked side agrees to, and the keys to answer with. */
export interface NegotiationAnswer {
  readonly parameters: SessionParameters;
  readonly answers: [string, string][];
}

type FieldOf<T> = {
  [K in keyof SessionParameters]: SessionParameters[K] extends T ? K : never;
}[keyof SessionParameters];

type KeyRule =
  | {
      readonly kind: "minimum" | "maximum" | "declared";
      readonly field: FieldOf<number>;
      readonly lowest: number;
      readonly highest: number;
    }
  | { readonly kind: "and" | "or"; readonly field: FieldOf<boolean> }
  | { readonly kind: "list"; readonly field: FieldOf<string> }
  /** A key whose only right answer is known: markers are gone since RFC 7143. */
  | { readonly kind: "fixed"; readonly answer: string };

const LENGTH_MAX = 2 ** 24 - 1;
const TIME_MAX = 3600;
const FIRST_BURST_LENGTH = "FirstBurstLength";

function numeric(
  kind: "minimum" | "maximum",
  field: FieldOf<number>,
  lowest: number,
  highest: number,
): KeyRule {
  return { kind, field, lowest, highest };
}

const RULES: ReadonlyMap<string, KeyRule> = new Map<string, KeyRule>([
  ["HeaderDigest", { kind: "list", field: "headerDigest" }],
  ["DataDigest", { kind: "list", field: "dataDigest" }],
  ["TaskReporting", { kind: "list", field: "taskReporting" }],
  ["MaxConnections", numeric("minimum", "maxConnections", 1, 65535)],
  ["InitialR2T", { kind: "or", field: "initialR2T" }],
  ["ImmediateData", { kind: "and", field: "immediateData" }],
  [
    "MaxRecvDataSegmentLength",
    { kind: "declared", field: "maxRecvDataSegmentLengthPeer", lowest: 512, highest: LENGTH_MAX },
  ],
  ["MaxBurstLength", numeric("minimum", "maxBurstLength", 512, LENGTH_MAX)],
  [FIRST_BURST_LENGTH, numeric("minimum", "firstBurstLength", 512, LENGTH_MAX)],
  ["DefaultTime2Wait", numeric("maximum", "defaultTime2Wait", 0, TIME_MAX)],
  ["DefaultTime2Retain", numeric("minimum", "defaultTime2Retain", 0, TIME_MAX)],
  ["MaxOutstandingR2T", numeric("minimum", "maxOutstandingR2T", 1, 65535)],
  ["DataPDUInOrder", { kind: "or", field: "dataPDUInOrder" }],
  ["DataSequenceInOrder", { kind: "or", field: "dataSequenceInOrder" }],
  ["ErrorRecoveryLevel", numeric("minimum", "errorRecoveryLevel", 0, 2)],
  ["iSCSIProtocolLevel", numeric("minimum", "iSCSIProtocolLevel", 0, 31)],
  ["IFMarker", { kind: "fixed", answer: "No" }],
  ["OFMarker", { kind: "fixed", answer: "No" }],
  ["IFMarkInt", { kind: "fixed", answer: "Reject" }],
  ["OFMarkInt", { kind: "fixed", answer: "Reject" }],
]);

/** Answers that name no value; the key keeps what it was. */
const NO_VALUE: readonly string[] = ["Reject", "Irrelevant", "NotUnderstood"];

/** Decimal or 0x number of RFC 7143, undefined for anything else. */
export function parseKeyNumber(value: string): number | undefined {
  return /^(?:[0-9]{1,10}|0[xX][0-9a-fA-F]{1,8})$/.test(value) ? Number(value) : undefined;
}

/**
 * Answers the keys of `offer`: known keys by their rule, unknown ones with NotUnderstood,
 * impossible values with Reject. Keys that are not operational must be taken out before.
 * FirstBurstLength is kept within MaxBurstLength.
 */
export function answerOffer(
  own: SessionParameters,
  current: SessionParameters,
  offer: Iterable<readonly [string, string]>,
): NegotiationAnswer {
  const parameters = { ...current };
  const answers: [string, string][] = [];
  for (const [key, value] of offer) {
    const answer = answerKey(own, parameters, key, value);
    if (answer !== undefined) {
      answers.push([key, answer]);
    }
  }
  limitFirstBurst(parameters);
  const firstBurst = answers.find(([key]) => key === FIRST_BURST_LENGTH);
  if (firstBurst !== undefined && parseKeyNumber(firstBurst[1]) !== undefined) {
    firstBurst[1] = String(parameters.firstBurstLength);
  }
  return { parameters, answers };
}

/** The keys that a side offers in the operational stage so that `own` becomes the result. */
export function makeOffer(own: SessionParameters): [string, string][] {
  const offer: [string, string][] = [];
  for (const [key, rule] of RULES) {
    // Younger than RFC 3720: old targets answer NotUnderstood, or worse.
    if (rule.kind !== "fixed" && key !== "TaskReporting" && key !== "iSCSIProtocolLevel") {
      offer.push([key, formatOwn(own, rule)]);
    }
  }
  return offer;
}

/**
 * Result for the side that offered `own` (makeOffer) and got `answers`: the agreed values, defaults
 * for keys without an answer. Fault: an answer outside of what was offered, or a list of which
 * nothing was taken, where its default was not in it.
 */
export function settleOffer(
  own: SessionParameters,
  answers: Iterable<readonly [string, string]>,
): SessionParameters | NegotiationFault {
  const parameters: SessionParameters = {
    ...DEFAULT_PARAMETERS,
    maxRecvDataSegmentLengthOwn: own.maxRecvDataSegmentLengthOwn,
  };
  for (const [key, value] of answers) {
    const rule = RULES.get(key);
    if (rule === undefined || rule.kind === "fixed" || NO_VALUE.includes(value)) {
      continue;
    }
    // The result function of every key gives an answer back when it is one that may be given.
    const repeated = answerKey(own, parameters, key, value) ?? value;
    if (repeated !== value && parseKeyNumber(repeated) !== (parseKeyNumber(value) ?? Number.NaN)) {
      return { fault: `${key}=${value} is no answer to ${key}=${formatOwn(own, rule)}` };
    }
  }
  for (const [key, rule] of RULES) {
    if (rule.kind === "list" && !own[rule.field].split(",").includes(parameters[rule.field])) {
      return { fault: `${key}=${own[rule.field]} was not agreed to` };
    }
  }
  limitFirstBurst(parameters);
  return parameters;
}

/** Stores the result of one key and gives the answer, undefined where none is due. */
function answerKey(
  own: SessionParameters,
  parameters: SessionParameters,
  key: string,
  value: string,
): string | undefined {
  const rule = RULES.get(key);
  if (rule === undefined) {
    return "NotUnderstood";
  }
  switch (rule.kind) {
    case "fixed":
      return rule.answer;
    case "list": {
      // The order of the side that asks decides (RFC 7143).
      const willing = own[rule.field].split(",");
      const chosen = value.split(",").find((name) => willing.includes(name));
      parameters[rule.field] = chosen ?? parameters[rule.field];
      return chosen ?? "Reject";
    }
    case "and":
    case "or": {
      if (value !== "Yes" && value !== "No") {
        return "Reject";
      }
      const [asked, mine] = [value === "Yes", own[rule.field]];
      parameters[rule.field] = rule.kind === "and" ? asked && mine : asked || mine;
      return formatBoolean(parameters[rule.field]);
    }
    case "minimum":
    case "maximum":
    case "declared":
      return answerNumber(own, parameters, rule, value);
  }
}

function answerNumber(
  own: SessionParameters,
  parameters: SessionParameters,
  rule: Extract<KeyRule, { lowest: number }>,
  value: string,
): string | undefined {
  const asked = parseKeyNumber(value);
  if (asked === undefined || asked < rule.lowest || asked > rule.highest) {
    return "Reject";
  }
  if (rule.kind === "declared") {
    parameters[rule.field] = asked;
    return undefined;
  }
  const choose = rule.kind === "minimum" ? Math.min : Math.max;
  parameters[rule.field] = choose(asked, own[rule.field]);
  return String(parameters[rule.field]);
}

function formatOwn(own: SessionParameters, rule: Exclude<KeyRule, { kind: "fixed" }>): string {
  switch (rule.kind) {
    case "list":
      return own[rule.field];
    case "and":
    case "or":
      return formatBoolean(own[rule.field]);
    case "declared":
      return String(own.maxRecvDataSegmentLengthOwn);
    case "minimum":
    case "maximum":
      return String(own[rule.field]);
  }
}

function formatBoolean(value: boolean): string {
  return value ? "Yes" : "No";
}

function limitFirstBurst(parameters: SessionParameters): void {
  parameters.firstBurstLength = Math.min(parameters.firstBurstLength, parameters.maxBurstLength);
}
