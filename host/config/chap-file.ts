/**
 * The file with the accounts of CHAP (TOML): who may log in, and who the bridge is to them. Decides
 * what is fit to be an account, and who may be able to read the file. A secret is in no message.
 */

import { parse as parseToml, TomlError } from "smol-toml";
import * as v from "valibot";
import type { KeyPlace } from "../cache/key-source.ts";
import { OperatorError } from "../lib/error.ts";
import { OTHERS_MAY_READ, readSecretFile } from "../lib/secret-file.ts";
import type { ChapAccount, ChapAccounts } from "../target/authentication.ts";

/** RFC 7143 wants 96 bits; what an iSCSI text holds. */
const SECRET_BYTES_MIN = 12;
const VALUE_BYTES_MAX = 255;
const FILE_BYTES_MAX = 64 * 1024;

const account = v.pipe(
  v.strictObject({
    name: v.pipe(v.string(), v.minBytes(1), v.maxBytes(VALUE_BYTES_MAX), v.regex(/^\P{Cc}*$/u)),
    secret: v.pipe(v.string(), v.minBytes(SECRET_BYTES_MIN), v.maxBytes(VALUE_BYTES_MAX)),
  }),
  v.transform(({ name, secret }): ChapAccount => ({ name, secret: Buffer.from(secret) })),
);

const CHAP_SCHEMA = v.strictObject({
  initiator: v.pipe(v.array(account), v.minLength(1)),
  target: v.optional(account),
});

const FORM =
  `[[initiator]] for each server, [target] for mutual CHAP, each with name (1 to ${VALUE_BYTES_MAX} bytes) ` +
  `and secret (${SECRET_BYTES_MIN} to ${VALUE_BYTES_MAX} bytes)`;

/** The accounts in that file. Throws OperatorError. */
export function readChapFile({ kind, path }: KeyPlace): ChapAccounts {
  if (path === "") {
    const words =
      "CREDENTIALS_DIRECTORY is not set: is this a systemd service with LoadCredential=?";
    throw new OperatorError("chapFile", "credential:", words);
  }
  // systemd lets the service in by an access list, which stands in the bits of the group.
  const forbiddenMode = kind === "credential" ? 0 : OTHERS_MAY_READ;
  const { bytes, size } = readSecretFile(path, "chapFile", forbiddenMode, FILE_BYTES_MAX + 1);
  const accounts =
    bytes.length > FILE_BYTES_MAX
      ? `${size} bytes, at most ${FILE_BYTES_MAX} are read`
      : parseChapAccounts(bytes.toString("utf8"));
  bytes.fill(0);
  if (typeof accounts === "string") {
    throw new OperatorError("chapFile", path, accounts);
  }
  return accounts;
}

/** The accounts in the text of such a file, or what is wrong with it. */
export function parseChapAccounts(text: string): ChapAccounts | string {
  let content: unknown;
  try {
    content = parseToml(text);
  } catch (thrown) {
    // The parser's own words show the line.
    return `not TOML${thrown instanceof TomlError ? `, line ${thrown.line}` : ""}`;
  }
  const result = v.safeParse(CHAP_SCHEMA, content);
  if (!result.success) {
    const [issue] = result.issues;
    const keys = issue.path?.map(({ key }) => (typeof key === "number" ? key + 1 : String(key)));
    return `${keys === undefined ? "" : `${keys.join(" ")}: `}it holds ${FORM}`;
  }
  const { initiator: initiators, target } = result.output;
  const wrong = contradictionIn(initiators, target);
  return wrong ?? (target === undefined ? { initiators } : { initiators, target });
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
