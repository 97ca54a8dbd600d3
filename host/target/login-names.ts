/**
 * Who logs in, and to what: the keys by which an initiator names both. Decides what has to be named,
 * and that it stays what it was said to be; whether that initiator may come in is login.ts's.
 */
import {
  INITIATOR_ALIAS,
  INITIATOR_DECLARATIONS,
  TARGET_DECLARATIONS,
} from "../iscsi/declaration.ts";
import {
  LOGIN_INITIATOR_ERROR,
  LOGIN_MISSING_PARAMETER,
  LOGIN_SESSION_TYPE_NOT_SUPPORTED,
  LOGIN_TARGET_NOT_FOUND,
} from "../iscsi/opcode.ts";

/** RFC 7143: longest iSCSI name; an alias may have 255 bytes, what is longer is nobody's. */
const NAME_BYTES_MAX = 255;

/** Why a login ends: the status for the initiator, the words for the log. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

/** A refusal with that login status. */
export function refuse(status: number, reason: string): Refusal {
  return { status, reason };
}

/** The names in one login. */
export class LoginNames {
  readonly #targetName: string;
  readonly #declared = new Map<string, string>();
  #isComplete = false;

  /** `targetName`: who is logged in to here. */
  constructor(targetName: string) {
    this.#targetName = targetName;
  }

  /** "" until it was named. */
  get initiatorName(): string {
    return this.#declared.get("InitiatorName") ?? "";
  }

  get discovery(): boolean {
    return this.#declared.get("SessionType") === "Discovery";
  }

  /** True for the keys that `declare` wants. */
  takes(key: string): boolean {
    return (
      key === INITIATOR_ALIAS ||
      INITIATOR_DECLARATIONS.includes(key) ||
      TARGET_DECLARATIONS.includes(key)
    );
  }

  /** Stores one of those; what an initiator says of itself, it may not say otherwise later. */
  declare(key: string, value: string): Refusal | undefined {
    if (TARGET_DECLARATIONS.includes(key)) {
      return refuse(LOGIN_INITIATOR_ERROR, `${key} is not for an initiator to say`);
    }
    const isChanged = this.#isComplete && this.#declared.get(key) !== value;
    if (isChanged && key !== INITIATOR_ALIAS) {
      return refuse(LOGIN_INITIATOR_ERROR, `${key} changed during the login`);
    }
    if (Buffer.byteLength(value) > NAME_BYTES_MAX) {
      return refuse(LOGIN_INITIATOR_ERROR, `${key} of more than ${NAME_BYTES_MAX} bytes`);
    }
    this.#declared.set(key, value);
    return undefined;
  }

  /** Says what the first text lacks or names wrongly. */
  complete(): Refusal | undefined {
    this.#isComplete = true;
    const sessionType = this.#declared.get("SessionType") ?? "Normal";
    if (sessionType !== "Normal" && sessionType !== "Discovery") {
      return refuse(LOGIN_SESSION_TYPE_NOT_SUPPORTED, `session type ${sessionType}`);
    }
    if (this.initiatorName === "") {
      return refuse(LOGIN_MISSING_PARAMETER, "InitiatorName missing");
    }
    if (this.discovery) {
      return undefined;
    }
    const targetName = this.#declared.get("TargetName");
    if (!targetName) {
      return refuse(LOGIN_MISSING_PARAMETER, "TargetName missing");
    }
    return targetName === this.#targetName
      ? undefined
      : refuse(LOGIN_TARGET_NOT_FOUND, `no target ${JSON.stringify(targetName)} here`);
  }
}
