/**
 * A ring file or device as `understudy ring` reads it: in clear, or behind its encryption label. Decides
 * which of the two it is, and that a key has to fit.
 */

import {
  decodeEncryptionLabel,
  ENCRYPTION_AREA_BYTES,
  ENCRYPTION_LABEL_BYTES,
  ENCRYPTION_LABEL_OFFSETS,
  isKeyOf,
  joinedEncryption,
} from "../../host/cache/encryption-label.ts";
import { ringKeys } from "../../host/cache/ring-secret.ts";
import { CIPHER_BLOCK_BYTES, UnitCipher } from "../../host/cache/unit-cipher.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { type OpenRingDevice, RingFile } from "./device.ts";
import type { Encryption } from "./opened.ts";

/** Opens it; `secret` undefined: no key was given. Throws OperatorError: what, where, what to do. */
export function openRing(
  path: string,
  secret: Uint8Array | undefined,
): { readonly file: OpenRingDevice; readonly encryption: Encryption } {
  const file = new RingFile(path);
  const copies = ENCRYPTION_LABEL_OFFSETS.map((at) =>
    decodeEncryptionLabel(file.read(at, ENCRYPTION_LABEL_BYTES)),
  );
  const label = joinedEncryption(copies);
  if (secret === undefined && typeof label !== "object" && label !== "damaged") {
    return { file, encryption: "none" };
  }
  if (secret === undefined) {
    file.close();
    throw new OperatorError("ringKeyMissing", path);
  }
  if (typeof label !== "object") {
    file.close();
    throw new OperatorError(label === "clear" ? "ringInClear" : "ringLabel", path, label);
  }
  const keys = ringKeys(secret, label.salt);
  if (!isKeyOf(label, keys)) {
    file.close();
    throw new OperatorError("ringKeyWrong", path);
  }
  const encryption = label.bootId === "" ? "kept key" : "key of one boot";
  return { file: decrypting(file, new UnitCipher(keys.cipherKey)), encryption };
}

/** The clear side of `file`. */
function decrypting(file: RingFile, cipher: UnitCipher): OpenRingDevice {
  return {
    sizeBytes: Math.max(0, file.sizeBytes - ENCRYPTION_AREA_BYTES),
    read: (offset, bytes) => {
      const start = offset - (offset % CIPHER_BLOCK_BYTES);
      const wanted = Math.ceil((offset + bytes - start) / CIPHER_BLOCK_BYTES) * CIPHER_BLOCK_BYTES;
      const got = file.read(ENCRYPTION_AREA_BYTES + start, wanted);
      const whole = got.subarray(0, got.length - (got.length % CIPHER_BLOCK_BYTES));
      cipher.decrypt(start, whole);
      return whole.subarray(offset - start, offset - start + bytes);
    },
    close: () => file.close(),
  };
}
