/** Which file answers a command of the server, and where its completions go. */
import { readAttribute, readAttributeDone } from "../scsi/attribute.ts";
import { densitySupport, densitySupportDone } from "../scsi/density.ts";
import { receiveDiagnostic, sendDiagnostic } from "../scsi/diagnostic.ts";
import {
  DO_ALLOW_OVERWRITE,
  DO_ATTRIBUTE,
  DO_DENSITY_SUPPORT,
  DO_ERASE,
  DO_FORMAT_MEDIUM,
  DO_FORWARD_IN,
  DO_INQUIRY,
  DO_LOAD_UNLOAD,
  DO_LOCATE,
  DO_LOG_SELECT,
  DO_LOG_SENSE,
  DO_MAINTENANCE_IN,
  DO_MAINTENANCE_OUT,
  DO_MODE_SELECT,
  DO_MODE_SENSE,
  DO_PERSISTENT_IN,
  DO_PERSISTENT_OUT,
  DO_PREVENT_ALLOW,
  DO_READ,
  DO_READ_BLOCK_LIMITS,
  DO_READ_POSITION,
  DO_RECEIVE_DIAGNOSTIC,
  DO_RELEASE,
  DO_REPORT_LUNS,
  DO_REQUEST_SENSE,
  DO_RESERVE,
  DO_REWIND,
  DO_SECURITY_IN,
  DO_SECURITY_OUT,
  DO_SEND_DIAGNOSTIC,
  DO_SET_CAPACITY,
  DO_SPACE,
  DO_TEST_UNIT_READY,
  DO_VERIFY,
  DO_WRITE,
  DO_WRITE_ATTRIBUTE,
  DO_WRITE_FILEMARKS,
} from "../scsi/dispatch.ts";
import { erase, eraseDone } from "../scsi/erase.ts";
import {
  allowOverwrite,
  formatMedium,
  formatMediumDone,
  formatMediumKept,
} from "../scsi/format-medium.ts";
import { forwardDone, forwardIn } from "../scsi/forward.ts";
import { inquiry } from "../scsi/inquiry.ts";
import { loadUnload } from "../scsi/load-unload.ts";
import { logSelect } from "../scsi/log-select.ts";
import { logAsked, logSense } from "../scsi/log-sense.ts";
import { maintenanceIn, maintenanceOut } from "../scsi/maintenance.ts";
import { modeSense } from "../scsi/mode-page.ts";
import { modeSelect } from "../scsi/mode-select.ts";
import {
  persistentReserveIn,
  persistentReserveOut,
  releaseUnit,
  reserveUnit,
} from "../scsi/persistent-reserve.ts";
import { preventAllow } from "../scsi/prevent.ts";
import { readPosition, readPositionDone, readPositionPositioned } from "../scsi/read-position.ts";
import { readBlockLimits } from "../scsi/report.ts";
import { reportLuns } from "../scsi/report-luns.ts";
import { requestSense } from "../scsi/request-sense.ts";
import {
  securityIn,
  securityInDone,
  securityInPrepared,
  securityOut,
  securityOutDone,
} from "../scsi/security-protocol.ts";
import { setCapacity, setCapacityDone } from "../scsi/set-capacity.ts";
import { locate, rewind, rewindDone } from "../scsi/stream-locate.ts";
import { isMoving, moveDone, movePositioned } from "../scsi/stream-move.ts";
import { read, readDone, readPositioned } from "../scsi/stream-read.ts";
import { space } from "../scsi/stream-space.ts";
import { write, writeFilemarks } from "../scsi/stream-write.ts";
import { capacityKnown, changeKept } from "../scsi/tape-change.ts";
import { attributesKept, writeAttribute, writeAttributeDone } from "../scsi/write-attribute.ts";
import { ASC_INVALID_OPERATION_CODE } from "../spec/additional-sense.ts";
import { KEY_ILLEGAL_REQUEST } from "../spec/sense-key.ts";
import { laneCount } from "./device.ts";
import { replyGood, replySense } from "./task.ts";

/** The device command of the command in work ended. */
export function carryOutDone(what: u8): void {
  if (isMoving()) moveDone();
  else if (what === DO_READ || what === DO_VERIFY) readDone();
  else if (what === DO_REWIND || what === DO_LOAD_UNLOAD) rewindDone();
  else if (what === DO_READ_POSITION) readPositionDone();
  else if (what === DO_ERASE) eraseDone();
  else if (what === DO_SET_CAPACITY) setCapacityDone();
  else if (what === DO_FORMAT_MEDIUM) formatMediumDone();
  else if (what === DO_DENSITY_SUPPORT) densitySupportDone();
  else if (what === DO_ATTRIBUTE) readAttributeDone();
  else if (what === DO_SECURITY_IN) securityInDone();
  else if (what === DO_SECURITY_OUT) securityOutDone();
  else if (what === DO_WRITE_ATTRIBUTE) writeAttributeDone();
  else forwardDone();
}

/** The procedure that the command waited for may have ended. */
export function carryOutPositioned(what: u8): bool {
  if (isMoving()) return movePositioned();
  if (what === DO_READ || what === DO_VERIFY) return readPositioned();
  if (what === DO_READ_POSITION) return readPositionPositioned();
  if (what === DO_LOG_SENSE) return logAsked();
  if (what === DO_ERASE) return changeKept();
  if (what === DO_SECURITY_IN) return securityInPrepared();
  if (what === DO_WRITE_ATTRIBUTE) return attributesKept();
  if (what === DO_FORMAT_MEDIUM) return formatMediumKept();
  return what === DO_SET_CAPACITY && capacityKnown();
}

/** `what` is a DO_ of `scsi/dispatch.ts`; everything that has to hold before holds. */
export function carryOut(what: u8): void {
  if (what === DO_WRITE) write();
  else if (what === DO_READ || what === DO_VERIFY) read();
  else if (what === DO_WRITE_FILEMARKS) writeFilemarks();
  else if (what === DO_TEST_UNIT_READY) replyGood();
  else if (what === DO_READ_POSITION) readPosition();
  else if (what === DO_SPACE) space();
  else if (what === DO_LOCATE) locate();
  else if (what === DO_REWIND) rewind();
  else if (what === DO_LOAD_UNLOAD) loadUnload();
  else if (what === DO_ERASE) erase();
  else if (what === DO_SET_CAPACITY) setCapacity();
  else if (what === DO_FORMAT_MEDIUM) formatMedium();
  else if (what === DO_ALLOW_OVERWRITE) allowOverwrite();
  else carryOutSeldom(what);
}

/** What servers ask at the beginning and at the end, and who may do what. */
function carryOutSeldom(what: u8): void {
  if (what === DO_INQUIRY) inquiry();
  else if (what === DO_REQUEST_SENSE) requestSense();
  else if (what === DO_REPORT_LUNS) reportLuns(laneCount());
  else if (what === DO_READ_BLOCK_LIMITS) readBlockLimits();
  else if (what === DO_MODE_SENSE) modeSense();
  else if (what === DO_MODE_SELECT) modeSelect();
  else if (what === DO_RESERVE) reserveUnit();
  else if (what === DO_RELEASE) releaseUnit();
  else if (what === DO_PERSISTENT_IN) persistentReserveIn();
  else if (what === DO_PERSISTENT_OUT) persistentReserveOut();
  else if (what === DO_PREVENT_ALLOW) preventAllow();
  else carryOutRest(what);
}

/** Logs, what is passed to the drive, maintenance, diagnostics. */
function carryOutRest(what: u8): void {
  if (what === DO_LOG_SENSE) logSense();
  else if (what === DO_LOG_SELECT) logSelect();
  else if (what === DO_DENSITY_SUPPORT) densitySupport();
  else if (what === DO_ATTRIBUTE) readAttribute();
  else if (what === DO_WRITE_ATTRIBUTE) writeAttribute();
  else if (what === DO_FORWARD_IN) forwardIn();
  else if (what === DO_SECURITY_IN) securityIn();
  else if (what === DO_SECURITY_OUT) securityOut();
  else if (what === DO_MAINTENANCE_IN) maintenanceIn();
  else if (what === DO_MAINTENANCE_OUT) maintenanceOut();
  else if (what === DO_SEND_DIAGNOSTIC) sendDiagnostic();
  else if (what === DO_RECEIVE_DIAGNOSTIC) receiveDiagnostic();
  else replySense(KEY_ILLEGAL_REQUEST, ASC_INVALID_OPERATION_CODE);
}
