/**
 * The command table of a drive: operation code to command, one line each. Decides which commands a
 * drive knows; what they do is in the `drive-*` files.
 */

import type { Answer } from "./answer.ts";
import { good } from "./answer.ts";
import { commonCommands, OP } from "./common-commands.ts";
import type { Drive } from "./drive.ts";
import { densitySupport, readAttribute, writeAttribute } from "./drive-attribute.ts";
import { readBuffer, receiveDiagnostic, sendDiagnostic } from "./drive-diagnostic.ts";
import { securityProtocolIn, securityProtocolOut } from "./drive-encryption.ts";
import { loadUnload } from "./drive-load.ts";
import { logSelect, logSense } from "./drive-log.ts";
import { modeSelect, modeSense } from "./drive-mode.ts";
import {
  allowOverwrite,
  erase,
  formatMedium,
  locate10,
  locate16,
  rewind,
  setCapacity,
  space6,
  space16,
} from "./drive-motion.ts";
import { readBlockLimits, readPosition } from "./drive-position.ts";
import { read, verify } from "./drive-read.ts";
import { write, writeFilemarks } from "./drive-write.ts";
import type { MountedTape } from "./mounted-tape.ts";
import type { Call, Command } from "./unit-shell.ts";

/** A command that needs a loaded cartridge. */
export type TapeRun = (drive: Drive, tape: MountedTape, call: Call) => ReturnType<Command["run"]>;

/** All commands of a drive. */
export function driveCommands(drive: Drive): ReadonlyMap<number, Command> {
  const onTape = (run: TapeRun): Command => ({
    run: (call) => {
      const tape = drive.tape;
      return "status" in tape ? tape : run(drive, tape, call);
    },
  });
  const anyTime = (run: (drive: Drive, call: Call) => Promise<Answer | undefined> | Answer) => ({
    run: (call: Call) => run(drive, call),
  });
  const always = (run: (drive: Drive, call: Call) => Promise<Answer | undefined> | Answer) => ({
    ...anyTime(run),
    ignoresReservation: true,
  });
  const { identity, luns } = drive.parts;
  const currentSense = () => drive.currentSense();
  return new Map<number, Command>([
    ...commonCommands({ identity, luns, nexuses: drive.nexuses, currentSense }),
    [OP.testUnitReady, onTape(() => good())],
    [0x01, onTape(rewind)],
    [0x04, onTape(formatMedium)],
    [0x05, always(readBlockLimits)],
    [0x08, onTape(read)],
    [0x0a, onTape(write)],
    [0x0b, onTape(setCapacity)],
    [0x10, onTape(writeFilemarks)],
    [0x11, onTape(space6)],
    [0x13, onTape(verify)],
    [OP.modeSelect6, anyTime(modeSelect)],
    [0x19, onTape(erase)],
    [OP.modeSense6, anyTime(modeSense)],
    [0x1b, anyTime(loadUnload)],
    [0x1c, anyTime(receiveDiagnostic)],
    [0x1d, anyTime(sendDiagnostic)],
    [0x2b, onTape(locate10)],
    [0x34, onTape(readPosition)],
    [0x3c, anyTime(readBuffer)],
    [0x44, always(densitySupport)],
    [0x4c, anyTime(logSelect)],
    [0x4d, always(logSense)],
    [OP.modeSelect10, anyTime(modeSelect)],
    [OP.modeSense10, anyTime(modeSense)],
    [0x80, onTape(writeFilemarks)],
    [0x82, onTape(allowOverwrite)],
    [0x88, onTape(read)],
    [0x8a, onTape(write)],
    [0x8c, anyTime(readAttribute)],
    [0x8d, onTape((_, __, call) => writeAttribute(drive, call))],
    [0x8f, onTape(verify)],
    [0x91, onTape(space16)],
    [0x92, onTape(locate16)],
    [0x93, onTape(erase)],
    [0xa2, anyTime(securityProtocolIn)],
    [0xb5, anyTime(securityProtocolOut)],
  ]);
}
