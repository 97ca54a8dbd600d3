/**
 * The lanes as the server sees them in the changer: one data transfer element each, whose address and
 * serial number never change, whatever physical drive the lane uses.
 *
 *   0 u32 device   4 u32 volume (cartridge)   8 u16 virtual address   10 u8 recovers
 *  16 serial number (16)
 */
import { keep32, keepBytes } from "../lib/keep.ts";
import { LANE_COUNT_MAX } from "../spec/abi.ts";
import { cartridgeKind, KIND_NORMAL, setCartridgeKind } from "./cartridge-table.ts";
import { ADDRESS_NONE, NONE } from "./limits.ts";

const BYTES: u32 = 32;
const TABLE: usize = memory.data(1056, 8);
export const LANE_SERIAL_BYTES: u32 = 16;
let count: u32 = 0;

function at(lane: u32): u32 {
  assert(lane >= 1 && lane <= LANE_COUNT_MAX);
  return (TABLE as u32) + lane * BYTES;
}

/** Makes lanes 1 to `lanes`; their serial numbers lie at `serials`, LANE_SERIAL_BYTES each. */
export function beginLanes(lanes: u32, serials: u32): void {
  count = lanes;
  for (let n: u32 = 1; n <= lanes; n++) {
    store<u32>(at(n), NONE);
    store<u32>(at(n) + 4, NONE);
    store<u16>(at(n) + 8, ADDRESS_NONE as u16);
    memory.copy(at(n) + 16, serials + (n - 1) * LANE_SERIAL_BYTES, LANE_SERIAL_BYTES);
  }
}
export function laneCount(): u32 {
  return count;
}
/** Its physical drive (device number), or NONE. */
export function laneDrive(lane: u32): u32 {
  return load<u32>(at(lane));
}
export function setLaneDrive(lane: u32, device: u32): void {
  store<u32>(at(lane), device);
}
/** The lane that uses a drive, 0 none. */
export function driveLane(device: u32): u32 {
  for (let n: u32 = 1; n <= count; n++) if (laneDrive(n) === device) return n;
  return 0;
}
/** The address of its data transfer element towards the server. */
export function laneAddress(lane: u32): u32 {
  return load<u16>(at(lane) + 8);
}
export function setLaneAddress(lane: u32, address: u32): void {
  store<u16>(at(lane) + 8, address as u16);
}
/** Address of its serial number, LANE_SERIAL_BYTES, blank padded. */
export function laneSerial(lane: u32): u32 {
  return at(lane) + 16;
}
/** It has had cartridges moved for a recovery that runs: its volume is in its ring, wherever that cartridge is. */
export function laneRecovers(lane: u32): bool {
  return load<u8>(at(lane) + 10) !== 0;
}
export function setLaneRecovers(lane: u32, recovers: bool): void {
  store<u8>(at(lane) + 10, recovers ? 1 : 0);
}
/** The cartridge that is the lane's volume towards the server, or NONE. */
export function laneVolume(lane: u32): u32 {
  return load<u32>(at(lane) + 4);
}
/** Gives the lane a volume or (NONE) takes it away; the cartridge of before is idle then. */
export function setLaneVolume(lane: u32, cartridge: u32): void {
  const before = laneVolume(lane);
  if (before !== NONE && cartridgeKind(before) === KIND_NORMAL) {
    setCartridgeKind(before, KIND_NORMAL, 0);
  }
  store<u32>(at(lane) + 4, cartridge);
  if (cartridge !== NONE) setCartridgeKind(cartridge, KIND_NORMAL, lane);
}
/** What outlives a trap (keep.ts). */
export function keepLanes(): void {
  keepBytes(TABLE as u32, (LANE_COUNT_MAX + 1) * BYTES);
  count = keep32(count);
}
