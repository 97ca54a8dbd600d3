/**
 * The files with the accounts of CHAP (TOML): one for the servers (who may log in, who the bridge is to
 * them), one for the library (who the bridge is there, who the library is). Decides what is fit to be an
 * account, and who may be able to read a file. A secret is in no message.
 */

import { parse as parseToml, TomlError } from "smol-toml";
import * as v from "valibot";
import type { KeyPlace } from "../cache/key-source.ts";
import type { ChapCredentials } from "../initiator/authentication.ts";
import { CHAP_ALGORITHM_NUMBERS, type ChapAccount } from "../iscsi/chap.ts";
import { OperatorError, type OperatorErrorCode } from "../lib/error.ts";
import { OTHERS_MAY_READ, readSecretFile } from "../lib/secret-file.ts";
import type { ChapAccounts } from "../target/authentication.ts";

/** RFC 7143 wants 96 bits; what an iSCSI text holds. */
const SECRET_BYTES_MIN = 12;
const VALUE_BYTES_MAX = 255;
const FILE_BYTES_MAX = 64 * 1024;

const accountKeys = {
  name: v.pipe(v.string(), v.minBytes(1), v.maxBytes(VALUE_BYTES_MAX), v.regex(/^\P{Cc}*$/u)),
  secret: v.pipe(
    v.string(),
    v.minBytes(SECRET_BYTES_MIN),
    v.maxBytes(VALUE_BYTES_MAX),
    v.transform((secret): Uint8Array => Buffer.from(secret)),
  ),
};

const account = v.strictObject(accountKeys);

const ownAccount = v.strictObject({
  ...accountKeys,
  algorithms: v.optional(v.pipe(v.array(v.picklist(CHAP_ALGORITHM_NUMBERS)), v.minLength(1)), [
    ...CHAP_ALGORITHM_NUMBERS,
  ]),
});

const SERVERS_SCHEMA = v.strictObject({
  initiator: v.pipe(v.array(account), v.minLength(1)),
  target: v.optional(account),
});

const LIBRARY_SCHEMA = v.strictObject({ initiator: ownAccount, target: v.optional(account) });

const ACCOUNT_FORM =
  `with name (1 to ${VALUE_BYTES_MAX} bytes) and ` +
  `secret (${SECRET_BYTES_MIN} to ${VALUE_BYTES_MAX} bytes)`;
const SERVERS_FORM = `[[initiator]] for each server, [target] for mutual CHAP, each ${ACCOUNT_FORM}`;
const LIBRARY_FORM =
  `[initiator] for the bridge, [target] for mutual CHAP, each ${ACCOUNT_FORM}; in [initiator], ` +
  `algorithms (a list out of ${CHAP_ALGORITHM_NUMBERS.join(", ")})`;

/** The accounts of the servers in that file. Throws OperatorError. */
export function readChapFile(place: KeyPlace): ChapAccounts {
  return readAccounts(place, "chapFile", parseChapAccounts);
}

/** The accounts on the way to the library in that file. Throws OperatorError. */
export function readLibraryChapFile(place: KeyPlace): ChapCredentials {
  return readAccounts(place, "libraryChapFile", parseLibraryAccounts);
}

/** The accounts in the text of the servers' file, or what is wrong with it. */
export function parseChapAccounts(text: string): ChapAccounts | string {
  const content = parseAs(SERVERS_SCHEMA, text, SERVERS_FORM);
  if (typeof content === "string") {
    return content;
  }
  const { initiator: initiators, target } = content;
  const wrong = contradictionIn(initiators, target);
  return wrong ?? (target === undefined ? { initiators } : { initiators, target });
}

/** The accounts in the text of the library's file, or what is wrong with it. */
export function parseLibraryAccounts(text: string): ChapCredentials | string {
  const content = parseAs(LIBRARY_SCHEMA, text, LIBRARY_FORM);
  if (typeof content === "string") {
    return content;
  }
  const { target } = content;
  const { algorithms, ...own } = content.initiator;
  const credentials = { own, algorithms, ...(target && { target }) };
  return contradictionIn([own], target) ?? credentials;
}

function readAccounts<T extends object>(
  { kind, path }: KeyPlace,
  code: OperatorErrorCode,
  parse: (text: string) => T | string,
): T {
  if (path === "") {
    const words =
      "CREDENTIALS_DIRECTORY is not set: is this a systemd service with LoadCredential=?";
    throw new OperatorError(code, "credential:", words);
  }
  // systemd lets the service in by an access list, which stands in the bits of the group.
  const forbiddenMode = kind === "credential" ? 0 : OTHERS_MAY_READ;
  const { bytes, size } = readSecretFile(path, code, forbiddenMode, FILE_BYTES_MAX + 1);
  const accounts =
    bytes.length > FILE_BYTES_MAX
      ? `${size} bytes, at most ${FILE_BYTES_MAX} are read`
      : parse(bytes.toString("utf8"));
  bytes.fill(0);
  if (typeof accounts === "string") {
    throw new OperatorError(code, path, accounts);
  }
  return accounts;
}

/** The content of a TOML text, or what is wrong with it. */
function parseAs<T extends v.GenericSchema>(
  schema: T,
  text: string,
  form: string,
): v.InferOutput<T> | string {
  let content: unknown;
  try {
    content = parseToml(text);
  } catch (thrown) {
    // The parser's own words show the line.
    return `not TOML${thrown instanceof TomlError ? `, line ${thrown.line}` : ""}`;
  }
  const result = v.safeParse(schema, content);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  const keys = issue.path?.map(({ key }) => (typeof key === "number" ? key + 1 : String(key)));
  return `${keys === undefined ? "" : `${keys.join(" ")}: `}it holds ${form}`;
}

/** Accounts that are right by themselves and wrong together. */
function contradictionIn(
  initiators: readonly ChapAccount[],
  target: ChapAccount | undefined,
): string | undefined {
  const names = new Set(initiators.map(({ name }) => name));
  if (names.size < initiators.length) {
    return "two [[initiator]] with one name";
  }
  const shared = initiators.find(
    ({ secret }) => target && Buffer.compare(secret, target.secret) === 0,
  );
  // Who knows it could be both sides of a login.
  return shared && `the secret of [target] is also that of ${JSON.stringify(shared.name)}`;
}
