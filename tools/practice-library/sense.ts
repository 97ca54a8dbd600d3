/**
 * Sense data of the practice library: its own table of the conditions that it reports, and the
 * fixed format. Decides bytes, not when a condition holds. Shares nothing with the core on purpose:
 * a bug in one must not hide behind the same bug in the other.
 */

/** Sense key, additional sense code, additional sense code qualifier. */
export interface SenseCode {
  readonly key: number;
  readonly asc: number;
  readonly ascq: number;
}

/** What else fixed-format sense data can say. */
export interface SenseDetails {
  /** INFORMATION field, -2^31 to 2^32-1; outside that range VALID stays zero. */
  readonly information?: number;
  readonly filemark?: boolean;
  readonly endOfMedium?: boolean;
  readonly incorrectLength?: boolean;
  /** Response code 71h: the condition belongs to an earlier command. */
  readonly deferred?: boolean;
  /** The byte of the parameter list that it is about. */
  readonly parameterAt?: number;
}

function row(key: number, asc: number, ascq: number): SenseCode {
  return { key, asc, ascq };
}

/** Every condition that the practice library reports. */
export const SENSE = {
  none: row(0x0, 0x00, 0x00),
  filemark: row(0x0, 0x00, 0x01),
  endOfMedium: row(0x0, 0x00, 0x02),
  beginningOfMedium: row(0x0, 0x00, 0x04),
  programmableEarlyWarning: row(0x0, 0x00, 0x07),
  becomingReady: row(0x2, 0x04, 0x01),
  notLoaded: row(0x2, 0x04, 0x02),
  cleaningCartridge: row(0x2, 0x30, 0x03),
  noMedium: row(0x2, 0x3a, 0x00),
  writeError: row(0x3, 0x0c, 0x00),
  readError: row(0x3, 0x11, 0x00),
  loadFailed: row(0x3, 0x53, 0x00),
  mechanicalPosition: row(0x4, 0x15, 0x01),
  internalFailure: row(0x4, 0x44, 0x00),
  unloadFailed: row(0x4, 0x53, 0x00),
  parameterListLength: row(0x5, 0x1a, 0x00),
  invalidOperation: row(0x5, 0x20, 0x00),
  invalidElement: row(0x5, 0x21, 0x01),
  invalidFieldInCdb: row(0x5, 0x24, 0x00),
  noLogicalUnit: row(0x5, 0x25, 0x00),
  invalidFieldInParameters: row(0x5, 0x26, 0x00),
  invalidRelease: row(0x5, 0x26, 0x04),
  commandSequence: row(0x5, 0x2c, 0x00),
  savingNotSupported: row(0x5, 0x39, 0x00),
  memoryFull: row(0x5, 0x55, 0x06),
  destinationFull: row(0x5, 0x3b, 0x0d),
  positioningError: row(0x5, 0x3b, 0x00),
  positionPastBeginning: row(0x5, 0x3b, 0x0c),
  sourceEmpty: row(0x5, 0x3b, 0x0e),
  removalPrevented: row(0x5, 0x53, 0x02),
  registrationResources: row(0x5, 0x55, 0x04),
  mediumChanged: row(0x6, 0x28, 0x00),
  importExportAccessed: row(0x6, 0x28, 0x01),
  powerOnOrReset: row(0x6, 0x29, 0x00),
  deviceReset: row(0x6, 0x29, 0x03),
  nexusLoss: row(0x6, 0x29, 0x07),
  modeParametersChanged: row(0x6, 0x2a, 0x01),
  logParametersChanged: row(0x6, 0x2a, 0x02),
  reservationsPreempted: row(0x6, 0x2a, 0x03),
  reservationsReleased: row(0x6, 0x2a, 0x04),
  registrationsPreempted: row(0x6, 0x2a, 0x05),
  encryptionChanged: row(0x6, 0x2a, 0x11),
  commandsCleared: row(0x6, 0x2f, 0x00),
  commandsEnded: row(0x6, 0x47, 0x7f),
  writeProtected: row(0x7, 0x27, 0x00),
  cannotDecrypt: row(0x7, 0x74, 0x01),
  notEncrypted: row(0x7, 0x74, 0x02),
  wrongKey: row(0x7, 0x74, 0x03),
  endOfData: row(0x8, 0x00, 0x05),
  volumeOverflow: row(0xd, 0x00, 0x02),
} as const satisfies Record<string, SenseCode>;

const SENSE_BYTES = 18;
const CURRENT = 0x70;
const DEFERRED = 0x71;
const DESCRIPTORS_CURRENT = 0x72;
const DESCRIPTORS_DEFERRED = 0x73;
const VALID_BIT = 0x80;
const POINTER_VALID_BIT = 0x80;
const POINTER_AT = 15;
const FILEMARK_BIT = 0x80;
const END_OF_MEDIUM_BIT = 0x40;
const INCORRECT_LENGTH_BIT = 0x20;
const INFORMATION_MIN = -(2 ** 31);
const INFORMATION_LIMIT = 2 ** 32;

/**
 * Fixed-format sense data, 18 bytes: 0 response code and VALID, 2 filemark/EOM/ILI bits and key,
 * 3-6 INFORMATION (negative as two's complement), 7 additional length 10, 12 ASC, 13 ASCQ,
 * 15-17 field pointer.
 */
export function fixedSense(code: SenseCode, details: SenseDetails = {}): Buffer {
  const sense = Buffer.alloc(SENSE_BYTES);
  const { information } = details;
  const isValid =
    information !== undefined && information >= INFORMATION_MIN && information < INFORMATION_LIMIT;
  sense.writeUInt8((details.deferred ? DEFERRED : CURRENT) | (isValid ? VALID_BIT : 0), 0);
  const bits =
    (details.filemark ? FILEMARK_BIT : 0) |
    (details.endOfMedium ? END_OF_MEDIUM_BIT : 0) |
    (details.incorrectLength ? INCORRECT_LENGTH_BIT : 0);
  sense.writeUInt8(bits | code.key, 2);
  if (isValid) {
    sense.writeUInt32BE(information >>> 0, 3);
  }
  sense.writeUInt8(SENSE_BYTES - 8, 7);
  sense.writeUInt8(code.asc, 12);
  sense.writeUInt8(code.ascq, 13);
  if (details.parameterAt !== undefined) {
    sense.writeUInt8(POINTER_VALID_BIT, POINTER_AT);
    sense.writeUInt16BE(details.parameterAt, POINTER_AT + 1);
  }
  return sense;
}

/**
 * The same in descriptor format: 0 response code, 1 key, 2 ASC, 3 ASCQ, 7 additional length, then the
 * descriptors for INFORMATION (00h), field pointer (02h), and filemark, EOM and ILI (04h) as they apply.
 */
export function descriptorSense(fixed: Buffer): Buffer {
  const response = fixed.readUInt8(0);
  const isDeferred = (response & ~VALID_BIT) === DEFERRED;
  const bits = fixed.readUInt8(2) & (FILEMARK_BIT | END_OF_MEDIUM_BIT | INCORRECT_LENGTH_BIT);
  const parts: Buffer[] = [];
  if ((response & VALID_BIT) !== 0) {
    const information = Buffer.alloc(12);
    information.set([0x00, 10, VALID_BIT]);
    information.writeBigInt64BE(BigInt(fixed.readInt32BE(3)), 4);
    parts.push(information);
  }
  if ((fixed.readUInt8(POINTER_AT) & POINTER_VALID_BIT) !== 0) {
    const pointer = fixed.subarray(POINTER_AT, POINTER_AT + 3);
    parts.push(Buffer.from([0x02, 6, 0, 0, ...pointer, 0]));
  }
  if (bits !== 0) {
    parts.push(Buffer.from([0x04, 2, 0, bits]));
  }
  const descriptors = Buffer.concat(parts);
  const code = isDeferred ? DESCRIPTORS_DEFERRED : DESCRIPTORS_CURRENT;
  const key = fixed.readUInt8(2) & 0x0f;
  const head = [code, key, fixed.readUInt8(12), fixed.readUInt8(13), 0, 0, 0, descriptors.length];
  return Buffer.concat([Buffer.from(head), descriptors]);
}
