/**
 * The command table of a drive: operation code to command, one line each. Decides which commands a
 * drive knows; what they do is in the `drive-*` files.
 */

import { good } from "./answer.ts";
import { commonCommands, OP } from "./common-commands.ts";
import type { Drive } from "./drive.ts";
import { densitySupport, readAttribute, writeAttribute } from "./drive-attribute.ts";
import { readBuffer, receiveDiagnostic, sendDiagnostic } from "./drive-diagnostic.ts";
import { securityProtocolIn, securityProtocolOut } from "./drive-encryption.ts";
import { allowOverwrite, formatMedium, setCapacity } from "./drive-format.ts";
import { loadUnload } from "./drive-load.ts";
import { logSelect, logSense } from "./drive-log.ts";
import { modeSelect, modeSense } from "./drive-mode.ts";
import { erase, locate10, locate16, rewind, space6, space16 } from "./drive-motion.ts";
import { readBlockLimits, readPosition } from "./drive-position.ts";
import { read, verify } from "./drive-read.ts";
import { write, writeFilemarks } from "./drive-write.ts";
import type { MountedTape } from "./mounted-tape.ts";
import type { Effect } from "./reservations.ts";
import type { Call, Command } from "./unit-shell.ts";

/** A command that needs a loaded cartridge. */
export type TapeRun = (drive: Drive, tape: MountedTape, call: Call) => ReturnType<Command["run"]>;

/** A command that works without one. */
export type DriveRun = (drive: Drive, call: Call) => ReturnType<Command["run"]>;

/** All commands of a drive. */
export function driveCommands(drive: Drive): ReadonlyMap<number, Command> {
  const onTape = (run: TapeRun, effect: Effect): Command => ({
    run: (call) => {
      const tape = drive.tape;
      return "status" in tape ? tape : run(drive, tape, call);
    },
    effect,
  });
  const anyTime = (run: DriveRun, effect: Effect): Command => ({
    run: (call) => run(drive, call),
    effect,
  });
  const { identity, luns } = drive.parts;
  const currentSense = () => drive.currentSense();
  return new Map<number, Command>([
    ...commonCommands({ identity, luns, nexuses: drive.nexuses, currentSense }),
    [OP.testUnitReady, onTape(() => good(), "looks")],
    [0x01, onTape(rewind, "reads")],
    [0x04, onTape(formatMedium, "changes")],
    [0x05, anyTime(readBlockLimits, "none")],
    [0x08, onTape(read, "reads")],
    [0x0a, onTape(write, "changes")],
    [0x0b, onTape(setCapacity, "changes")],
    [0x10, onTape(writeFilemarks, "changes")],
    [0x11, onTape(space6, "reads")],
    [0x13, onTape(verify, "reads")],
    [OP.modeSelect6, anyTime(modeSelect, "changes")],
    [0x19, onTape(erase, "changes")],
    [OP.modeSense6, anyTime(modeSense, "reads")],
    [0x1b, anyTime(loadUnload, "changes")],
    [0x1c, anyTime(receiveDiagnostic, "reads")],
    [0x1d, anyTime(sendDiagnostic, "changes")],
    [0x2b, onTape(locate10, "reads")],
    [0x34, onTape(readPosition, "reads")],
    [0x3c, anyTime(readBuffer, "reads")],
    [0x44, anyTime(densitySupport, "none")],
    [0x4c, anyTime(logSelect, "changes")],
    [0x4d, anyTime(logSense, "none")],
    [OP.modeSelect10, anyTime(modeSelect, "changes")],
    [OP.modeSense10, anyTime(modeSense, "reads")],
    [0x80, onTape(writeFilemarks, "changes")],
    [0x82, onTape(allowOverwrite, "changes")],
    [0x88, onTape(read, "reads")],
    [0x8a, onTape(write, "changes")],
    [0x8c, anyTime(readAttribute, "reads")],
    [0x8f, onTape(verify, "reads")],
    [0x91, onTape(space16, "reads")],
    [0x92, onTape(locate16, "reads")],
    [0x93, onTape(erase, "changes")],
    [0x8d, onTape((_, __, call) => writeAttribute(drive, call), "changes")],
    [0xa2, anyTime(securityProtocolIn, "reads")],
    [0xb5, anyTime(securityProtocolOut, "changes")],
  ]);
}
