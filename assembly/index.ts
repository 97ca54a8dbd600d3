/** The whole ABI of the core: `abi()` and `step()`, and its memory. Nothing else is exported. */
import { changerEvent, changerStart } from "./changer/changer.ts";
import { laneEvent } from "./lane/lane.ts";
import { actionCount, beginActions } from "./lib/action.ts";
import { eventA, eventKind } from "./lib/event.ts";
import { keepPiece } from "./lib/keep.ts";
import { ABI_VERSION, ROLE_CHANGER } from "./spec/abi.ts";
import { EV_KEEP, EV_START } from "./spec/event.ts";

let changer: bool = false;

/** The version of the memory map and of all records. */
export function abi(): u32 {
  return ABI_VERSION;
}

/** Takes the event at EVENT_AT; answers how many actions lie at ACTION_AT. EV_START chooses the role. */
export function step(): u32 {
  beginActions();
  const kind = eventKind();
  if (kind === EV_KEEP) keepPiece();
  else if (kind === EV_START && eventA() === ROLE_CHANGER) {
    changer = true;
    changerStart();
  } else if (changer) changerEvent();
  else laneEvent(kind);
  return actionCount();
}
