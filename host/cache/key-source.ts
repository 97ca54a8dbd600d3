/**
 * Where the secret of a ring comes from: a file, a systemd credential, or memory for one boot (a file on
 * tmpfs or ramfs, made at random when it is not there, so that a bridge that was killed finds it again).
 * Decides what is fit to be a secret and who may be able to read it. A secret is in no message.
 */

import { randomBytes } from "node:crypto";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { errnoOf, OperatorError, operatorErrorOf } from "../lib/error.ts";
import { OTHERS_MAY_READ, readSecretFile } from "../lib/secret-file.ts";
import { type Environment, runtimeDirectory } from "../lib/state-directory.ts";
import { SECRET_BYTES_MAX, SECRET_BYTES_MIN } from "./ring-secret.ts";

/** What an operator says. */
export type KeySource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "credential"; readonly name: string }
  | { readonly kind: "boot" };

/** Where the secret is. */
export interface KeyPlace {
  readonly kind: KeySource["kind"];
  readonly path: string;
}

const CREDENTIAL_PREFIX = "credential:";
const CREDENTIAL_NAME = /^(?!\.\.?$)[\w.-]{1,255}$/;
const BOOT = "boot";
const BOOT_KEY_NAME = "ring.key";
const BOOT_KEY_BYTES = 64;
const BOOT_ID_PATH = "/proc/sys/kernel/random/boot_id";
/** statfs(2). */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x0102_1994, 0x8584_58f6];
const OTHERS_MAY_WRITE = 0o022;

/** Reads "FILE", "credential:NAME" or "boot"; undefined: none of them. */
export function parseKeySource(text: string): KeySource | undefined {
  if (text === BOOT) {
    return { kind: "boot" };
  }
  if (text.startsWith(CREDENTIAL_PREFIX)) {
    const name = text.slice(CREDENTIAL_PREFIX.length);
    return CREDENTIAL_NAME.test(name) ? { kind: "credential", name } : undefined;
  }
  return text === "" || text.includes("\0") ? undefined : { kind: "file", path: resolve(text) };
}

/** The file of that source; "" where systemd has given no credentials. */
export function keyPlaceOf(source: KeySource, env: Environment): KeyPlace {
  switch (source.kind) {
    case "file":
      return source;
    case "credential": {
      const directory = env["CREDENTIALS_DIRECTORY"] ?? "";
      return { kind: source.kind, path: directory === "" ? "" : join(directory, source.name) };
    }
    case "boot":
      return { kind: source.kind, path: join(runtimeDirectory(env), BOOT_KEY_NAME) };
  }
}

/** The secret. Throws OperatorError. */
export function readSecret({ kind, path }: KeyPlace): Buffer {
  switch (kind) {
    case "file":
      return secretIn(path, OTHERS_MAY_READ);
    case "credential":
      if (path === "") {
        const words =
          "CREDENTIALS_DIRECTORY is not set: is this a systemd service with LoadCredential=?";
        throw new OperatorError("ringKey", CREDENTIAL_PREFIX, words);
      }
      // systemd lets the service in by an access list, which stands in the bits of the group.
      return secretIn(path, 0);
    case "boot":
      checkMemory(dirname(path));
      return secretIn(path, OTHERS_MAY_READ);
  }
}

/** The same; the secret of one boot is made where it is not there. Throws OperatorError. */
export function readOrMakeSecret(place: KeyPlace): Buffer {
  if (place.kind === "boot") {
    makeBootSecret(place.path);
  }
  return readSecret(place);
}

/** The boot that the secret does not outlive; "": it is kept. Throws OperatorError. */
export function bootIdOf({ kind }: KeyPlace): string {
  if (kind !== "boot") {
    return "";
  }
  try {
    return readFileSync(BOOT_ID_PATH, "latin1").trim().replaceAll("-", "");
  } catch (thrown) {
    throw operatorErrorOf(thrown, BOOT_ID_PATH);
  }
}

function secretIn(path: string, forbiddenMode: number): Buffer {
  const { bytes, size } = readSecretFile(path, "ringKey", forbiddenMode, SECRET_BYTES_MAX + 1);
  if (bytes.length < SECRET_BYTES_MIN || bytes.length > SECRET_BYTES_MAX) {
    bytes.fill(0);
    const words = `${size} bytes, a key has ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX}`;
    throw new OperatorError("ringKey", path, `${words}: head -c 64 /dev/urandom makes one`);
  }
  return bytes;
}

/** Written aside and linked: whoever is first wins, and nobody reads half of it. */
function makeBootSecret(path: string): void {
  const directory = dirname(path);
  const aside = `${path}.${process.pid}`;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    checkMemory(directory);
    rmSync(aside, { force: true });
    writeFileSync(aside, randomBytes(BOOT_KEY_BYTES), { mode: 0o600, flag: "wx" });
    try {
      linkSync(aside, path);
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") {
        throw thrown;
      }
    } finally {
      rmSync(aside, { force: true });
    }
  } catch (thrown) {
    throw operatorErrorOf(thrown, path);
  }
}

/** A directory of ours in memory, in which nobody else can put a key. */
function checkMemory(directory: string): void {
  try {
    const { mode, uid } = lstatSync(directory);
    if (!MEMORY_FILE_SYSTEMS.includes(statfsSync(directory).type)) {
      const words = "not in memory (tmpfs or ramfs): name such a place by RUNTIME_DIRECTORY";
      throw new OperatorError("ringKey", directory, words);
    }
    if (uid !== process.getuid?.() || (mode & OTHERS_MAY_WRITE) !== 0) {
      throw new OperatorError("ringKey", directory, "others may write there: chmod 700 it");
    }
  } catch (thrown) {
    throw operatorErrorOf(thrown, directory);
  }
}
