/**
 * AC_JOURNAL: the changer's journal in a file of the state directory. Decides how bytes are replaced
 * so that a power cut leaves the old or the new ones, never a mixture; what they mean is the core's.
 * Invariant: one write at a time, in the core's order; the answer comes after everything is stable.
 */

import { open, readFile, rename } from "node:fs/promises";
import { constants as osConstants } from "node:os";
import { dirname } from "node:path";
import { EV_JOURNAL_DONE } from "../../assembly/spec/event.ts";
import { coreEvent } from "../core/core-event.ts";
import { errnoOf } from "../lib/error.ts";
import type { ActionHandler, Post } from "./core-loop.ts";

const EIO = 5;

/** How the content of a file is replaced: atomically, and durably when it is fulfilled. */
export type ReplaceFile = (path: string, content: Uint8Array | string) => Promise<void>;

/** Replaces the content of `path` atomically and durably: write aside, sync, rename, sync the folder. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const aside = `${path}.new`;
  const file = await open(aside, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The bytes as last written; empty where there is no file yet. Rejects with other faults. */
export async function readJournal(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") {
      return new Uint8Array();
    }
    throw thrown;
  }
}

/** The handler of AC_JOURNAL that keeps the bytes at `path`. */
export function journalKeeper(
  path: string,
  post: Post,
  replace: ReplaceFile = replaceFile,
): ActionHandler {
  let last: Promise<void> = Promise.resolve();
  return (action) => {
    const { tag } = action;
    const content = action.params.slice();
    const answer = (errno: number): void => {
      const event = coreEvent(EV_JOURNAL_DONE, tag);
      event.a = errno;
      post(event);
    };
    last = last
      .then(() => replace(path, content))
      .then(
        () => answer(0),
        (thrown: unknown) => answer(errnoNumberOf(thrown)),
      );
  };
}

function errnoNumberOf(thrown: unknown): number {
  const name = errnoOf(thrown);
  const numbers = new Map(Object.entries(osConstants.errno));
  return numbers.get(name) ?? EIO;
}
