/** An image out of the ring of a bridge that ran: it is what the cartridge has, byte for byte. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT_DONE } from "../../host/lib/exit-code.ts";
import { runCommand } from "../ring/command-run.ts";
import { Stage } from "./kit.ts";
import type { Server } from "./server.ts";

const LIMIT = { timeout: 60_000 };

/** A few files to the cartridge, which leaves at the end. */
async function backUp(server: Server): Promise<void> {
  for (let file = 0; file < 3; file += 1) {
    await server.writeMany(50);
    await server.filemarks(1);
  }
  await server.writeMany(10);
  await server.filemarks(2);
  await server.logOut();
}

/** `ring save` of that path makes what the cartridge's own file is. */
async function savesCartridge(stage: Stage, path: string, flags: readonly string[]): Promise<void> {
  const saved = join(stage.folder, "saved.tap");
  const { exitCode, err } = await runCommand(["save", path, "UND001L9", saved, ...flags]);
  assert.equal(exitCode, EXIT_DONE, err);
  assert.equal(err, "");
  assert.ok(readFileSync(saved).equals(readFileSync(join(stage.folder, "library/UND001L9.tap"))));
}

test("`ring save` after the bridge has ended makes the cartridge's own file", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  await backUp(server);
  assert.equal(await stage.bridge.stop(), EXIT_DONE);
  await stage.tapeIs("UND001L9", server.tape);
  await savesCartridge(stage, join(stage.folder, "state"), []);
});

test(
  "and of a striped ring, in clear and encrypted, while the bridge runs too",
  LIMIT,
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "ring-save-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const key = join(folder, "key");
    writeFileSync(key, randomBytes(32), { mode: 0o600 });
    for (const flags of [[], ["--ring-key", key]]) {
      const rings = ["a", "b", "c"].map((name) => join(folder, `${name}${flags.length}`)).join(",");
      const stage = await Stage.open(t, { bridge: ["--ring", rings, ...flags] });
      const server = await stage.mounted();
      await backUp(server);
      const running = await runCommand(["check", rings, ...flags]);
      assert.equal(running.exitCode, EXIT_DONE, running.out);
      assert.match(running.out, /in use: process/);
      assert.equal(await stage.bridge.stop(), EXIT_DONE);
      await stage.tapeIs("UND001L9", server.tape);
      const checked = await runCommand(["check", rings, ...flags]);
      assert.equal(checked.exitCode, EXIT_DONE, checked.out);
      assert.match(checked.out, /nothing is wrong/);
      await savesCartridge(stage, rings, flags);
    }
  },
);
