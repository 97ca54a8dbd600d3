/**
 * REQUEST SENSE: a pending unit attention (which is told by that), else what keeps the medium from being
 * ready, else NO SENSE. Sense data of a command always went with its CHECK CONDITION. DESC of the
 * CDB chooses the format, whatever D_SENSE says.
 */
import { mediumSense } from "../lane/readiness.ts";
import { cdbByte, replyParams, taskNexus } from "../lane/task.ts";
import { ASC_NONE } from "../spec/additional-sense.ts";
import { KEY_UNIT_ATTENTION } from "../spec/sense-key.ts";
import { beginSense, endSense, senseAt } from "./sense-format.ts";
import { attentionTake } from "./unit-attention.ts";

const DESCRIPTORS: u32 = 0x01;

/** REQUEST SENSE. */
export function requestSense(): void {
  const asDescriptors = (cdbByte(1) & DESCRIPTORS) !== 0;
  const attention = attentionTake(taskNexus());
  const medium = mediumSense();
  if (attention !== ASC_NONE) beginSense(KEY_UNIT_ATTENTION, attention);
  else beginSense(medium >> 16, medium & 0xffff);
  const bytes = endSense(asDescriptors);
  memory.copy(replyParams(bytes, cdbByte(4)), senseAt(asDescriptors), bytes);
}
