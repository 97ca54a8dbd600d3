/**
 * SECURITY PROTOCOL IN and OUT for tape data encryption (protocol 20h). Decides which parameters are taken, and
 * what is told of them; what they mean for records: `drive-key.ts`. Nothing is really encrypted: a record remembers the SHA-256 of its key (`cartridge-keys.ts`).
 * Shapes: as mhvtl, stenc and Bareos have them; sense codes of IBM's LTO drives.
 */

import { createHash } from "node:crypto";
import type { Answer } from "./answer.ts";
import { check, good, goodUpTo } from "./answer.ts";
import type { Drive } from "./drive.ts";
import {
  DECRYPT,
  type DriveEncryption,
  ENCRYPT,
  lockedAgainst,
  MIXED,
  noEncryption,
} from "./drive-key.ts";
import { big, filled } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const PROTOCOL_INFORMATION = 0x00;
const PROTOCOL_TAPE = 0x20;
const SET_DATA_ENCRYPTION = 0x0010;
const INCREMENT_512_BIT = 0x80;
const LIST_BYTES_MAX = 8192;

const SCOPE_AT = 4;
const FLAGS_AT = 5;
const ENCRYPTION_MODE_AT = 6;
const DECRYPTION_MODE_AT = 7;
const ALGORITHM_AT = 8;
const KEY_FORMAT_AT = 9;
const KEY_BYTES_AT = 18;
const KEY_AT = 20;
const KEY_BYTES = 32;
/** SCOPE of the page: for all I_T nexuses; LOCK is not set. */
const FOR_ALL = 2 << 5;
const CLEAR_ON_DEMOUNT_BIT = 0x04;
/** SDK, CKORP, CKORL: not here. */
const REFUSED_FLAGS = 0x0b;

type Page = (drive: Drive) => Buffer | Answer;

const PAGES: ReadonlyMap<number, Page> = new Map<number, Page>([
  [0x0000, () => page(0x0000, ...[...PAGES.keys()].map((code) => big(code, 2)))],
  [0x0001, () => page(0x0001, big(SET_DATA_ENCRYPTION, 2))],
  [0x0010, () => page(0x0010, Buffer.alloc(16), algorithm())],
  [0x0011, () => page(0x0011, big(0, 2))],
  // CKOD_C and AITN_C.
  [0x0012, () => page(0x0012, Buffer.from([0, 4, 0, 4]), Buffer.alloc(8))],
  [0x0020, status],
  [0x0021, nextBlock],
]);

function page(code: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([big(code, 2), big(body.length, 2), body]);
}

/** AES-256-GCM, index 1: encrypts and decrypts in hardware, keys of 32 bytes. */
function algorithm(): Buffer {
  return filled(24, (data) => {
    data.writeUInt8(1, 0);
    data.writeUInt16BE(20, 2);
    data.writeUInt8(0x0a, 4);
    data.writeUInt16BE(KEY_BYTES, 10);
    data.writeUInt32BE(0x0001_0014, 20);
  });
}

function status({ encryption }: Drive): Buffer {
  const { encryptionMode, decryptionMode, keyId, instance } = encryption;
  const scope = keyId === "" ? 0 : FOR_ALL | 2;
  const algorithmIndex = keyId === "" ? 0 : 1;
  const head = Buffer.from([scope, encryptionMode, decryptionMode, algorithmIndex]);
  return page(0x0020, head, big(instance, 4), Buffer.alloc(12));
}

function nextBlock(drive: Drive): Buffer | Answer {
  const tape = drive.tape;
  if ("status" in tape) {
    return tape;
  }
  const { object } = tape.position;
  const { kind } = tape.image.at(tape.position);
  const recordKey = drive.cartridge?.keyAt(tape.partition, object) ?? "";
  const state = kind === "record" ? statusOf(drive.encryption, recordKey) : kind === "end" ? 1 : 2;
  return page(0x0021, big(object, 8), Buffer.from([state, recordKey === "" ? 0 : 1, 0, 0]));
}

/** ENCRYPTION STATUS of a record: not encrypted, can be decrypted, cannot. */
function statusOf(encryption: DriveEncryption, recordKey: string): number {
  if (recordKey === "") {
    return 3;
  }
  return lockedAgainst(encryption, recordKey) === undefined ? 5 : 6;
}

/** SECURITY PROTOCOL IN: byte 1 protocol, 2-3 page, 6-9 allocation length. */
export function securityProtocolIn(drive: Drive, { cdb }: Call): Answer {
  const allocation = cdb.readUInt32BE(6);
  if ((cdb.readUInt8(4) & INCREMENT_512_BIT) !== 0) {
    return check(SENSE.invalidFieldInCdb);
  }
  const protocol = cdb.readUInt8(1);
  const code = cdb.readUInt16BE(2);
  if (protocol === PROTOCOL_INFORMATION && code === 0) {
    const list = [Buffer.alloc(6), big(2, 2), Buffer.from([PROTOCOL_INFORMATION, PROTOCOL_TAPE])];
    return goodUpTo(Buffer.concat(list), allocation);
  }
  const made = protocol === PROTOCOL_TAPE ? PAGES.get(code)?.(drive) : undefined;
  if (made === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  return "status" in made ? made : goodUpTo(made, allocation);
}

/** SECURITY PROTOCOL OUT: byte 1 protocol 20h, 2-3 page 0010h, 6-9 transfer length. */
export async function securityProtocolOut(drive: Drive, call: Call): Promise<Answer | undefined> {
  const { cdb, nexus } = call;
  const bytes = cdb.readUInt32BE(6);
  const isKnown = cdb.readUInt8(1) === PROTOCOL_TAPE && cdb.readUInt16BE(2) === SET_DATA_ENCRYPTION;
  const isPlain = (cdb.readUInt8(4) & INCREMENT_512_BIT) === 0;
  if (!isKnown || !isPlain || bytes > LIST_BYTES_MAX || bytes > call.dataOutBytes) {
    return check(SENSE.invalidFieldInCdb);
  }
  const list = Buffer.alloc(bytes);
  if (!(await call.receive(list))) {
    return undefined;
  }
  const taken = encryptionOf(drive, list);
  list.fill(0);
  if ("status" in taken) {
    return taken;
  }
  drive.encryption = taken;
  drive.nexuses.attend(SENSE.encryptionChanged, nexus);
  return good();
}

/** What the page "set data encryption" asks for, or why not. */
function encryptionOf(drive: Drive, list: Buffer): DriveEncryption | Answer {
  const wrong = wrongByte(drive, list);
  if (wrong !== undefined) {
    return check(SENSE.invalidFieldInParameters, { parameterAt: wrong });
  }
  const instance = drive.encryption.instance + 1;
  const encryptionMode = list.readUInt8(ENCRYPTION_MODE_AT);
  const decryptionMode = list.readUInt8(DECRYPTION_MODE_AT);
  if (encryptionMode === 0 && decryptionMode === 0) {
    return noEncryption(instance);
  }
  const keyId = createHash("sha256")
    .update(list.subarray(KEY_AT, KEY_AT + KEY_BYTES))
    .digest("hex");
  const clearsOnDemount = (list.readUInt8(FLAGS_AT) & CLEAR_ON_DEMOUNT_BIT) !== 0;
  return { encryptionMode, decryptionMode, keyId, clearsOnDemount, instance };
}

/** The first byte of the list that cannot be taken. */
function wrongByte(drive: Drive, list: Buffer): number | undefined {
  if (list.length < KEY_AT || list.readUInt16BE(0) !== SET_DATA_ENCRYPTION) {
    return 0;
  }
  if (list.readUInt16BE(2) !== list.length - 4) {
    return 2;
  }
  const flags = list.readUInt8(FLAGS_AT);
  const isMounted = drive.state.kind === "ready";
  const encryptionMode = list.readUInt8(ENCRYPTION_MODE_AT);
  const decryptionMode = list.readUInt8(DECRYPTION_MODE_AT);
  const isOff = encryptionMode === 0 && decryptionMode === 0;
  const keyBytes = list.readUInt16BE(KEY_BYTES_AT);
  const faults: readonly [boolean, number][] = [
    [list.readUInt8(SCOPE_AT) !== FOR_ALL, SCOPE_AT],
    [(flags & REFUSED_FLAGS) !== 0, FLAGS_AT],
    [(flags & CLEAR_ON_DEMOUNT_BIT) !== 0 && !isMounted, FLAGS_AT],
    [encryptionMode !== 0 && encryptionMode !== ENCRYPT, ENCRYPTION_MODE_AT],
    [
      decryptionMode !== 0 && decryptionMode !== DECRYPT && decryptionMode !== MIXED,
      DECRYPTION_MODE_AT,
    ],
    [!isOff && list.readUInt8(ALGORITHM_AT) !== 1, ALGORITHM_AT],
    [list.readUInt8(KEY_FORMAT_AT) !== 0, KEY_FORMAT_AT],
    [!isOff && (keyBytes !== KEY_BYTES || list.length < KEY_AT + KEY_BYTES), KEY_BYTES_AT],
  ];
  return faults.find(([isWrong]) => isWrong)?.[1];
}
