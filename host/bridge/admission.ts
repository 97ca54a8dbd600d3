/**
 * Who may talk to whom: the servers' accounts, the access list, the account at the library, each from its
 * file. Decides nothing but what the log says of it, which holds no secret.
 */

import { readAccessFile } from "../config/access-file.ts";
import type { BridgeConfig } from "../config/bridge-config.ts";
import { readChapFile, readLibraryChapFile } from "../config/chap-file.ts";
import type { ChapCredentials } from "../initiator/authentication.ts";
import type { Log } from "../lib/log.ts";
import type { ChapAccounts } from "../target/authentication.ts";
import type { AccessList } from "../target/unit-view.ts";

/** What was configured; undefined: no such file. */
export interface Admission {
  readonly chap: ChapAccounts | undefined;
  readonly list: AccessList | undefined;
  readonly library: ChapCredentials | undefined;
}

/** Reads the files. Throws OperatorError. */
export function readAdmission(config: BridgeConfig, log: Log): Admission {
  const chap = config.chapFile && readChapFile(config.chapFile);
  const list = config.accessFile === undefined ? undefined : readAccessFile(config.accessFile);
  const library = config.libraryChapFile && readLibraryChapFile(config.libraryChapFile);
  if (chap !== undefined) {
    const isMutual = chap.target !== undefined;
    log("info", "servers log in by CHAP", { accounts: chap.initiators.length, isMutual });
  }
  if (list !== undefined) {
    log("info", "only servers in the access list log in", { initiators: list.size });
  }
  if (library !== undefined) {
    const isMutual = library.target !== undefined;
    log("info", "the bridge logs in to the library by CHAP", { isMutual });
  }
  return { chap, list, library };
}
