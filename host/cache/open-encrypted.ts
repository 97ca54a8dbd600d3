/**
 * Opens an encrypted device, or makes a blank one encrypted. Decides when a ring is made, opened or refused:
 * it is made only on a device whose label's places are blank, or whose key went with an earlier boot, for
 * which it was meant. A key that does not fit changes nothing. A device that fails here fails like one that
 * fails later: it is the core that decides what becomes of the lane.
 */

import { randomBytes } from "node:crypto";
import { OperatorError } from "../lib/error.ts";
import { CACHE_BLOCK_BYTES, type CacheDevice } from "./cache-device.ts";
import { EncryptedCache } from "./encrypted-cache.ts";
import {
  decodeEncryptionLabel,
  ENCRYPTION_LABEL_OFFSETS,
  type EncryptionLabel,
  encodeEncryptionLabel,
  type FoundEncryption,
  isKeyOf,
  joinedEncryption,
  SALT_BYTES,
} from "./encryption-label.ts";
import { failedCache } from "./failed-cache.ts";
import { alignedBuffers } from "./gathering-cache.ts";
import { type RingAccess, ringKeys } from "./ring-secret.ts";

/** Superblocks and stripe labels are there: zeros, so that nothing old is taken for one. */
const HEAD_BYTES = 65_536;

/** One device that is being opened. */
interface Opening {
  readonly device: CacheDevice;
  readonly path: string;
  readonly access: RingAccess;
  readonly isDirect: boolean;
}

interface FoundCopies {
  readonly copies: readonly FoundEncryption[];
  /** Of the first copy that the device does not give; 0: it gives both. */
  readonly errno: number;
}

/** Why a device must not be used without a key; undefined: it is not encrypted. */
export async function encryptionFault(
  device: CacheDevice,
  path: string,
): Promise<OperatorError | undefined> {
  const found = joinedEncryption((await readCopies(device)).copies);
  const isEncrypted = typeof found === "object" || found === "damaged";
  return isEncrypted ? new OperatorError("ringKeyMissing", path) : undefined;
}

/**
 * The clear side of `device`, which gets whole blocks only, of aligned memory where it `isDirect`; or why it
 * is refused.
 */
export async function openEncrypted(
  device: CacheDevice,
  path: string,
  access: RingAccess,
  isDirect: boolean,
): Promise<CacheDevice | OperatorError> {
  const { copies, errno } = await readCopies(device);
  const found = joinedEncryption(copies);
  if (typeof found === "object") {
    return openLabelled({ device, path, access, isDirect }, found, copies);
  }
  if (errno !== 0) {
    return failedCache([device], errno);
  }
  if (found !== "blank") {
    return refusal(found, path);
  }
  return makeEncrypted({ device, path, access, isDirect });
}

async function openLabelled(
  opening: Opening,
  label: EncryptionLabel,
  copies: readonly FoundEncryption[],
): Promise<CacheDevice | OperatorError> {
  const { device, path, access, isDirect } = opening;
  const keys = ringKeys(access.secret, label.salt);
  if (isKeyOf(label, keys)) {
    await mendCopies(device, label, copies);
    return new EncryptedCache(device, keys.cipherKey, isDirect);
  }
  const isOfEarlierBoot = label.bootId !== "" && label.bootId !== access.bootId;
  if (isOfEarlierBoot && access.bootId !== "") {
    access.onRemade(path);
    return makeEncrypted(opening);
  }
  return new OperatorError("ringKeyWrong", path, wrongKeyWords(label, isOfEarlierBoot));
}

function wrongKeyWords({ bootId }: EncryptionLabel, isOfEarlierBoot: boolean): string {
  if (bootId === "") {
    return "";
  }
  return isOfEarlierBoot
    ? "its key was made for one boot, --ring-key boot"
    : "its key was made in this boot, and the one that is there now is another";
}

function refusal(found: "damaged" | "clear" | "foreign", path: string): OperatorError {
  switch (found) {
    case "clear":
      return new OperatorError("ringInClear", path);
    case "damaged":
      return new OperatorError("ringLabel", path, "both copies of its label are damaged, or newer");
    case "foreign":
      return new OperatorError("ringLabel", path, "it holds something else");
  }
}

/** Whatever the device held is given up: a new salt, a head of zeros, then the label. */
async function makeEncrypted({ device, access, isDirect }: Opening): Promise<CacheDevice> {
  const salt = randomBytes(SALT_BYTES);
  const keys = ringKeys(access.secret, salt);
  const cache = new EncryptedCache(device, keys.cipherKey, isDirect);
  const label = encodeEncryptionLabel(access.bootId, salt, keys);
  let errno = await writeDurably(cache, 0, Buffer.alloc(HEAD_BYTES));
  for (const offset of ENCRYPTION_LABEL_OFFSETS) {
    errno ||= await writeDurably(device, offset, labelBlock(label));
  }
  return errno === 0 ? cache : failedCache([device], errno);
}

/** A copy that was lost is written again; where that fails, one is still there. */
async function mendCopies(
  device: CacheDevice,
  { bytes }: EncryptionLabel,
  copies: readonly FoundEncryption[],
): Promise<void> {
  for (const [n, offset] of ENCRYPTION_LABEL_OFFSETS.entries()) {
    const copy = copies[n];
    if (typeof copy !== "object" || !copy.bytes.equals(bytes)) {
      await writeDurably(device, offset, labelBlock(bytes));
    }
  }
}

/** The label in a block of its own, in memory that every device takes. */
function labelBlock(label: Buffer): Uint8Array {
  const [block = new Uint8Array()] = alignedBuffers([CACHE_BLOCK_BYTES]);
  block.set(label);
  return block;
}

function writeDurably(device: CacheDevice, offset: number, bytes: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    device.write(offset, [bytes], (errno) => {
      if (errno === 0) {
        device.flush(resolve);
      } else {
        resolve(errno);
      }
    });
  });
}

async function readCopies(device: CacheDevice): Promise<FoundCopies> {
  const copies: FoundEncryption[] = [];
  let firstErrno = 0;
  for (const offset of ENCRYPTION_LABEL_OFFSETS) {
    const [block = new Uint8Array()] = alignedBuffers([CACHE_BLOCK_BYTES]);
    const errno = await new Promise<number>((resolve) => device.read(offset, block, resolve));
    firstErrno ||= errno;
    copies.push(errno === 0 ? decodeEncryptionLabel(Buffer.from(block)) : "blank");
  }
  return { copies, errno: firstErrno };
}
