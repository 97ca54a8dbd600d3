/** How READ and VERIFY end: bytes of the server's transfer buffer and sense data with the residual count. */
import { replyBuffer, replyBufferRaw } from "../lane/task.ts";
import { BUFFER_SERVER } from "../spec/action.ts";
import { ASC_UNRECOVERED_READ_ERROR } from "../spec/additional-sense.ts";
import { KEY_MEDIUM_ERROR } from "../spec/sense-key.ts";
import { senseRaw } from "./sense-reader.ts";

/** GOOD where `key` and `code` are zero. */
export function readEnd(bytes: u32, key: u32, code: u32, residual: i32): void {
  replyBuffer(BUFFER_SERVER, bytes, key, code, residual);
}
/** A record could not be read: the drive's own sense data about the server's residual, or 3/11/00. */
export function readError(bytes: u32, residual: i32, isOwn: bool): void {
  if (isOwn) replyBufferRaw(BUFFER_SERVER, bytes, senseRaw() as u32, residual);
  else readEnd(bytes, KEY_MEDIUM_ERROR, ASC_UNRECOVERED_READ_ERROR, residual);
}
