/** The changer role as a module of its own, for tests: the ABI of assembly/index.ts, one role. */
import { actionCount, beginActions } from "../lib/action.ts";
import { eventKind } from "../lib/event.ts";
import { EV_START } from "../spec/event.ts";
import { changerEvent, changerStart } from "./changer.ts";

/** Takes the event at EVENT_AT; answers how many actions lie at ACTION_AT. */
export function step(): u32 {
  beginActions();
  if (eventKind() === EV_START) changerStart();
  else changerEvent();
  return actionCount();
}
