/**
 * The keys that a lane has for its drive's encryption: parameter lists of SECURITY PROTOCOL OUT, in memory only.
 * Decides where their bytes are and when they are overwritten; what is done with them is the core's.
 * Invariants: at most two lists, that of the command in work and the one that is kept; one that is replaced,
 * dropped or cleared, and every copy that was sent, is filled with zeros; the core, traces and logs see the head
 * of a list and its mark, never the key.
 */

import { createHmac, type KeyObject } from "node:crypto";
import {
  SECRET_CLEAR,
  SECRET_DROP,
  SECRET_GIVEN,
  SECRET_HEAD_BYTES,
  SECRET_KEEP,
} from "../../assembly/spec/action.ts";
import type { ActionHandler } from "./core-loop.ts";

/** Modes of encryption and decryption in a list: they are the core's wish when it is sent. */
const MODES_AT = 6;
/** What makes a key the same key: algorithm, formats, and what is behind the reserved bytes. */
const ALGORITHM_AT = 8;

/** What the core is told of a list. */
export interface SecretFacts {
  /** Its first SECRET_HEAD_BYTES, or all of a shorter one. */
  readonly head: Uint8Array;
  /** The same for the same key and key-associated data, as long as the rings' secret is the same; never 0. */
  readonly mark: number;
}

/** The secrets of one lane. */
export class SecretStore {
  readonly #markKey: KeyObject;
  #given: Uint8Array | undefined;
  #kept: Uint8Array | undefined;

  /** `markKey`: by it nobody but this bridge can tell which key a mark is of. */
  constructor(markKey: KeyObject) {
    this.#markKey = markKey;
  }

  /** The list of the command in work, in place of an earlier one; it is this store's from now on. */
  give(list: Uint8Array): SecretFacts {
    this.drop();
    this.#given = list;
    const digest = createHmac("sha256", this.#markKey).update(list.subarray(ALGORITHM_AT)).digest();
    return {
      head: new Uint8Array(list.subarray(0, SECRET_HEAD_BYTES)),
      mark: Math.max(1, digest.readUInt32LE(0)),
    };
  }

  /** A copy of one (SECRET_GIVEN, SECRET_KEPT) with these modes, for one command; the caller overwrites it. */
  copy(which: number, modes: number): Uint8Array {
    const list = which === SECRET_GIVEN ? this.#given : this.#kept;
    if (list === undefined) {
      throw new Error(`there is no secret ${which}`);
    }
    const copy = new Uint8Array(list);
    copy[MODES_AT] = modes >> 8;
    copy[MODES_AT + 1] = modes & 0xff;
    return copy;
  }

  /** The list of the command in work is not needed any more. */
  drop(): void {
    this.#given?.fill(0);
    this.#given = undefined;
  }

  /** No list is needed any more. */
  clear(): void {
    this.drop();
    this.#kept?.fill(0);
    this.#kept = undefined;
  }

  /** AC_SECRET. */
  readonly execute: ActionHandler = ({ a: what }) => {
    if (what === SECRET_KEEP) {
      this.#kept?.fill(0);
      this.#kept = this.#given;
      this.#given = undefined;
    } else if (what === SECRET_DROP) {
      this.drop();
    } else if (what === SECRET_CLEAR) {
      this.#kept?.fill(0);
      this.#kept = undefined;
    }
  };
}
