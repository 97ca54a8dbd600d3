/**
 * Answers for logical unit numbers that do not exist. Decides that INQUIRY says "no such unit",
 * that REPORT LUNS lists those that do, and that all else fails with 5/25/00.
 */

import type { LogicalUnit, TargetTask } from "../../host/lib/logical-unit.ts";
import type { Answer } from "./answer.ts";
import { check, goodUpTo, send } from "./answer.ts";
import { DESCRIPTOR_FORMAT_BIT, OP, reportLuns } from "./common-commands.ts";
import { standardInquiry } from "./identity.ts";
import { descriptorSense, fixedSense, SENSE } from "./sense.ts";

/** Peripheral qualifier 3, device type 1Fh. */
const NO_UNIT = 0x7f;

/** The unit behind every number that has none; `luns` are those that have one. */
export function wellKnownUnit(luns: readonly number[]): LogicalUnit {
  const identity = { deviceType: NO_UNIT, product: "PRACTICE", serial: "" };
  const answers = new Map<number, (cdb: Buffer, task: TargetTask) => Answer>([
    [OP.inquiry, (cdb) => goodUpTo(standardInquiry(identity), cdb.readUInt16BE(3))],
    [
      OP.requestSense,
      (cdb) => {
        const sense = fixedSense(SENSE.noLogicalUnit);
        const asDescriptors = (cdb.readUInt8(1) & DESCRIPTOR_FORMAT_BIT) !== 0;
        return goodUpTo(asDescriptors ? descriptorSense(sense) : sense, cdb.readUInt8(4));
      },
    ],
    [
      OP.reportLuns,
      (cdb, task) => {
        const receive = () => Promise.resolve(false);
        return reportLuns(luns, { cdb, nexus: task.nexus, dataOutBytes: 0, receive });
      },
    ],
  ]);
  return {
    command: (task) => {
      const cdb = Buffer.from(task.cdb.buffer, task.cdb.byteOffset, task.cdb.byteLength);
      const answer = answers.get(cdb.readUInt8(0));
      send(task, answer === undefined ? check(SENSE.noLogicalUnit) : answer(cdb, task));
    },
    abort: () => undefined,
    nexus: () => undefined,
  };
}
