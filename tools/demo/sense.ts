/**
 * Sense data as a backup server reads it. Decides how the bytes are taken apart and named; not what
 * they mean for the job. Shares nothing with the core: it is the other end of the wire.
 */

/** The parts of sense data that a backup server looks at. */
export interface Sense {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
  readonly filemark: boolean;
  readonly endOfMedium: boolean;
  readonly incorrectLength: boolean;
  /** INFORMATION, where it is valid: a residual count. */
  readonly information: number | undefined;
  /** It speaks of an earlier command (response code 71h or 73h). */
  readonly deferred: boolean;
}

export const KEY_NO_SENSE = 0x0;
export const KEY_NOT_READY = 0x2;
export const KEY_UNIT_ATTENTION = 0x6;
export const KEY_BLANK_CHECK = 0x8;

const NO_SENSE: Sense = {
  key: KEY_NO_SENSE,
  asc: 0,
  ascq: 0,
  filemark: false,
  endOfMedium: false,
  incorrectLength: false,
  information: undefined,
  deferred: false,
};

const VALID_BIT = 0x80;
const INFORMATION_AT = 3;
const RESPONSE_DEFERRED = 0x71;
const RESPONSE_DESCRIPTOR = 0x72;
const RESPONSE_DESCRIPTOR_DEFERRED = 0x73;

/** Fixed (70h, 71h) or descriptor format (72h, 73h; stream flags are not looked for there). */
export function parseSense(bytes: Uint8Array): Sense {
  const response = (bytes[0] ?? 0) & 0x7f;
  if (response >= RESPONSE_DESCRIPTOR) {
    return {
      ...NO_SENSE,
      key: (bytes[1] ?? 0) & 0x0f,
      asc: bytes[2] ?? 0,
      ascq: bytes[3] ?? 0,
      deferred: response === RESPONSE_DESCRIPTOR_DEFERRED,
    };
  }
  const flags = bytes[2] ?? 0;
  const isValid = ((bytes[0] ?? 0) & VALID_BIT) !== 0 && bytes.length >= INFORMATION_AT + 4;
  return {
    key: flags & 0x0f,
    asc: bytes[12] ?? 0,
    ascq: bytes[13] ?? 0,
    filemark: (flags & 0x80) !== 0,
    endOfMedium: (flags & 0x40) !== 0,
    incorrectLength: (flags & 0x20) !== 0,
    information: isValid ? Buffer.from(bytes).readInt32BE(INFORMATION_AT) : undefined,
    deferred: response === RESPONSE_DEFERRED,
  };
}

/** "3/0C/00", with " deferred" where it is. */
export function senseWords(sense: Sense): string {
  const code = [sense.asc, sense.ascq].map((part) =>
    part.toString(16).toUpperCase().padStart(2, "0"),
  );
  const key = sense.key.toString(16).toUpperCase();
  return `${key}/${code.join("/")}${sense.deferred ? " deferred" : ""}`;
}
