/** What the lane is called, for ever: its number, serial number and product data. Set once at the start. */
import { PARAM_IN_AT } from "../spec/abi.ts";

export const SERIAL_BYTES: u32 = 16;
export const INQUIRY_BYTES: u32 = 36;
const SERIAL: usize = memory.data(16, 8);
const INQUIRY: usize = memory.data(36, 8);
let number: u32 = 0;

/** Takes serial number and standard INQUIRY data from the parameters of EV_START. */
export function setIdentity(lane: u32): void {
  number = lane;
  memory.copy(SERIAL, PARAM_IN_AT, SERIAL_BYTES);
  memory.copy(INQUIRY, PARAM_IN_AT + SERIAL_BYTES, INQUIRY_BYTES);
}
/** From 1. */
export function laneNumber(): u32 {
  return number;
}
/** SERIAL_BYTES bytes, blank padded. */
export function serialAt(): u32 {
  return SERIAL as u32;
}
/** Vendor (8), product (16) and revision (4 bytes) as the lane's first drive gave them. */
export function inquiryAt(): u32 {
  return INQUIRY as u32;
}
