/**
 * Who we are to a target, and whether it is the one that it should be: AuthMethod None, or CHAP one-way
 * and mutual, as one login's machine of keys. Decides what each answer of the security stage is answered
 * with. Invariants: with an account nothing but CHAP is offered, so that nobody talks the login down to
 * None; where the target has to prove itself, nothing of the operational stage is said before it did; a
 * secret is in no reason.
 */
import { randomBytes, randomInt } from "node:crypto";
import {
  CHAP_ALGORITHM_NUMBERS,
  type ChapAccount,
  type ChapAlgorithm,
  chapResponse,
  chooseAlgorithm,
  formatBinary,
  isSameResponse,
  parseBinary,
} from "../iscsi/chap.ts";
import { parseKeyNumber } from "../iscsi/negotiate.ts";

/** Accounts for the way to a target. */
export interface ChapCredentials {
  /** Who we are there. */
  readonly own: ChapAccount;
  /** Who the target is; absent: it need not prove itself. Its secret is not ours. */
  readonly target?: ChapAccount;
  /** Values of CHAP_A to offer, the best first; absent: all. */
  readonly algorithms?: readonly number[] | undefined;
}

/** Keys to send next, with the T bit or without, or why the login ends. */
export type AuthenticationStep =
  | { readonly keys: readonly (readonly [string, string])[]; readonly transit: boolean }
  | { readonly fault: string };

/** What the target is to say next. */
type Stage = "method" | "challenge" | "proof" | "done";

type Keys = ReadonlyMap<string, string>;

interface Challenge {
  readonly algorithm: ChapAlgorithm;
  readonly identifier: number;
  readonly bytes: Uint8Array;
}

const IDENTIFIERS = 256;
const AUTH_METHOD = "AuthMethod";

/** Keys of the security stage that `answer` takes. */
export const AUTHENTICATION_KEYS: readonly string[] = [
  ...[AUTH_METHOD, "CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R"],
];

function offered({ algorithms = CHAP_ALGORITHM_NUMBERS }: ChapCredentials): readonly number[] {
  return algorithms;
}

/** The authentication of one login. */
export class Authentication {
  readonly #credentials: ChapCredentials | undefined;
  #stage: Stage = "method";
  /** Made for this target, in this login. */
  #own: Challenge | undefined;

  /** Without credentials None is offered. */
  constructor(credentials: ChapCredentials | undefined) {
    this.#credentials = credentials;
  }

  /** Everything that has to be proven was proven. */
  get done(): boolean {
    return this.#stage === "done";
  }

  /** What the first request says, with the T bit or without. */
  begin(): Exclude<AuthenticationStep, { fault: string }> {
    const isNone = this.#credentials === undefined;
    return { keys: [[AUTH_METHOD, isNone ? "None" : "CHAP"]], transit: isNone };
  }

  /** Takes the keys of one whole answer. */
  answer(keys: Keys): AuthenticationStep {
    const credentials = this.#credentials;
    if (credentials === undefined) {
      const method = keys.get(AUTH_METHOD) ?? "None";
      this.#stage = "done";
      return method === "None"
        ? { keys: [], transit: true }
        : { fault: `the target wants AuthMethod=${method}, there is no account for it` };
    }
    switch (this.#stage) {
      case "method":
        return this.#agree(credentials, keys);
      case "challenge":
        return this.#respond(credentials, keys);
      case "proof":
        return this.#verify(credentials, keys);
      case "done":
        return { keys: [], transit: true };
    }
  }

  #agree(credentials: ChapCredentials, keys: Keys): AuthenticationStep {
    const method = keys.get(AUTH_METHOD) ?? "None";
    if (method !== "CHAP") {
      return { fault: `the target answers AuthMethod=${method}, CHAP is wanted` };
    }
    this.#stage = "challenge";
    return { keys: [["CHAP_A", offered(credentials).join(",")]], transit: false };
  }

  #respond(credentials: ChapCredentials, keys: Keys): AuthenticationStep {
    const { own, target } = credentials;
    const chosen = keys.get("CHAP_A") ?? "";
    const isOffered = offered(credentials).includes(Number(chosen));
    const algorithm = isOffered ? chooseAlgorithm(chosen) : undefined;
    const identifier = parseKeyNumber(keys.get("CHAP_I") ?? "");
    const bytes = parseBinary(keys.get("CHAP_C") ?? "");
    if (algorithm === undefined || identifier === undefined || bytes === undefined) {
      return { fault: "the target sent no CHAP challenge" };
    }
    if (identifier >= IDENTIFIERS) {
      return { fault: `the target sent the CHAP identifier ${identifier}` };
    }
    const response = chapResponse(algorithm, identifier, own.secret, bytes);
    const proof: [string, string][] = [
      ["CHAP_N", own.name],
      ["CHAP_R", formatBinary(response)],
    ];
    if (target === undefined) {
      this.#stage = "done";
      return { keys: proof, transit: true };
    }
    const challenge = this.#challenge(algorithm);
    this.#own = challenge;
    this.#stage = "proof";
    proof.push(["CHAP_I", String(challenge.identifier)], ["CHAP_C", formatBinary(challenge.bytes)]);
    return { keys: proof, transit: true };
  }

  #challenge(algorithm: ChapAlgorithm): Challenge {
    const bytes = randomBytes(algorithm.bytes);
    return { algorithm, identifier: randomInt(IDENTIFIERS), bytes };
  }

  #verify({ target }: ChapCredentials, keys: Keys): AuthenticationStep {
    const own = this.#own;
    const [name, response] = [keys.get("CHAP_N"), parseBinary(keys.get("CHAP_R") ?? "")];
    // Whatever comes of it, a challenge is answered once.
    this.#own = undefined;
    if (own === undefined || target === undefined || name === undefined || response === undefined) {
      return { fault: "the target did not prove who it is (CHAP)" };
    }
    const expected = chapResponse(own.algorithm, own.identifier, target.secret, own.bytes);
    if (name !== target.name || !isSameResponse(expected, response)) {
      const what = name === target.name ? "its CHAP response is wrong" : "another CHAP name";
      return { fault: `the target is not the one that it should be: ${what}` };
    }
    this.#stage = "done";
    return { keys: [], transit: true };
  }
}
