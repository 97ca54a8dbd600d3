/**
 * The physical drives and the robot as the host knows them, and the map from device number to data
 * transfer element.
 *
 *   0 standard INQUIRY data (36)   40 serial number (32)   72 u32 element
 *  76 u8 known   77 u8 connected   78 u8 failed   79 u8 lane that it was promised to
 */
import { keepBytes } from "../lib/keep.ts";
import { DEVICE_ROBOT, DRIVE_COUNT_MAX } from "../spec/abi.ts";
import { NONE } from "./limits.ts";

const BYTES: u32 = 80;
/** Drives by number, then the robot. */
const TABLE: usize = memory.data(2640, 8);
const SERIAL_BYTES: u32 = 32;

function at(device: u32): u32 {
  const row = device === DEVICE_ROBOT ? DRIVE_COUNT_MAX : device;
  assert(row <= DRIVE_COUNT_MAX);
  return (TABLE as u32) + row * BYTES;
}

/** Takes what EV_DEVICE says: 36 bytes INQUIRY data, 32 bytes serial number at `params`. */
export function learnDevice(device: u32, connected: bool, params: u32): void {
  const row = at(device);
  if (load<u8>(row + 76) === 0) store<u32>(row + 72, NONE);
  memory.copy(row, params, 36);
  memory.copy(row + 40, params + 36, SERIAL_BYTES);
  store<u8>(row + 76, 1);
  store<u8>(row + 77, connected ? 1 : 0);
}
export function setConnected(device: u32, connected: bool): void {
  store<u8>(at(device) + 77, connected ? 1 : 0);
}
/** A drive number within the table, or the robot. */
export function deviceValid(device: u32): bool {
  return device < DRIVE_COUNT_MAX || device === DEVICE_ROBOT;
}
export function deviceKnown(device: u32): bool {
  return load<u8>(at(device) + 76) !== 0;
}
export function deviceConnected(device: u32): bool {
  return load<u8>(at(device) + 77) !== 0;
}
/** Address of its standard INQUIRY data, 36 bytes. */
export function deviceInquiry(device: u32): u32 {
  return at(device);
}
/** Address of its serial number, 32 bytes, blank padded. */
export function deviceSerial(device: u32): u32 {
  return at(device) + 40;
}
/** How many bytes of the serial number are not padding. */
export function serialLength(at: u32, max: u32): u32 {
  let bytes = max;
  while (bytes > 0 && load<u8>(at + bytes - 1) <= 0x20) bytes -= 1;
  return bytes;
}
/** Its data transfer element, or NONE. */
export function driveElement(device: u32): u32 {
  if (device >= DRIVE_COUNT_MAX || !deviceKnown(device)) return NONE;
  return load<u32>(at(device) + 72);
}
export function setDriveElement(device: u32, element: u32): void {
  store<u32>(at(device) + 72, element);
}
/** The device at a data transfer element, or NONE. */
export function elementDrive(element: u32): u32 {
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) {
    if (deviceKnown(d) && driveElement(d) === element) return d;
  }
  return NONE;
}
export function driveFailed(device: u32): bool {
  return load<u8>(at(device) + 78) !== 0;
}
export function setDriveFailed(device: u32): void {
  store<u8>(at(device) + 78, 1);
}
/** The lane that it was promised to as a spare, 0 none. */
export function driveGrant(device: u32): u32 {
  return load<u8>(at(device) + 79);
}
export function setDriveGrant(device: u32, lane: u32): void {
  store<u8>(at(device) + 79, lane as u8);
}
/** Takes back what was promised to a lane. */
export function clearDriveGrants(lane: u32): void {
  for (let d: u32 = 0; d < DRIVE_COUNT_MAX; d++) if (driveGrant(d) === lane) setDriveGrant(d, 0);
}
/** What outlives a trap (keep.ts). */
export function keepDrives(): void {
  keepBytes(TABLE as u32, (DRIVE_COUNT_MAX + 1) * BYTES);
}
