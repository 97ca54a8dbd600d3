import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { paddingOf } from "../../host/iscsi/pdu.ts";
import { startRig } from "./rig.ts";

const RUNS = 60;

const header = fc.uint8Array({ minLength: 48, maxLength: 48 }).map((bhs) => {
  // Mostly PDUs that are read to their end, so that what is behind the framer is reached.
  bhs[4] = (bhs[4] ?? 0) % 3;
  bhs[5] = 0;
  bhs[6] = 0;
  bhs[7] = (bhs[7] ?? 0) % 64;
  return bhs;
});

const pdu = header.chain((bhs) => {
  const ahsBytes = (bhs[4] ?? 0) * 4;
  const dataBytes = bhs[7] ?? 0;
  const length = ahsBytes + dataBytes + paddingOf(dataBytes);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((rest) => Buffer.concat([bhs, rest]));
});

const stream = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(pdu, { maxLength: 6 }));

for (const loggedIn of [false, true]) {
  const name = loggedIn ? "in a session" : "before the login";
  test(`arbitrary bytes ${name}: the target serves on`, async (context) => {
    const rig = await startRig(context);
    for (const unit of [rig.unit, rig.otherUnit, rig.wellKnown]) {
      unit.onCommand = (task) => task.reply({ status: 0, dataIn: new Uint8Array(10) });
    }
    let isid = 0;
    const nextIsid = () => {
      isid += 1;
      return isid.toString(16).padStart(12, "0");
    };
    await fc.assert(
      fc.asyncProperty(stream, async (bytes) => {
        const client = loggedIn ? await rig.session([], nextIsid()) : await rig.connect();
        client.socket.end(bytes instanceof Uint8Array ? bytes : Buffer.concat(bytes));
        client.socket.resume();
        await client.ended;
      }),
      { numRuns: RUNS },
    );
    const client = await rig.session([], nextIsid());
    assert.equal((await client.outcome(client.command({}))).status, 0);
    assert.equal(rig.log.length > 0, true);
  });
}
