/**
 * The asking end of the control socket. Decides what silence, a dead socket and a strange answer
 * are called; every outcome is a value. Invariant: always ends within the given time.
 */

import { connect } from "node:net";
import { errnoOf, messageOf } from "../lib/error.ts";
import { ANSWER_BYTES_MAX, parseAnswer } from "./control-protocol.ts";

/** How an enquiry ended. */
export type Asked =
  | { readonly kind: "answered"; readonly value: unknown }
  /** The bridge understood and said no. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Nobody listens there: no socket file, or one that a killed bridge left. */
  | { readonly kind: "not-running" }
  /** Somebody is there, but gave no proper answer in time (or may not be asked). */
  | { readonly kind: "broken"; readonly reason: string };

const NOBODY_THERE = new Set(["ENOENT", "ECONNREFUSED", "ENOTDIR"]);

/** Sends one request line to the socket at `path`. `timeoutMs` bounds the whole enquiry. */
export function askControl(path: string, request: string, timeoutMs: number): Promise<Asked> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const socket = connect({ path });
    const timer = setTimeout(() => finish(broken(`no answer in ${timeoutMs} ms`)), timeoutMs);
    const finish = (asked: Asked): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(asked);
    };
    socket.on("connect", () => socket.write(`${request.replaceAll("\n", " ")}\n`));
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      parts.push(chunk);
      if (bytes > ANSWER_BYTES_MAX) {
        finish(broken("its answer is too long"));
      }
    });
    socket.on("end", () => finish(readAnswer(Buffer.concat(parts).toString("utf8"))));
    socket.on("error", (error) => {
      const isNobody = NOBODY_THERE.has(errnoOf(error));
      finish(isNobody ? { kind: "not-running" } : broken(messageOf(error)));
    });
  });
}

function broken(reason: string): Asked {
  return { kind: "broken", reason };
}

function readAnswer(text: string): Asked {
  const answer = text.endsWith("\n") ? parseAnswer(text) : undefined;
  if (answer === undefined) {
    return broken("its answer cannot be understood");
  }
  return answer.ok
    ? { kind: "answered", value: answer.value }
    : { kind: "refused", reason: answer.error };
}
