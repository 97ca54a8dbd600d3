/** What lies behind a server's records with logical block protection, on the host's side. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "@node-rs/crc32";
import {
  AC_PUT,
  AC_RECEIVE,
  AC_REPLY,
  BUFFER_SERVER,
  FROM_BUFFER,
  TO_PROTECTED,
} from "../../assembly/spec/action.ts";
import { EV_DATA } from "../../assembly/spec/event.ts";
import type { CoreEvent } from "../../host/core/core-event.ts";
import { Extents } from "../../host/lane/extents.ts";
import { takeWords } from "../../host/lane/protection-words.ts";
import { TaskPort } from "../../host/lane/task-port.ts";
import { TransferBuffer } from "../../host/lane/transfer-buffer.ts";
import { perform, TestTask } from "./peers.ts";

const AT = 4096;

function setUp() {
  const events: CoreEvent[] = [];
  const extents = new Extents(1 << 20, () => assert.fail("nothing is loaded"), crc32c);
  const buffers = new Map([[BUFFER_SERVER, new TransferBuffer()]]);
  const post = (event: CoreEvent): void => {
    events.push(event);
  };
  return {
    events,
    extents,
    tasks: new TaskPort({ post, extents, buffers, hasFailed: () => false }),
  };
}

test("words are taken off, and it is told how many are right from the first on", () => {
  const blocks = ["eight by", "tes each", "and four"].map((text) => Buffer.from(text));
  const sent = Buffer.concat(
    blocks.flatMap((block) => {
      const word = Buffer.alloc(4);
      word.writeUInt32LE(crc32c(block));
      return [block, word];
    }),
  );
  const into = Buffer.alloc(24);
  assert.equal(takeWords(sent, into, 8), 3);
  assert.deepEqual(into, Buffer.concat(blocks));
  sent.writeUInt8(0, 12);
  assert.equal(takeWords(sent, into, 8), 1, "behind a wrong one none counts");
  sent.writeUInt8(0, 11);
  assert.equal(takeWords(sent, into, 8), 0);
});

test("the data of a command with words, an abort in the middle of them", () => {
  const { events, extents, tasks } = setUp();
  const task = new TestTask(5, 0x0a, 36);
  tasks.command(task);
  const receive = { kind: AC_RECEIVE, tag: 5, a: 24, b: 8, d: TO_PROTECTED, x: AT };
  perform(tasks.receive, receive);
  assert.equal(task.into?.length, 36);
  // Four bytes of 7 are not the CRC32C of eight.
  task.arrive(7);
  const [, data] = events;
  assert.deepEqual([data?.kind, data?.a, data?.c], [EV_DATA, 24, 0]);
  assert.equal(data?.b, crc32c(new Uint8Array(24).fill(7)));
  assert.deepEqual(extents.find(AT)?.view, Buffer.alloc(24, 7));
  const aborted = new TestTask(6, 0x0a, 36);
  tasks.abort(task);
  tasks.command(aborted);
  perform(tasks.receive, { ...receive, tag: 6, x: 2 * AT });
  tasks.abort(aborted);
  assert.equal(extents.find(2 * AT), undefined);
});

test("bytes of the core go into a transfer buffer", () => {
  const { tasks } = setUp();
  const task = new TestTask(5, 0x08, 0, 8);
  tasks.command(task);
  perform(tasks.put, { kind: AC_PUT, b: BUFFER_SERVER, y: 2, params: Uint8Array.of(1, 2, 3, 4) });
  perform(tasks.reply, { kind: AC_REPLY, tag: 5, c: 6, d: FROM_BUFFER, e: 6, f: BUFFER_SERVER });
  assert.deepEqual([...(task.answers[0]?.dataIn?.subarray(2) ?? [])], [1, 2, 3, 4]);
});
