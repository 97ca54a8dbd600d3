/** What stories of encrypted rings have in common: the key in a file, and a bridge that is killed with a recovery owed. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Stage } from "./kit.ts";
import type { Server } from "./server.ts";

/** A key in a file that only its owner may read. */
export function keyFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ring-key-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "ring.key");
  writeFileSync(path, randomBytes(32), { mode: 0o600 });
  return path;
}

/**
 * `server` writes records of that many bytes, its cartridge fails, and the bridge is killed while the image is copied,
 * slowly; the same server at the bridge that was started again.
 */
export async function killWhileCopying(
  stage: Stage,
  server: Server,
  recordBytes: number,
): Promise<Server> {
  await server.writeMany(30, recordBytes);
  await stage.fault("cartridge UND001L9 write fail at 30");
  await stage.fault("drive 1 rate 10M");
  await server.writeMany(10, recordBytes);
  await stage.step(633);
  await server.filemarks(1);
  assert.equal(stage.bridge.lines.count(/result=recovered/), 0);
  await stage.bridge.kill();
  await stage.startBridge();
  const again = await stage.server();
  again.tape.push(...server.tape);
  return again;
}
