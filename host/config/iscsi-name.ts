/** What an iSCSI name is (RFC 7143): the forms iqn., eui. and naa. */

/** Longest name. */
export const ISCSI_NAME_BYTES_MAX = 223;

const PATTERN =
  /^(?:iqn\.\d{4}-\d{2}\.[a-z0-9.-]+(?::[^\s/]+)?|eui\.[0-9a-fA-F]{16}|naa\.(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{32}))$/;

/** True for a name that an initiator or a target may have. */
export function isIscsiName(text: string): boolean {
  return PATTERN.test(text) && Buffer.byteLength(text) <= ISCSI_NAME_BYTES_MAX;
}
