/**
 * The four cursors of the mounted image and the bytes between them, in logical objects and bytes:
 * received R, sent S, synchronized Y (durable D is the ring's). Decides nothing; keeps Y <= S <= R.
 * Source: four cursors, ARCHITECTURE.md.
 */
import { kept } from "../lane/keep.ts";

/** A fresh mount or a new image: everything up to `object` is on the tape. */
export function cursorReset(object: u64, bytes: u64): void {
  kept.received = object;
  kept.sent = object;
  kept.synchronized = object;
  kept.imageBytes = bytes;
  kept.receivedBytes = bytes;
  kept.sentBytes = bytes;
  kept.synchronizedBytes = bytes;
}
export function cursorReceived(): u64 {
  return kept.received;
}
export function cursorSent(): u64 {
  return kept.sent;
}
export function cursorSynchronized(): u64 {
  return kept.synchronized;
}
/** Bytes received that the drive has not answered GOOD to. */
export function leadBytes(): u64 {
  return kept.receivedBytes - kept.sentBytes;
}
/** Bytes received that are not on the medium for certain. */
export function unsynchronizedBytes(): u64 {
  return kept.receivedBytes - kept.synchronizedBytes;
}
/** Bytes sent since the last time that the medium was known to hold them. */
export function sentSinceSync(): u64 {
  return kept.sentBytes - kept.synchronizedBytes;
}
export function cursorReceive(objects: u64, bytes: u64): void {
  kept.received += objects;
  kept.receivedBytes += bytes;
  kept.imageBytes += bytes;
}
/** One object, with `bytes`, was copied from the tape to the image's end. */
export function cursorCopied(bytes: u64): void {
  cursorReceive(1, bytes);
  cursorSend(1, bytes);
  cursorSync();
}
export function cursorSend(objects: u64, bytes: u64): void {
  const sent = kept.sent + objects;
  const sentBytes = kept.sentBytes + bytes;
  assert(sent <= kept.received);
  kept.sent = sent;
  kept.sentBytes = sent === kept.received ? kept.receivedBytes : min(sentBytes, kept.receivedBytes);
}
/** The drive has synchronized everything that was sent. */
export function cursorSync(): void {
  kept.synchronized = kept.sent;
  kept.synchronizedBytes = kept.sentBytes;
}
/** The drive has synchronized what stands before `object`; its bytes are not known exactly. */
export function cursorSyncTo(object: u64): void {
  if (object > kept.synchronized) kept.synchronized = object;
}
/**
 * Everything before `object` is proven on the current medium, sending goes on from there. Where its
 * bytes stand is only known as a bound (the last synchronization): the lead counts too much, never too
 * little, until the feeder has caught up.
 */
export function cursorProven(object: u64): void {
  assert(object <= kept.received);
  kept.sent = object;
  kept.synchronized = object;
  kept.sentBytes = object === kept.received ? kept.receivedBytes : kept.synchronizedBytes;
  kept.synchronizedBytes = kept.sentBytes;
}
/** The current medium is blank: the whole image is to be sent. */
export function cursorBlank(): void {
  kept.sent = 0;
  kept.synchronized = 0;
  kept.sentBytes = kept.receivedBytes - kept.imageBytes;
  kept.synchronizedBytes = kept.sentBytes;
}
/** The server writes at `object`, inside what it wrote before: the rest is gone. All of it was sent. */
export function cursorTruncate(object: u64): void {
  kept.received = object;
  kept.sent = object;
  if (kept.synchronized > object) kept.synchronized = object;
  kept.sentBytes = kept.receivedBytes;
  if (object === 0) kept.imageBytes = 0;
}
/** The objects that were not sent are given up, and the server knows. */
export function cursorDropUnsent(): void {
  kept.received = kept.sent;
  kept.receivedBytes = kept.sentBytes;
}
/** Step 609: the same, and nothing is owed any more. */
export function cursorGiveUp(): void {
  cursorDropUnsent();
  cursorSync();
}
/** Bytes of the whole image (an upper bound where it was written before this start). */
export function cursorImageBytes(): u64 {
  return kept.imageBytes;
}
