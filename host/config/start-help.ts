/**
 * The words of `understudy start`: its help, and what it says when it is called with nothing.
 * Decides words only; flags and defaults come from the key table.
 */

import { type FlagRule, HELP_FLAG, JSON_FLAG } from "../lib/flags.ts";
import { helpLines } from "../lib/help.ts";
import { KEYS } from "./key-table.ts";

/** The flag that names a configuration file; it is no key of that file. */
export const CONFIG_FLAG: FlagRule = {
  name: "config",
  value: "FILE",
  help: "reads the same keys from a TOML file; a flag wins over the file",
  fallback: "",
  example: "/etc/understudy.toml",
};

/** `understudy start --help`, one line per element. */
export function startHelpLines(): string[] {
  return helpLines({
    usage: "start --library iscsi://HOST:PORT/IQN [flags] | start --config FILE",
    what: [
      "Runs the bridge in the foreground until SIGTERM or SIGINT. Towards the server it is a tape",
      "library: LUN 0 the changer, LUN 1 to N the lanes. When everything is ready it prints",
      "  ready iscsi://HOST:PORT/IQN lanes=2 spare-drives=1 spare-media=1 runtime=v8",
      "SIGTERM finishes or journals what a server was promised; the same command carries on.",
    ],
    flags: [CONFIG_FLAG, ...KEYS, JSON_FLAG, HELP_FLAG],
    examples: [
      "understudy start --library iscsi://127.0.0.1:3270/iqn.2026-11.com.example:practice",
      "understudy start --config examples/understudy.toml",
    ],
  });
}

/** What `npm start` without flags says: how to try it. */
export const START_INVITATION: readonly string[] = [
  "understudy start: which library shall the bridge stand in front of? Name it with --library.",
  "",
  "To see it work without one:   npm run demo",
  "To try it in two terminals:",
  "  1. npm run library -- --listen 127.0.0.1:3270 --target iqn.2026-11.com.example:practice",
  "  2. npm start -- --library iscsi://127.0.0.1:3270/iqn.2026-11.com.example:practice",
  "then point an iSCSI initiator at 127.0.0.1:3260, and `npx understudy status` shows it.",
  "All flags: npm start -- --help",
];
