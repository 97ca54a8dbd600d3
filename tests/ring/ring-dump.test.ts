/** The command ring-dump on a file: what it prints, and its exit codes. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { EXIT_DONE, EXIT_MACHINE, EXIT_USAGE, EXIT_WRONG } from "../../host/lib/exit-code.ts";
import { MemoryDisk } from "./memory-disk.ts";
import { RingMachine, SEGMENT_BYTES } from "./ring-machine.ts";
import { appendTo } from "./tape-model.ts";

const MAIN = resolve(import.meta.dirname, "..", "..", "tools", "ring-dump", "main.ts");
const RING_BYTES = 65_536 + 4 * SEGMENT_BYTES;
const RUN_TIMEOUT_MS = 60_000;
let directory = "";

before(() => {
  directory = mkdtempSync(join(tmpdir(), "ring-dump-"));
});
after(() => rmSync(directory, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    timeout: RUN_TIMEOUT_MS,
  });
  return { status, stdout, stderr };
}

test("a ring is shown, and its damage", () => {
  const ring = new RingMachine(new MemoryDisk(), RING_BYTES).open();
  ring.call("imageSelect", ring.call("imageCreate", ring.handTag("UND001L9"), 0n, 0n));
  appendTo(ring, { seed: 1, count: 3, bytes: 500 });
  appendTo(ring, { seed: 2, count: 2, bytes: 0 });
  ring.call("imageSelect", -1);
  ring.call("ringFlush");
  ring.settle();
  const path = join(directory, "ring");
  const bytes = Buffer.from(ring.disk.read(0, RING_BYTES));
  writeFileSync(path, bytes);
  const good = run(path, "--entries", "--check");
  assert.equal(good.status, EXIT_DONE, good.stderr);
  assert.match(good.stdout, /image 1 "UND001L9": objects 0 to 5, 2 filemarks/);
  assert.match(good.stdout, /73728: objects 0 \+ 3, 500 bytes/);
  assert.match(good.stdout, /objects 3 \+ 2, filemark/);
  bytes.writeUInt8(bytes.readUInt8(73_728 + 100) ^ 1, 73_728 + 100);
  writeFileSync(path, bytes);
  const rotten = run(path, "--check");
  assert.equal(rotten.status, EXIT_WRONG);
  assert.match(rotten.stdout, /damaged: the entry at ring offset 73728/);
});

test("no ring, no file, no argument", () => {
  const path = join(directory, "empty");
  writeFileSync(path, Buffer.alloc(RING_BYTES));
  assert.equal(run(path).status, EXIT_WRONG);
  assert.equal(run(join(directory, "nowhere")).status, EXIT_MACHINE);
  assert.equal(run().status, EXIT_USAGE);
  assert.equal(run(path, "--what").status, EXIT_USAGE);
});
