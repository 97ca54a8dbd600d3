/** The control socket over real sockets, the state lock, and the status in both forms. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { askControl } from "../../host/console/control-client.ts";
import { type ControlHandler, serveControl } from "../../host/console/control-server.ts";
import { lockState } from "../../host/console/state-lock.ts";
import { runStatus, STATUS_REQUEST } from "../../host/console/status.ts";
import { statusLines } from "../../host/console/status-table.ts";
import { OperatorError } from "../../host/lib/error.ts";
import type { Io } from "../../host/lib/io.ts";
import type { StatusDocument } from "../../host/lib/status-document.ts";

const ASK_MS = 5_000;
const MIRROR = {
  ...{ name: "md0", level: "raid1", state: "active" },
  ...{ disks: 2, missing: 1, action: "recover" },
};
const STATUS: StatusDocument = {
  version: "0.1.0",
  runtime: "v8",
  target: "iscsi://127.0.0.1:3260/iqn.2026-11.com.example:understudy",
  lanes: [
    {
      lun: 1,
      state: "recovering",
      drive: { serial: "DRV001", element: 256 },
      cartridge: { volumeTag: "UND001L9", realVolumeTag: "UND008L9" },
      position: { partition: 0, object: 4711 },
      ring: {
        ...{ sizeBytes: 8 * 1024 ** 3, usedBytes: 2 * 1024 ** 3, protected: true },
        device: { paths: ["/dev/md0"], arrays: [MIRROR] },
        encrypted: true,
      },
      restarts: 2,
      lastFailure: "the core trapped on event 9: unreachable",
    },
    {
      lun: 2,
      state: "idle",
      drive: null,
      cartridge: null,
      position: null,
      ring: {
        ...{ sizeBytes: 8 * 1024 ** 3, usedBytes: 0, protected: false },
        device: { paths: ["/disk/ring/lane-2.ring"], arrays: [] },
        encrypted: false,
      },
      restarts: 0,
      lastFailure: "",
    },
  ],
  changer: { state: "working", restarts: 0, lastFailure: "" },
  recoveries: [
    {
      id: 1,
      lane: 1,
      kind: "medium",
      cause: "3/0C/00 at object 4000",
      steps: [
        { label: "604", atMs: 1_700_000_000_000 },
        { label: "631", atMs: 1_700_000_001_250 },
      ],
      result: "running",
      rewrittenBytes: 512 * 1024 ** 2,
      stallMsMax: 80,
    },
  ],
  spareDrives: [{ serial: "DRV003", element: 258 }],
  spareMedia: [],
};

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-console-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const HANDLERS = new Map<string, ControlHandler>([
  [STATUS_REQUEST, () => STATUS],
  ["echo", (argument) => argument],
  ["later", async () => "late"],
  ["nothing", () => undefined],
  [
    "throw",
    () => {
      throw new Error("not now");
    },
  ],
  ["large", () => "x".repeat(5 * 1024 * 1024)],
]);

async function served(t: TestContext): Promise<string> {
  const path = join(temporaryFolder(t), "state", "control.sock");
  const server = await serveControl(path, HANDLERS);
  assert.ok(!(server instanceof OperatorError));
  t.after(() => server.close());
  return path;
}

describe("control socket", () => {
  it("answers what it knows", async (t) => {
    const path = await served(t);
    for (const [request, value] of [
      ["echo two  words ü", "two  words ü"],
      ["later", "late"],
      ["nothing", null],
    ] as const) {
      assert.deepEqual(await askControl(path, request, ASK_MS), { kind: "answered", value });
    }
  });

  it("refuses what it does not know, with words", async (t) => {
    const path = await served(t);
    for (const [request, words] of [
      ["bogus", /there is no request "bogus"; there is: status/],
      ["", /there is no request ""/],
      ["throw", /not now/],
      ["large", /too large/],
      ["echo ".padEnd(10_000, "x"), /at most 4096 bytes/],
    ] as const) {
      const asked = await askControl(path, request, ASK_MS);
      assert.ok(asked.kind === "refused", JSON.stringify(asked));
      assert.match(asked.reason, words);
    }
  });

  it("belongs to its owner alone, and goes away when closed", async (t) => {
    const path = join(temporaryFolder(t), "control.sock");
    const server = await serveControl(path, HANDLERS);
    assert.ok(!(server instanceof OperatorError));
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await server.close();
    assert.equal(existsSync(path), false);
    assert.deepEqual(await askControl(path, "echo", ASK_MS), { kind: "not-running" });
  });

  it("serves on after a client that leaves in the middle", async (t) => {
    const path = await served(t);
    const client = connect({ path });
    await once(client, "connect");
    client.write("ech");
    client.destroy();
    await once(client, "close");
    assert.equal((await askControl(path, "echo x", ASK_MS)).kind, "answered");
  });

  it("answers a client that closes its half after the request", async (t) => {
    const path = await served(t);
    const client = connect({ path, allowHalfOpen: true });
    client.end("echo half\n");
    const [answer] = await once(client, "data");
    client.destroy();
    assert.equal(String(answer), '{"ok":true,"value":"half"}\n');
  });
});

describe("control socket file", () => {
  it("is not taken from a living bridge", async (t) => {
    const path = await served(t);
    const second = await serveControl(path, HANDLERS);
    assert.ok(second instanceof OperatorError);
    assert.equal(second.code, "alreadyRunning");
    assert.equal((await askControl(path, "echo", ASK_MS)).kind, "answered");
  });

  it("replaces the file of a killed bridge", async (t) => {
    const path = join(temporaryFolder(t), "control.sock");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log())`;
    const killed = spawn(process.execPath, ["-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(killed.stdout, "data");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    assert.equal(existsSync(path), true);
    assert.deepEqual(await askControl(path, "echo", ASK_MS), { kind: "not-running" });
    const server = await serveControl(path, HANDLERS);
    assert.ok(!(server instanceof OperatorError));
    await server.close();
  });

  it("names a path that is too long for a socket", async (t) => {
    const path = join(temporaryFolder(t), "x".repeat(100), "control.sock");
    const server = await serveControl(path, HANDLERS);
    assert.ok(server instanceof OperatorError);
    assert.equal(server.code, "pathTooLong");
  });

  it("tells silence and nonsense from an answer, in bounded time", async (t) => {
    const path = join(temporaryFolder(t), "control.sock");
    for (const [words, reason] of [
      [undefined, /no answer in 50 ms/],
      ["nonsense\n", /cannot be understood/],
      ['{"ok":true}\n', /cannot be understood/],
      ['{"ok":true,"value":1}', /cannot be understood/],
    ] as const) {
      const server = createServer((socket) => {
        socket.resume();
        if (words !== undefined) {
          socket.end(words);
        }
      }).listen(path);
      await once(server, "listening");
      const asked = await askControl(path, "status", words === undefined ? 50 : ASK_MS);
      assert.ok(asked.kind === "broken", JSON.stringify(asked));
      assert.match(asked.reason, reason);
      server.close();
      await once(server, "close");
    }
  });
});

describe("state lock", () => {
  it("lets one bridge in, and names the other's process", (t) => {
    const folder = join(temporaryFolder(t), "state");
    const lock = lockState(folder);
    assert.ok(!(lock instanceof OperatorError));
    const second = lockState(folder);
    assert.ok(second instanceof OperatorError);
    assert.equal(second.code, "alreadyRunning");
    assert.match(second.message, new RegExp(`process ${process.pid}`));
    lock.release();
    assert.ok(!(lockState(folder) instanceof OperatorError));
  });
  it("a state directory that cannot be is a fault with its place", () => {
    const fault = lockState("/dev/null/state");
    assert.ok(fault instanceof OperatorError);
    assert.equal(fault.exitCode, 3);
    assert.match(fault.message, /\/dev\/null\/state/);
  });
});

function recorder(): { io: Io; out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const io: Io = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    signal: new AbortController().signal,
  };
  return { io, out, err };
}

describe("status", () => {
  it("--json is the bridge's document, unchanged", async (t) => {
    const state = join(await served(t), "..");
    const { io, out } = recorder();
    assert.equal(await runStatus(["--state", state, "--json"], {}, io), 0);
    assert.equal(out.length, 1);
    assert.deepEqual(JSON.parse(out[0] ?? ""), STATUS);
  });

  it("for people shows lanes, ring, spares and the time line", async (t) => {
    const state = join(await served(t), "..");
    const { io, out } = recorder();
    assert.equal(await runStatus(["--state", state], {}, io), 0);
    assert.deepEqual(out, statusLines(STATUS));
    assert.deepEqual(out, [
      "understudy 0.1.0, core run by v8, iscsi://127.0.0.1:3260/iqn.2026-11.com.example:understudy",
      "",
      "LUN  STATE       DRIVE          CARTRIDGE               POSITION  RING",
      "1    recovering  DRV001 at 256  UND001L9 (on UND008L9)  0:4711    [#####...............]  25 % of 8 GiB, protected",
      "2    idle        -              -                       -         [....................]   0 % of 8 GiB, NOT protected",
      "LUN 1: core started again 2x: the core trapped on event 9: unreachable",
      "",
      "spare drives: DRV003 at 258",
      "spare media:  none",
      "ring array:   md0 raid1: 1 of 2 disks, active, recover, DEGRADED",
      "",
      "recoveries: 1",
      "  #1 lane 1, medium: running; rewrote 512 MiB, longest stall 80 ms; 3/0C/00 at object 4000",
      "        0.000 s  604",
      "        1.250 s  631",
    ]);
  });

  it("a bridge that does not run is a fault that says what to do", async (t) => {
    const state = temporaryFolder(t);
    await assert.rejects(runStatus(["--state", state], {}, recorder().io), {
      code: "notRunning",
      exitCode: 3,
    });
  });

  it("a document that is none is refused", async (t) => {
    const state = temporaryFolder(t);
    const handlers = new Map([[STATUS_REQUEST, () => ({ version: 1 })]]);
    const server = await serveControl(join(state, "control.sock"), handlers);
    assert.ok(!(server instanceof OperatorError));
    t.after(() => server.close());
    await assert.rejects(runStatus(["--state", state], {}, recorder().io), { code: "noAnswer" });
  });
});
