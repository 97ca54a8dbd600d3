/** The default state directory in every environment that it may be started in. */

import assert from "node:assert/strict";
import { it } from "node:test";
import { defaultStateDirectory } from "../../host/lib/state-directory.ts";

const CASES: readonly (readonly [string, Record<string, string>, string])[] = [
  ["a user", { HOME: "/srv/u" }, "/srv/u/.local/state/understudy"],
  ["a user with XDG", { HOME: "/srv/u", XDG_STATE_HOME: "/srv/s" }, "/srv/s/understudy"],
  [
    "a relative XDG does not count",
    { HOME: "/srv/u", XDG_STATE_HOME: "s" },
    "/srv/u/.local/state/understudy",
  ],
  ["a service of systemd", { HOME: "/root", STATE_DIRECTORY: "/var/lib/tape:/x" }, "/var/lib/tape"],
  ["a service without a home", {}, "/var/lib/understudy"],
];

for (const [name, env, path] of CASES) {
  it(`${name}: ${path}`, () => assert.equal(defaultStateDirectory(env), path));
}
