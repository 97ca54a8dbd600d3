/**
 * Who may log in: AuthMethod None, or CHAP one-way and mutual, as one login's machine of keys.
 * Decides what each security key is answered with and when the login may leave its security stage.
 * Invariants: where there are accounts nobody comes in without a right response to a challenge that
 * was made for this login; what is said of a failure to the initiator does not tell an unknown name
 * from a wrong secret; a secret is in no answer and in no reason.
 */
import { randomBytes, randomInt } from "node:crypto";
import {
  type ChapAccount,
  type ChapAlgorithm,
  chapResponse,
  chooseAlgorithm,
  formatBinary,
  isSameResponse,
  parseBinary,
} from "../iscsi/chap.ts";
import { parseKeyNumber } from "../iscsi/negotiate.ts";

/** Who may log in, by CHAP_N, and who the target is to those who ask for that. */
export interface ChapAccounts {
  readonly initiators: readonly ChapAccount[];
  /** Absent: no mutual authentication. Its secret is that of no initiator. */
  readonly target?: ChapAccount;
}

/** Keys to answer with, or why the login ends with an authentication failure. */
export type AuthenticationStep =
  | { readonly answers: [string, string][] }
  | { readonly failure: string };

/** What is waited for. */
type Stage = "method" | "algorithm" | "response" | "done";

interface Challenge {
  readonly algorithm: ChapAlgorithm;
  readonly identifier: number;
  readonly bytes: Uint8Array;
}

type Keys = ReadonlyMap<string, string>;

const AUTH_METHOD = "AuthMethod";
const CHAP_KEYS: readonly string[] = ["CHAP_A", "CHAP_I", "CHAP_C", "CHAP_N", "CHAP_R"];
const IDENTIFIERS = 256;

/** The authentication of one login. */
export class Authentication {
  readonly #accounts: ChapAccounts | undefined;
  #stage: Stage;
  #challenge: Challenge | undefined;
  #user: string | undefined;

  /** Without accounts nobody has to prove anything. */
  constructor(accounts: ChapAccounts | undefined) {
    this.#accounts = accounts;
    this.#stage = accounts === undefined ? "done" : "method";
  }

  /** The initiator may go on to another stage. */
  get done(): boolean {
    return this.#stage === "done";
  }

  /** A method was agreed on: the login stays in its stage until it is done. */
  get started(): boolean {
    return this.#stage !== "method";
  }

  /** Name of the account, once it is proven. */
  get user(): string | undefined {
    return this.#user;
  }

  /** True for the keys that `answer` wants. */
  takes(key: string): boolean {
    return key === AUTH_METHOD || (this.#accounts !== undefined && CHAP_KEYS.includes(key));
  }

  /** Answers the keys of one request that are its own; there may be none. */
  answer(keys: Keys): AuthenticationStep {
    if (keys.size === 0) {
      return { answers: [] };
    }
    const methods = keys.get(AUTH_METHOD)?.split(",");
    if (this.#accounts === undefined) {
      return methods?.includes("None") === true
        ? { answers: [[AUTH_METHOD, "None"]] }
        : failed(`authentication by ${keys.get(AUTH_METHOD)} wanted`);
    }
    if ((methods !== undefined) !== (this.#stage === "method")) {
      return failed("keys of the authentication out of order");
    }
    switch (this.#stage) {
      case "method":
        return this.#chooseMethod(methods ?? [], keys);
      case "algorithm":
        return this.#makeChallenge(keys);
      case "response":
        return this.#check(this.#accounts, keys);
      case "done":
        return failed("keys of the authentication after its end");
    }
  }

  #chooseMethod(methods: readonly string[], keys: Keys): AuthenticationStep {
    if (!methods.includes("CHAP") || keys.size > 1) {
      return failed("CHAP is required, not offered");
    }
    this.#stage = "algorithm";
    return { answers: [[AUTH_METHOD, "CHAP"]] };
  }

  #makeChallenge(keys: Keys): AuthenticationStep {
    const algorithm = chooseAlgorithm(keys.get("CHAP_A") ?? "");
    if (algorithm === undefined || keys.size > 1) {
      return failed("no CHAP algorithm that is known here");
    }
    const bytes = randomBytes(algorithm.bytes);
    const identifier = randomInt(IDENTIFIERS);
    this.#challenge = { algorithm, identifier, bytes };
    this.#stage = "response";
    return {
      answers: [
        ["CHAP_A", String(algorithm.number)],
        ["CHAP_I", String(identifier)],
        ["CHAP_C", formatBinary(bytes)],
      ],
    };
  }

  #check(accounts: ChapAccounts, keys: Keys): AuthenticationStep {
    const challenge = this.#challenge;
    // Whatever comes of it, a challenge is answered once.
    this.#challenge = undefined;
    const name = keys.get("CHAP_N");
    const response = parseBinary(keys.get("CHAP_R") ?? "");
    if (challenge === undefined || name === undefined || response === undefined) {
      return failed("no CHAP response");
    }
    const { algorithm, identifier, bytes } = challenge;
    const account = accounts.initiators.find((each) => each.name === name);
    // An unknown name takes as long as a known one.
    const secret = account?.secret ?? bytes;
    const expected = chapResponse(algorithm, identifier, secret, bytes);
    if (!isSameResponse(expected, response) || account === undefined) {
      const what = account === undefined ? "unknown name" : "wrong response for";
      return failed(`CHAP: ${what} ${JSON.stringify(name)}`);
    }
    const proof = this.#prove(accounts, challenge, keys);
    if ("answers" in proof) {
      this.#stage = "done";
      this.#user = name;
    }
    return proof;
  }

  /** The target's side of mutual authentication, where the initiator asks for it. */
  #prove(accounts: ChapAccounts, own: Challenge, keys: Keys): AuthenticationStep {
    const [identifierText, challengeText] = [keys.get("CHAP_I"), keys.get("CHAP_C")];
    if (identifierText === undefined && challengeText === undefined) {
      return { answers: [] };
    }
    const { target } = accounts;
    if (target === undefined) {
      return failed("mutual CHAP wanted, the target has no account");
    }
    const identifier = parseKeyNumber(identifierText ?? "");
    const challenge = parseBinary(challengeText ?? "");
    if (identifier === undefined || identifier >= IDENTIFIERS || challenge === undefined) {
      return failed("no CHAP challenge of the initiator's");
    }
    if (isSameResponse(challenge, own.bytes)) {
      return failed("the target's own CHAP challenge came back");
    }
    const response = chapResponse(own.algorithm, identifier, target.secret, challenge);
    return {
      answers: [
        ["CHAP_N", target.name],
        ["CHAP_R", formatBinary(response)],
      ],
    };
  }
}

function failed(failure: string): AuthenticationStep {
  return { failure };
}
