/**
 * The recovery as a table: for each plan, which state follows when a state has succeeded, and the
 * source's step number that stands for entering it. What follows a failure is in recovery/fault.ts.
 */
import {
  LABEL_607,
  LABEL_608,
  LABEL_612,
  LABEL_613,
  LABEL_614,
  LABEL_615,
  LABEL_616,
  LABEL_617,
  LABEL_620,
  LABEL_621,
  LABEL_631,
  LABEL_632,
  LABEL_633,
} from "../spec/recovery-label.ts";
import {
  STATE_ACROSS,
  STATE_ASK_DRIVE,
  STATE_ASK_MEDIUM,
  STATE_BACK,
  STATE_BLANK,
  STATE_CATCH_UP,
  STATE_CHECK,
  STATE_COPY,
  STATE_COUNT,
  STATE_COUPLE,
  STATE_DIVIDE,
  STATE_EVIDENCE,
  STATE_IN,
  STATE_NONE,
  STATE_OUT,
  STATE_READY,
  STATE_RECONNECT,
  STATE_REPORT,
  STATE_TAIL,
  STATE_UNLOAD,
} from "../spec/recovery-state.ts";

const __: u32 = STATE_NONE;
// biome-ignore format: one row per state, one column per plan
const NEXT: StaticArray<u32> = [
  //                RETRY             DRIVE             MEDIUM            BOTH              BACK
  /* NONE       */  STATE_EVIDENCE,   __,               __,               __,               __,
  /* EVIDENCE   */  STATE_RECONNECT,  STATE_ASK_DRIVE,  STATE_ASK_MEDIUM, STATE_ASK_MEDIUM, STATE_UNLOAD,
  /* RECONNECT  */  STATE_READY,      __,               __,               __,               __,
  /* ASK_DRIVE  */  __,               STATE_COUPLE,     __,               STATE_COUPLE,     __,
  /* ASK_MEDIUM */  __,               __,               STATE_CHECK,      STATE_IN,         __,
  /* COUPLE     */  __,               STATE_UNLOAD,     __,               STATE_IN,         __,
  /* UNLOAD     */  __,               STATE_ACROSS,     STATE_OUT,        __,               STATE_OUT,
  /* ACROSS     */  __,               STATE_READY,      __,               __,               __,
  /* OUT        */  __,               __,               STATE_IN,         __,               STATE_BACK,
  /* IN         */  __,               __,               STATE_READY,      STATE_READY,      __,
  /* READY      */  STATE_DIVIDE,     STATE_DIVIDE,     STATE_BLANK,      STATE_BLANK,      STATE_TAIL,
  /* BLANK      */  __,               __,               STATE_DIVIDE,     STATE_DIVIDE,     __,
  /* TAIL       */  STATE_COPY,       STATE_COPY,       __,               __,               STATE_REPORT,
  /* COPY       */  STATE_CATCH_UP,   STATE_CATCH_UP,   STATE_CATCH_UP,   STATE_CATCH_UP,   __,
  /* CATCH_UP   */  STATE_NONE,       STATE_NONE,       STATE_NONE,       STATE_NONE,       __,
  /* REPORT     */  STATE_NONE,       STATE_NONE,       STATE_NONE,       STATE_NONE,       STATE_NONE,
  /* BACK       */  __,               __,               __,               __,               STATE_READY,
  /* CHECK      */  __,               __,               STATE_UNLOAD,     __,               __,
  /* DIVIDE     */  STATE_TAIL,       STATE_TAIL,       STATE_COPY,       STATE_COPY,       __,
];
// biome-ignore format: one row per state, one column per plan; 0: no step of the source, or one that is shown where it ends (609, 618, 619)
const LABELS: StaticArray<u32> = [
  /* NONE       */  0,                0,                0,                0,                0,
  /* EVIDENCE   */  LABEL_607,        LABEL_607,        LABEL_607,        LABEL_607,        0,
  /* RECONNECT  */  0,                0,                0,                0,                0,
  /* ASK_DRIVE  */  0,                LABEL_608,        LABEL_608,        LABEL_608,        0,
  /* ASK_MEDIUM */  0,                LABEL_608,        LABEL_608,        LABEL_608,        0,
  /* COUPLE     */  0,                LABEL_612,        0,                LABEL_612,        0,
  /* UNLOAD     */  0,                LABEL_613,        LABEL_631,        0,                0,
  /* ACROSS     */  0,                LABEL_614,        0,                0,                0,
  /* OUT        */  0,                0,                0,                0,                0,
  /* IN         */  0,                0,                0,                LABEL_620,        0,
  /* READY      */  0,                0,                0,                0,                0,
  /* BLANK      */  0,                0,                LABEL_632,        LABEL_632,        0,
  /* TAIL       */  LABEL_615,        LABEL_615,        0,                0,                0,
  /* COPY       */  LABEL_616,        LABEL_616,        LABEL_633,        LABEL_621,        0,
  /* CATCH_UP   */  LABEL_617,        LABEL_617,        LABEL_617,        LABEL_617,        0,
  /* REPORT     */  0,                0,                0,                0,                0,
  /* BACK       */  0,                0,                0,                0,                0,
  /* CHECK      */  0,                0,                0,                0,                0,
  /* DIVIDE     */  0,                0,                0,                0,                0,
];
const PLANS: u32 = 5;

/** The state that follows `state` when it has succeeded. STATE_NONE: unexpected, or the end. */
export function nextState(state: u32, plan: u32): u32 {
  assert(state < STATE_COUNT);
  assert(plan < PLANS);
  return unchecked(NEXT[state * PLANS + plan]);
}
/** The source's step number of entering `state` under `plan`, 0 where it has none. */
export function labelOf(state: u32, plan: u32): u32 {
  assert(state < STATE_COUNT);
  assert(plan < PLANS);
  return unchecked(LABELS[state * PLANS + plan]);
}
