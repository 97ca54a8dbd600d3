/** MAINTENANCE IN by service action. */
import { cdbByte, replySense } from "../lane/task.ts";
import { ASC_INVALID_FIELD_IN_CDB } from "../spec/additional-sense.ts";
import {
  ACTION_REPORT_SUPPORTED_CODES,
  ACTION_REPORT_SUPPORTED_FUNCTIONS,
} from "../spec/operation-code.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { supportedCodes, supportedFunctions } from "./supported-codes.ts";

/** MAINTENANCE IN; a service action that dispatch.ts does not know is refused. */
export function maintenanceIn(): void {
  const action = cdbByte(1) & 0x1f;
  if (action === ACTION_REPORT_SUPPORTED_CODES) supportedCodes();
  else if (action === ACTION_REPORT_SUPPORTED_FUNCTIONS) supportedFunctions();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_FIELD_IN_CDB);
}
