/** `understudy start`: what flags and file become, and that every mistake is listed. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { BridgeConfig } from "../../host/config/bridge-config.ts";
import { exampleToml } from "../../host/config/example.ts";
import { KEYS } from "../../host/config/key-table.ts";
import { parseStart } from "../../host/config/parse-start.ts";

const LIBRARY = "iscsi://192.0.2.10:3260/iqn.2026-11.com.example:library";
const ENV = { HOME: "/srv/operator" };

function noFile(path: string): string {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
}

function configOf(argv: readonly string[], file: (path: string) => string = noFile): BridgeConfig {
  const parsed = parseStart(argv, ENV, file);
  assert.equal(parsed.kind, "config", JSON.stringify(parsed));
  assert.ok(parsed.kind === "config");
  return parsed.config;
}

function refusalOf(argv: readonly string[], file: (path: string) => string = noFile): string[] {
  const parsed = parseStart(argv, ENV, file);
  assert.ok(parsed.kind === "refused", JSON.stringify(parsed));
  return [...parsed.lines];
}

describe("defaults", () => {
  it("are those of the contract", () => {
    assert.deepEqual(configOf(["--library", LIBRARY]), {
      library: { host: "192.0.2.10", port: 3260, targetName: "iqn.2026-11.com.example:library" },
      libraryDigests: "none",
      libraryChapFile: undefined,
      laneCount: undefined,
      spareMedia: undefined,
      listen: { host: "127.0.0.1", port: 3260 },
      advertise: undefined,
      targetName: "iqn.2026-11.com.example:understudy",
      accessFile: undefined,
      chapFile: undefined,
      ringPaths: ["/srv/operator/.local/state/understudy/ring"],
      ringBytes: 8 * 1024 ** 3,
      ringKey: undefined,
      stateDirectory: "/srv/operator/.local/state/understudy",
      runtime: "auto",
      driveTimeoutMs: 30_000,
      copying: { headerMarks: 1, percent: 50, waitMs: 120_000 },
      padMegabytes: undefined,
      traceDirectory: undefined,
      json: false,
    });
  });

  it("put the ring under the state directory that was given", () => {
    const config = configOf(["--library", LIBRARY, "--state", "/srv/tape"]);
    assert.deepEqual(config.ringPaths, ["/srv/tape/ring"]);
  });
});

describe("flags and file", () => {
  const FILE = `library = "${LIBRARY}"\nlanes = 3\nring-size = "2G"\nspare-media = ["A1", "B2"]\n`;

  it("give the same configuration", () => {
    const flags = ["--lanes", "3", "--ring-size=2G", "--spare-media", "A1,B2"];
    assert.deepEqual(
      configOf(["--config", "x.toml"], () => FILE),
      configOf(["--library", LIBRARY, ...flags]),
    );
  });

  it("may be mixed: a flag wins", () => {
    assert.equal(configOf(["--config", "x.toml", "--lanes", "1"], () => FILE).laneCount, 1);
  });

  it("every flag is a key of the file and the other way round", () => {
    const values = KEYS.map(({ name, toml }) => `${name} = ${toml}`).join("\n");
    const flags = KEYS.flatMap(({ name, example }) => [`--${name}`, example]);
    // The file's example listens elsewhere than the flag's.
    const listen = ["--listen", "127.0.0.1:3260"];
    const listenIndex = flags.indexOf("--listen");
    flags.splice(listenIndex, 2, ...listen);
    assert.deepEqual(
      configOf(["--config", "x.toml"], () => values),
      configOf(flags),
    );
  });

  it("`none` holds no cartridge back", () => {
    assert.deepEqual(configOf(["--library", LIBRARY, "--spare-media", "none"]).spareMedia, []);
  });

  it("a ring on one path, or striped over several", () => {
    const ring = (toml: string): readonly string[] =>
      configOf(["--config", "x"], () => `library = "${LIBRARY}"\nring = ${toml}`).ringPaths;
    assert.deepEqual(ring('"/a,b"'), ["/a,b"]);
    assert.deepEqual(ring('["/a,b", "/c"]'), ["/a,b", "/c"]);
    const flags = ["--library", LIBRARY, "--ring"];
    assert.deepEqual(configOf([...flags, "/a"]).ringPaths, ["/a"]);
    assert.deepEqual(configOf([...flags, "/a, /b"]).ringPaths, ["/a", "/b"]);
    for (const wrong of [
      "/a,/a",
      "/a,",
      Array.from({ length: 17 }, (_, n) => `/d${n}`).join(","),
    ]) {
      assert.match(refusalOf([...flags, wrong]).join("\n"), /--ring: must be a path, or up to 16/);
    }
  });

  it("IPv6 hosts lose their brackets", () => {
    const { listen } = configOf(["--library", LIBRARY, "--listen", "[::1]:3261"]);
    assert.deepEqual(listen, { host: "::1", port: 3261 });
  });
});

describe("files with secrets", () => {
  it("a key of the rings is a file, a credential of systemd, or made for one boot", () => {
    const keyOf = (text: string, env = {}) => {
      const parsed = parseStart(["--library", LIBRARY, "--ring-key", text], env, noFile);
      return parsed.kind === "config" ? parsed.config.ringKey : parsed.lines.join("\n");
    };
    assert.deepEqual(keyOf("/etc/a.key"), { kind: "file", path: "/etc/a.key" });
    assert.deepEqual(keyOf("credential:a.key", { CREDENTIALS_DIRECTORY: "/run/c" }), {
      kind: "credential",
      path: "/run/c/a.key",
    });
    assert.deepEqual(keyOf("credential:a.key"), { kind: "credential", path: "" });
    for (const [env, path] of [
      [{}, "/run/understudy/ring.key"],
      [{ XDG_RUNTIME_DIR: "/run/user/7" }, "/run/user/7/understudy/ring.key"],
      [{ RUNTIME_DIRECTORY: "/run/u:/run/v", XDG_RUNTIME_DIR: "/x" }, "/run/u/ring.key"],
    ] as const) {
      assert.deepEqual(keyOf("boot", env), { kind: "boot", path });
    }
    for (const wrong of ["credential:", "credential:..", "credential:a/b"]) {
      assert.match(String(keyOf(wrong)), /--ring-key:? must be the path of a file/);
    }
  });

  it("the accounts of CHAP are in a file or a credential, never in a flag", () => {
    const flags = ["--library", LIBRARY, "--chap-file"];
    const { chapFile } = configOf([...flags, "/etc/chap.toml"]);
    assert.deepEqual(chapFile, { kind: "file", path: "/etc/chap.toml" });
    const parsed = parseStart(
      [...flags, "credential:chap"],
      { CREDENTIALS_DIRECTORY: "/c" },
      noFile,
    );
    assert.ok(parsed.kind === "config");
    assert.deepEqual(parsed.config.chapFile, { kind: "credential", path: "/c/chap" });
    assert.match(
      refusalOf([...flags, "boot"]).join("\n"),
      /--chap-file: must be the path of a file/,
    );
  });
});

describe("mistakes", () => {
  const WRONG: readonly (readonly [string, string])[] = [
    ["--library", "http://x"],
    ["--library", `${LIBRARY}/3`],
    ["--lanes", "0"],
    ["--lanes", "33"],
    ["--lanes", "-1"],
    ["--lanes", "1.5"],
    ["--lanes", "two"],
    ["--spare-media", "A1,A1"],
    ["--spare-media", "A1,,B2"],
    ["--spare-media", "X".repeat(33)],
    ["--listen", "localhost"],
    ["--listen", "localhost:65536"],
    ["--advertise", "localhost:0"],
    ["--target", "understudy"],
    ["--target", "iqn.2026-11.com.Example:x"],
    ["--ring-size", "63M"],
    ["--ring-size", "lots"],
    ["--ring-size", "9999999T"],
    ["--runtime", "jvm"],
    ["--drive-timeout", "0"],
    ["--drive-timeout", "601"],
    ["--listen", "192.0.2.10:3260"],
    ["--target", "iqn.2026-11.com.example:library"],
  ];
  for (const [flag, value] of WRONG) {
    it(`${flag} ${value.slice(0, 40)} is named with reason and example`, () => {
      const library = flag === "--library" ? [] : ["--library", LIBRARY];
      const lines = refusalOf([...library, flag, value]);
      assert.equal(lines.length, 3, lines.join("\n"));
      assert.match(lines[0] ?? "", /1 mistake$/);
      assert.match(lines[1] ?? "", new RegExp(`^ {2}${flag}: .+; for example: ${flag} `));
    });
  }

  it("are all listed at once, flags and file", () => {
    const file = 'lanes = 0\nring-size = 5\nspeed = 3\nlisten = ["x"]\n';
    const lines = refusalOf(
      ["--config", "x.toml", "--runtime", "jvm", "--bogus", "word"],
      () => file,
    );
    const text = lines.join("\n");
    for (const key of ["--bogus", "word", "x.toml: speed", "--library", "x.toml: lanes"]) {
      assert.ok(text.includes(`  ${key}: `), `${key} is missing in:\n${text}`);
    }
    for (const key of ["x.toml: listen", "x.toml: ring-size", "--runtime"]) {
      assert.ok(text.includes(`  ${key}: `), `${key} is missing in:\n${text}`);
    }
    assert.match(lines[0] ?? "", /8 mistakes$/);
  });

  it("in the file's syntax, and a file that is not there, are mistakes of --config", () => {
    for (const file of [() => "lanes = = 2", noFile]) {
      const lines = refusalOf(["--library", LIBRARY, "--config", "x.toml"], file);
      assert.match(lines[1] ?? "", /^ {2}--config x\.toml: /);
    }
  });

  it("a flag without its value does not swallow the next flag", () => {
    const text = refusalOf(["--library", "--lanes", "0"]).join("\n");
    assert.match(text, /--library: needs a value/);
    assert.match(text, /--lanes: must be/);
  });
});

describe("words", () => {
  it("no flags at all: how to try it", () => {
    const lines = refusalOf([]);
    assert.ok(lines.length <= 10);
    assert.match(lines.join("\n"), /npm run demo/);
  });

  it("--help names every flag with its default, an example and the exit codes", () => {
    const parsed = parseStart(["--help"], ENV, noFile);
    assert.ok(parsed.kind === "help");
    const text = parsed.lines.join("\n");
    for (const { name, fallback } of KEYS) {
      assert.ok(text.includes(`--${name} `), name);
      assert.ok(text.includes(`(default: ${fallback})`), fallback);
    }
    assert.match(text, /examples:/);
    assert.match(text, /exit codes:/);
  });

  it("the example file is the one that the key table gives, and is right", () => {
    const path = new URL("../../examples/understudy.toml", import.meta.url);
    assert.equal(readFileSync(path, "utf8"), exampleToml(), "run tools/check/write-example.ts");
    configOf(["--config", "x"], exampleToml);
    const everyKey = exampleToml().replace(/^# (?=[a-z-]+ = )/gm, "");
    configOf(["--config", "x"], () => everyKey);
  });
});

describe("whatever comes in", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom(...KEYS.map(({ name }) => `--${name}`), "--json", "--config", "--", "-x", ""),
    fc.constantFrom(...KEYS.map(({ example }) => example)),
  );

  it("any words give a configuration, help or a list", () => {
    return fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
        const parsed = parseStart(argv, ENV, noFile);
        assert.ok(parsed.kind !== "refused" || parsed.lines.length > 1);
      }),
    );
  });

  it("any file gives a configuration or a list", () => {
    return fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        const parsed = parseStart(["--config", "x.toml"], ENV, () => text);
        assert.equal(parsed.kind, "refused");
      }),
    );
  });

  it("any value of any key is taken or named", () => {
    const value = fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.array(fc.string()));
    return fc.assert(
      fc.property(fc.constantFrom(...KEYS), value, (key, content) => {
        const text = `${key.name} = ${JSON.stringify(content)}`;
        const library = key.name === "library" ? [] : ["--library", LIBRARY];
        const parsed = parseStart(["--config", "f", ...library], ENV, () => text);
        assert.ok(
          parsed.kind === "config" || parsed.lines.some((line) => line.includes(key.name)),
          JSON.stringify(parsed),
        );
      }),
    );
  });
});
