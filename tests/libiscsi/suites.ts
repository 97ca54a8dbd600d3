/**
 * What each test of libiscsi's iscsi-test-cu means for a lane and for the changer. Decides what must pass, how
 * the tool is told what it talks to, and why the rest is left out. Of several rows that fit a test the
 * longest name counts.
 */

/** The unit says what it is; the tool's commands go to it as they are. */
export const PASSES = "passes";
/** `disk-shim.c` says that the unit is a disk and makes the tool's disk commands a tape drive's. */
export const PASSES_AS_DISK = "passes as a disk";

const DISK_COMMAND = "a command of disks";
const DISK_PAGE = "a page of disks";
const IN_PLACE = "a tape is not written in place";
const NO_LBA = "a tape has no logical block addresses";
const OTHER_COMMAND = "the operation code is another command of tape drives";
const COPY = "no unit copies for others";
const ONE_DRIVE = "a changer has no medium of its own";
const SAME_SESSION = "of the session, not of the unit: the lane's row has it";

/** What a test means for one unit: PASSES..., or why it does not apply. */
export type Ruling = string;

type Row = readonly [name: string, lane: Ruling, changer?: Ruling];

/** Without a third column both units have the second one. */
export const ROWS: readonly Row[] = [
  ["CompareAndWrite", DISK_COMMAND],
  ["ExtendedCopy", COPY],
  ["GetLBAStatus", DISK_COMMAND],
  ["Inquiry", PASSES],
  ["Inquiry.BlockLimits", DISK_PAGE],
  ["Inquiry.MandatoryVPDSBC", DISK_PAGE],
  ["Mandatory", DISK_COMMAND],
  ["ModeSense6", PASSES],
  ["ModeSense6.Control", PASSES, "a changer has no Control mode page"],
  ["ModeSense6.Control-D_SENSE", "it looks at the sense data of a disk's READ(16)"],
  ["ModeSense6.Control-SWP", DISK_PAGE],
  ["NoMedia", DISK_COMMAND],
  ["OrWrite", DISK_COMMAND],
  ["Prefetch10", OTHER_COMMAND],
  ["Prefetch16", DISK_COMMAND],
  ["PreventAllow", PASSES_AS_DISK, ONE_DRIVE],
  ["PreventAllow.Simple", PASSES_AS_DISK, PASSES_AS_DISK],
  ["PreventAllow.Eject", "a tape drive may load while removal is prevented"],
  ["PrinReadKeys", PASSES],
  ["PrinServiceactionRange", PASSES],
  ["PrinReportCapabilities", PASSES],
  ["ProutRegister", PASSES],
  ["ProutReserve", PASSES_AS_DISK, "it reads and writes under the reservation"],
  ["ProutReserve.Simple", PASSES],
  ["ProutReserve.OwnershipEA", PASSES],
  ["ProutReserve.OwnershipWE", PASSES],
  ["ProutReserve.OwnershipEARO", PASSES],
  ["ProutReserve.OwnershipWERO", PASSES],
  ["ProutReserve.OwnershipEAAR", PASSES],
  ["ProutReserve.OwnershipWEAR", PASSES],
  ["ProutClear", PASSES],
  ["ProutPreempt", PASSES],
  ["Read6", OTHER_COMMAND],
  ["Read10", NO_LBA],
  ["Read10.Async", PASSES_AS_DISK, DISK_COMMAND],
  ["Read12", DISK_COMMAND],
  ["Read16", OTHER_COMMAND],
  ["ReadCapacity10", DISK_COMMAND],
  ["ReadCapacity16", DISK_COMMAND],
  ["ReadDefectData10", DISK_COMMAND],
  ["ReadDefectData12", DISK_COMMAND],
  ["ReadOnly", DISK_COMMAND],
  ["ReceiveCopyResults", COPY],
  ["ReportSupportedOpcodes", PASSES],
  [
    "ReportSupportedOpcodes.OneCommand",
    "the tool takes the 5/24/00 that it asks for for a missing command",
  ],
  ["Reserve6", PASSES],
  ["Sanitize", DISK_COMMAND],
  ["StartStopUnit", "LOAD UNLOAD ejects also without LOEJ", DISK_COMMAND],
  ["StartStopUnit.Simple", PASSES_AS_DISK, DISK_COMMAND],
  ["TestUnitReady", PASSES],
  ["Unmap", DISK_COMMAND],
  ["Verify10", DISK_COMMAND],
  ["Verify12", DISK_COMMAND],
  ["Verify16", OTHER_COMMAND],
  ["Write10", IN_PLACE],
  ["Write10.Async", PASSES_AS_DISK, DISK_COMMAND],
  ["Write12", DISK_COMMAND],
  ["Write16", OTHER_COMMAND],
  ["WriteAtomic16", DISK_COMMAND],
  ["WriteSame10", DISK_COMMAND],
  ["WriteSame16", OTHER_COMMAND],
  ["WriteVerify10", DISK_COMMAND],
  ["WriteVerify12", DISK_COMMAND],
  ["WriteVerify16", DISK_COMMAND],
  ["iSCSIcmdsn", PASSES, SAME_SESSION],
  ["iSCSIdatasn", PASSES_AS_DISK, SAME_SESSION],
  ["iSCSIResiduals", DISK_COMMAND],
  ["iSCSIResiduals.Read10Invalid", PASSES_AS_DISK, DISK_COMMAND],
  ["iSCSIResiduals.Read10Residuals", PASSES_AS_DISK, DISK_COMMAND],
  ["iSCSIResiduals.Write10Residuals", IN_PLACE],
  ["iSCSITMF.AbortTaskSimpleAsync", PASSES_AS_DISK, SAME_SESSION],
  ["iSCSITMF.LUNResetSimpleAsync", "the tool looks for the answer before it has sent the request"],
  ["MultipathIO", IN_PLACE],
  ["MultipathIO.Reset", PASSES_AS_DISK, SAME_SESSION],
  ["MultipathIO.CompareAndWrite", DISK_COMMAND],
  ["MultipathIO.CompareAndWriteAsync", DISK_COMMAND],
];

/** What `test` ("Suite.Test") means for a unit. Throws where no row has it. */
export function rulingOf(test: string, unit: "lane" | "changer"): Ruling {
  const [suite = ""] = test.split(".");
  const row = ROWS.find(([name]) => name === test) ?? ROWS.find(([name]) => name === suite);
  if (row === undefined) {
    throw new Error(`no row for ${test}`);
  }
  const [, lane, changer = lane] = row;
  return unit === "lane" ? lane : changer;
}
