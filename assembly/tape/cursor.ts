/**
 * The four cursors of the mounted image and the bytes between them, in logical objects and bytes:
 * received R, sent S, synchronized Y (durable D is the ring's). Decides nothing; keeps Y <= S <= R.
 * Source: four cursors, ARCHITECTURE.md.
 */
import { keep64 } from "../lib/keep.ts";

let received: u64 = 0;
let sent: u64 = 0;
let synchronized: u64 = 0;
let receivedBytes: u64 = 0;
let sentBytes: u64 = 0;
let synchronizedBytes: u64 = 0;
/** All bytes of the image as far as this run knows; the base of what a whole copy costs. */
let imageBytes: u64 = 0;

/** A fresh mount or a new image: everything up to `object` is on the tape. */
export function cursorReset(object: u64, bytes: u64): void {
  received = object;
  sent = object;
  synchronized = object;
  imageBytes = bytes;
  receivedBytes = bytes;
  sentBytes = bytes;
  synchronizedBytes = bytes;
}
export function cursorReceived(): u64 {
  return received;
}
export function cursorSent(): u64 {
  return sent;
}
export function cursorSynchronized(): u64 {
  return synchronized;
}
/** Bytes received that the drive has not answered GOOD to. */
export function leadBytes(): u64 {
  return receivedBytes - sentBytes;
}
/** Bytes received that are not on the medium for certain. */
export function unsynchronizedBytes(): u64 {
  return receivedBytes - synchronizedBytes;
}
/** Bytes sent since the last time that the medium was known to hold them. */
export function sentSinceSync(): u64 {
  return sentBytes - synchronizedBytes;
}
export function cursorReceive(objects: u64, bytes: u64): void {
  received += objects;
  receivedBytes += bytes;
  imageBytes += bytes;
}
/** One object, with `bytes`, was copied from the tape to the image's end. */
export function cursorCopied(bytes: u64): void {
  cursorReceive(1, bytes);
  cursorSend(1, bytes);
  cursorSync();
}
export function cursorSend(objects: u64, bytes: u64): void {
  sent += objects;
  sentBytes += bytes;
  assert(sent <= received);
  if (sent === received || sentBytes > receivedBytes) sentBytes = receivedBytes;
}
/** The drive has synchronized everything that was sent. */
export function cursorSync(): void {
  synchronized = sent;
  synchronizedBytes = sentBytes;
}
/** The drive has synchronized what stands before `object`; its bytes are not known exactly. */
export function cursorSyncTo(object: u64): void {
  if (object > synchronized) synchronized = object;
}
/**
 * Everything before `object` is proven on the current medium, sending goes on from there. Where its
 * bytes stand is only known as a bound (the last synchronization): the lead counts too much, never too
 * little, until the feeder has caught up.
 */
export function cursorProven(object: u64): void {
  assert(object <= received);
  sent = object;
  synchronized = object;
  sentBytes = object === received ? receivedBytes : synchronizedBytes;
  synchronizedBytes = sentBytes;
}
/** The current medium is blank: the whole image is to be sent. */
export function cursorBlank(): void {
  sent = 0;
  synchronized = 0;
  sentBytes = receivedBytes - imageBytes;
  synchronizedBytes = sentBytes;
}
/** The server writes at `object`, inside what it wrote before: the rest is gone. All of it was sent. */
export function cursorTruncate(object: u64): void {
  received = object;
  sent = object;
  if (synchronized > object) synchronized = object;
  sentBytes = receivedBytes;
  if (object === 0) imageBytes = 0;
}
/** Step 609: the objects that were not sent are given up, and the server knows; nothing is owed any more. */
export function cursorGiveUp(): void {
  received = sent;
  synchronized = sent;
  receivedBytes = sentBytes;
  synchronizedBytes = sentBytes;
}
/** Bytes of the whole image (an upper bound where it was written before this start). */
export function cursorImageBytes(): u64 {
  return imageBytes;
}
/** What outlives a trap (lane/keep.ts). */
export function keepCursors(): void {
  received = keep64(received);
  sent = keep64(sent);
  synchronized = keep64(synchronized);
  receivedBytes = keep64(receivedBytes);
  sentBytes = keep64(sentBytes);
  synchronizedBytes = keep64(synchronizedBytes);
  imageBytes = keep64(imageBytes);
}
