/** What a Logout Request is answered with. Decides the response only; session.ts does it. */
import type { LogoutRequest } from "../iscsi/logout-request.ts";
import {
  LOGOUT_CID_NOT_FOUND,
  LOGOUT_CLOSE_CONNECTION,
  LOGOUT_DONE,
  LOGOUT_RECOVERY_NOT_SUPPORTED,
  LOGOUT_REMOVE_FOR_RECOVERY,
} from "../iscsi/opcode.ts";

/** Response to a logout in a session whose only connection is `cid`; undefined: no such reason. */
export function logoutResponseOf(
  { reasonCode, cid }: LogoutRequest,
  ownCid: number,
): number | undefined {
  if (reasonCode > LOGOUT_REMOVE_FOR_RECOVERY) {
    return undefined;
  }
  if (reasonCode === LOGOUT_REMOVE_FOR_RECOVERY) {
    return LOGOUT_RECOVERY_NOT_SUPPORTED;
  }
  const isOther = reasonCode === LOGOUT_CLOSE_CONNECTION && cid !== ownCid;
  return isOther ? LOGOUT_CID_NOT_FOUND : LOGOUT_DONE;
}
