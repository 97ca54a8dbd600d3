/** SECURITY PROTOCOL as a server says it: CDBs, and the page "set data encryption" with a key in plain text. */

const TAPE_DATA_ENCRYPTION = 0x20;
const SET_DATA_ENCRYPTION = 0x0010;
const KEY_AT = 20;

/** What a page asks for; scope: all I_T nexuses. */
export interface PageOrder {
  readonly encryption?: number;
  readonly decryption?: number;
  readonly scope?: number;
  readonly flags?: number;
  readonly format?: number;
}

/** Encrypts and decrypts unless the order says otherwise. */
export function encryptionPage(key: Uint8Array, order: PageOrder = {}): Buffer {
  const page = Buffer.alloc(KEY_AT + key.length);
  page.writeUInt16BE(SET_DATA_ENCRYPTION, 0);
  page.writeUInt16BE(page.length - 4, 2);
  const { scope = 0x40, flags = 0, encryption = 2, decryption = 2, format = 0 } = order;
  page.set([scope, flags, encryption, decryption, 1, format], 4);
  page.writeUInt16BE(key.length, 18);
  page.set(key, KEY_AT);
  return page;
}

/** The page that clears the key. */
export function noEncryptionPage(): Buffer {
  return encryptionPage(Buffer.alloc(0), { encryption: 0, decryption: 0 });
}

/** SECURITY PROTOCOL OUT of so many bytes. */
export function protocolOut(bytes: number, code = SET_DATA_ENCRYPTION): number[] {
  return [0xb5, TAPE_DATA_ENCRYPTION, code >> 8, code & 0xff, 0, 0, 0, 0, bytes >> 8, bytes & 0xff];
}

/** SECURITY PROTOCOL IN of a page. */
export function protocolIn(code: number, protocol = TAPE_DATA_ENCRYPTION): number[] {
  return [0xa2, protocol, code >> 8, code & 0xff, 0, 0, 0, 0, 1, 0];
}
