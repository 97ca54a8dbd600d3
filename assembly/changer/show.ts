/** The changer's show block (spec/show.ts): what status and panel display of drives and spares. */
import {
  DRIVE_COUNT_MAX,
  LANE_COUNT_MAX,
  SHOW_AT,
  SHOW_BYTES,
  VOLUME_TAG_BYTES,
} from "../spec/abi.ts";
import {
  SHOW_DRIVE_ELEMENTS,
  SHOW_FAILED_DRIVES,
  SHOW_LANE_DRIVES,
  SHOW_SPARE_DRIVES,
  SHOW_SPARE_ELEMENTS,
  SHOW_SPARE_MEDIA,
  SHOW_SPARE_TAGS,
  SHOW_STATE,
  SHOW_STATE_FAILED,
  SHOW_STATE_IDLE,
  SHOW_STATE_RECOVERING,
} from "../spec/show.ts";
import { cartridgeElement, cartridgeEnd, realTag } from "./cartridge-table.ts";
import { deviceKnown, driveElement, driveFailed } from "./drive-table.ts";
import { elementAddress } from "./element-table.ts";
import { laneCount, laneDrive } from "./lane-table.ts";
import { NONE } from "./limits.ts";
import { moveRetries } from "./mover.ts";
import { driveFree, mediumFree } from "./spares.ts";
import { startFailed } from "./start.ts";
import { tagCopy } from "./tag.ts";

/** Tags that the block has room for. */
const SPARE_TAGS_MAX: u32 = 3;

function state(): u32 {
  if (startFailed()) return SHOW_STATE_FAILED;
  return moveRetries() ? SHOW_STATE_RECOVERING : SHOW_STATE_IDLE;
}
function showElement(at: u32, element: u32): void {
  if (element !== NONE) store<u16>(SHOW_AT + at, elementAddress(element) as u16);
}
function showMedia(): void {
  let count: u32 = 0;
  for (let c: u32 = 0; c < cartridgeEnd(); c++) {
    if (!mediumFree(c)) continue;
    const at = SHOW_AT + SHOW_SPARE_TAGS + count * VOLUME_TAG_BYTES;
    if (count < SPARE_TAGS_MAX) {
      tagCopy(at, realTag(c));
      showElement(SHOW_SPARE_ELEMENTS + (count << 1), cartridgeElement(c));
    }
    count += 1;
  }
  store<u32>(SHOW_AT + SHOW_SPARE_MEDIA, count);
}
/** Writes the whole block; at the end of each step. */
export function showChanger(): void {
  memory.fill(SHOW_AT, 0, SHOW_BYTES);
  store<u32>(SHOW_AT + SHOW_STATE, state());
  let spare: u32 = 0;
  let failed: u32 = 0;
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (!deviceKnown(d)) continue;
    if (driveFailed(d)) failed |= 1 << d;
    if (driveFree(d)) spare |= 1 << d;
    showElement(SHOW_DRIVE_ELEMENTS + (d << 1), driveElement(d));
  }
  store<u32>(SHOW_AT + SHOW_SPARE_DRIVES, spare);
  store<u32>(SHOW_AT + SHOW_FAILED_DRIVES, failed);
  for (let n: u32 = 1; n <= laneCount() && n <= LANE_COUNT_MAX; n++) {
    store<u8>(SHOW_AT + SHOW_LANE_DRIVES + n - 1, laneDrive(n) as u8);
  }
  showMedia();
}
