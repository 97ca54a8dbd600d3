/** An image out of the ring of a bridge that ran: it is what the cartridge has, byte for byte. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT_DONE } from "../../host/lib/exit-code.ts";
import { runCommand } from "../ring/command-run.ts";
import { Stage } from "./kit.ts";

const LIMIT = { timeout: 60_000 };

test("`ring save` after the bridge has ended makes the cartridge's own file", LIMIT, async (t) => {
  const stage = await Stage.open(t);
  const server = await stage.mounted();
  for (let file = 0; file < 3; file += 1) {
    await server.writeMany(50);
    await server.filemarks(1);
  }
  await server.writeMany(10);
  await server.filemarks(2);
  await server.logOut();
  assert.equal(await stage.bridge.stop(), EXIT_DONE);
  const saved = join(stage.folder, "saved.tap");
  const { exitCode, err } = await runCommand([
    ...["save", join(stage.folder, "state"), "UND001L9", saved],
  ]);
  assert.equal(exitCode, EXIT_DONE, err);
  assert.equal(err, "");
  await stage.tapeIs("UND001L9", server.tape);
  assert.ok(readFileSync(saved).equals(readFileSync(join(stage.folder, "library/UND001L9.tap"))));
});
