/** The changer role as a module of its own, for tests: the ABI of assembly/index.ts, one role. */
import { changerEvent, changerStart } from "../changer/changer.ts";
import { actionCount, beginActions } from "../lib/action.ts";
import { eventKind } from "../lib/event.ts";
import { ABI_VERSION } from "../spec/abi.ts";
import { EV_START } from "../spec/event.ts";

/** The version of the memory map. */
export function abi(): u32 {
  return ABI_VERSION;
}
/** Takes the event at EVENT_AT; answers how many actions lie at ACTION_AT. */
export function step(): u32 {
  beginActions();
  if (eventKind() === EV_START) changerStart();
  else changerEvent();
  return actionCount();
}
