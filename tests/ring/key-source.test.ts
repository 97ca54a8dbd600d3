/** Where the secret of a ring comes from, what is refused as one, and that no message has it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, type TestContext, test } from "node:test";
import {
  bootIdOf,
  type KeyPlace,
  keyPlaceOf,
  parseKeySource,
  readOrMakeSecret,
  readSecret,
} from "../../host/cache/key-source.ts";
import { OperatorError } from "../../host/lib/error.ts";
import { EXIT_MACHINE } from "../../host/lib/exit-code.ts";

const TMPFS = 0x0102_1994;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function keyFile(bytes: Buffer, mode = 0o600): KeyPlace {
  const path = join(folder, "ring.key");
  writeFileSync(path, bytes);
  chmodSync(path, mode);
  return { kind: "file", path };
}

function refused(place: KeyPlace, words: RegExp): void {
  assert.throws(
    () => readOrMakeSecret(place),
    (error) =>
      error instanceof OperatorError &&
      error.exitCode === EXIT_MACHINE &&
      words.test(error.message),
  );
}

test("a file: all its bytes, a line break too", () => {
  const secret = Buffer.concat([randomBytes(40), Buffer.from("\n")]);
  assert.deepEqual(readSecret(keyFile(secret, 0o400)), secret);
  assert.deepEqual(readOrMakeSecret(keyFile(randomBytes(4096))).length, 4096);
  assert.equal(bootIdOf(keyFile(secret)), "");
});

test("a file that others may use, that is too short or too long, that is none: refused", () => {
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    refused(keyFile(randomBytes(32), mode), /key of the ring cannot be used: .*chmod 600 it/);
  }
  const short = Buffer.from("a secret of a person");
  refused(keyFile(short), /20 bytes, a key has 32 to 4096/);
  assert.throws(
    () => readSecret(keyFile(short)),
    (error) => error instanceof OperatorError && !error.message.includes("person"),
  );
  refused(keyFile(randomBytes(4097)), /4097 bytes/);
  refused({ kind: "file", path: folder }, /chmod|not a file/);
  refused({ kind: "file", path: join(folder, "none") }, /no such file/);
});

test("a credential: from systemd's directory; its access list stands in the group's bits", () => {
  const source = parseKeySource("credential:ring.key");
  assert.ok(source !== undefined);
  keyFile(Buffer.alloc(32, 7), 0o440);
  const place = keyPlaceOf(source, { CREDENTIALS_DIRECTORY: folder });
  assert.deepEqual(readSecret(place), Buffer.alloc(32, 7));
  refused(keyPlaceOf(source, {}), /CREDENTIALS_DIRECTORY is not set/);
});

/** A folder on tmpfs, or undefined after the test was skipped. */
function memoryFolder(t: TestContext): string | undefined {
  if (statfsSync("/dev/shm").type !== TMPFS) {
    t.skip("/dev/shm is not tmpfs");
    return undefined;
  }
  const memory = mkdtempSync("/dev/shm/key-");
  t.after(() => rmSync(memory, { recursive: true }));
  return memory;
}

test("for one boot: made at random in memory, the same at the next start, only for its owner", (t) => {
  const memory = memoryFolder(t);
  if (memory === undefined) {
    return;
  }
  const place = keyPlaceOf({ kind: "boot" }, { XDG_RUNTIME_DIR: memory });
  refused({ ...place, kind: "file" }, /no such file/);
  const secret = readOrMakeSecret(place);
  assert.equal(secret.length, 64);
  assert.deepEqual(readOrMakeSecret(place), secret);
  assert.deepEqual(readSecret(place), secret);
  assert.equal(statSync(place.path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(memory, "understudy")), ["ring.key"]);
  assert.match(bootIdOf(place), /^[0-9a-f]{32}$/);
  assert.equal(
    bootIdOf(place),
    readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim().replaceAll("-", ""),
  );
  rmSync(place.path);
  assert.notDeepEqual(readOrMakeSecret(place), secret);
  chmodSync(join(memory, "understudy"), 0o770);
  refused(place, /others may write there/);
});

test("for one boot: not on a disk, and a tool that reads makes none", (t) => {
  const memory = memoryFolder(t);
  if (memory === undefined) {
    return;
  }
  const onMemory = keyPlaceOf({ kind: "boot" }, { RUNTIME_DIRECTORY: memory });
  assert.throws(() => readSecret(onMemory), /no such file/);
  assert.deepEqual(readdirSync(memory), []);
  const onDisk = join(process.cwd(), "build");
  if (statfsSync(onDisk).type !== TMPFS) {
    refused(keyPlaceOf({ kind: "boot" }, { RUNTIME_DIRECTORY: onDisk }), /not in memory/);
  }
  mkdirSync(join(folder, "x"));
});
