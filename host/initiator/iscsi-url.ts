/**
 * Reads the one form in which a target is named to us: `iscsi://HOST:PORT/IQN[/LUN]`. Decides the
 * syntax only; whether such a target exists is found out by connecting.
 */

/** Where a target is, and which logical unit is meant when one is named. */
export interface IscsiAddress {
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535; 3260 where the url has none. */
  readonly port: number;
  readonly targetName: string;
  /** 0 to 16383. */
  readonly lun: number | undefined;
}

/** Why a text is no such url, for a person: what is wrong and an example. */
export interface IscsiUrlFault {
  readonly problem: string;
}

/** The three name formats of iSCSI; a name has at most 223 bytes. */
const TARGET_NAME = /^(iqn\.|eui\.|naa\.)[^\s/]{1,219}$/;
const URL_FORM =
  /^iscsi:\/\/(\[[0-9A-Fa-f:.]+\]|[^\s/:[\]@]+)(?::(\d{1,5}))?\/([^/]*)(?:\/([^/]*))?$/;
const EXAMPLE = "iscsi://192.0.2.10:3260/iqn.2026-11.com.example:library";
const DEFAULT_PORT = 3260;
const PORT_MAX = 65_535;
const LUN_MAX = 16_383;

/** Parses `iscsi://HOST[:PORT]/IQN[/LUN]`; never throws. */
export function parseIscsiUrl(text: string): IscsiAddress | IscsiUrlFault {
  const match = URL_FORM.exec(text);
  if (match === null) {
    return fault(text, "it is not of the form iscsi://HOST:PORT/IQN");
  }
  const [, host = "", portText, targetName = "", lunText] = match;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (port < 1 || port > PORT_MAX) {
    return fault(text, `the port must be 1 to ${PORT_MAX}`);
  }
  if (!TARGET_NAME.test(targetName)) {
    return fault(text, "the target name must begin with iqn., eui. or naa.");
  }
  if (lunText !== undefined && !/^\d{1,5}$/.test(lunText)) {
    return fault(text, "the logical unit number must be a decimal number");
  }
  const lun = lunText === undefined ? undefined : Number(lunText);
  if (lun !== undefined && lun > LUN_MAX) {
    return fault(text, `the logical unit number must be 0 to ${LUN_MAX}`);
  }
  return { host: host.replace(/^\[|\]$/g, ""), port, targetName, lun };
}

function fault(text: string, reason: string): IscsiUrlFault {
  return { problem: `"${text}" names no target: ${reason}, for example ${EXAMPLE}` };
}
