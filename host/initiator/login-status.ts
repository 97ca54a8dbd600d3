/** Says what a refused login means. Decides words only. */
import { isTextFault, parseTextKeys } from "../iscsi/text-key.ts";

const STATUS_TEXT: ReadonlyMap<number, string> = new Map([
  [0x0101, "the target moved for a while"],
  [0x0102, "the target moved for good"],
  [0x0200, "the target found an error in our login"],
  [0x0201, "authentication failed"],
  [0x0202, "this initiator may not use the target"],
  [0x0203, "there is no target of this name"],
  [0x0204, "the target was removed"],
  [0x0205, "no iSCSI version in common"],
  [0x0206, "too many connections"],
  [0x0207, "the target misses a parameter"],
  [0x0208, "the target cannot include this connection"],
  [0x0209, "the target does not do this type of session"],
  [0x020a, "the session does not exist"],
  [0x020b, "the request is invalid in login"],
  [0x0300, "the target failed"],
  [0x0301, "the service is not available"],
  [0x0302, "the target is out of resources"],
]);

/** A line for the login status `status` (class and detail, 0001h to FFFFh) and its text keys. */
export function loginStatusText(status: number, data: Uint8Array): string {
  const known = STATUS_TEXT.get(status) ?? "the target refused";
  const keys = parseTextKeys(data);
  const address = isTextFault(keys) ? undefined : keys.get("TargetAddress");
  const where = address === undefined ? "" : ` to ${address}`;
  return `login refused with status ${status.toString(16).padStart(4, "0")}h: ${known}${where}`;
}
