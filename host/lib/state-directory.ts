/**
 * Where the bridge keeps its state when nobody says: decides the default directory and the names
 * of what others look for in it. Reads no environment itself: it is handed in.
 */

import { isAbsolute, join } from "node:path";

/** The environment as handed down from `host/main.ts`. */
export type Environment = Readonly<Record<string, string | undefined>>;

const SERVICE_STATE_DIRECTORY = "/var/lib/understudy";

/**
 * systemd's STATE_DIRECTORY (its first path), else `$XDG_STATE_HOME/understudy`, else
 * `$HOME/.local/state/understudy`, else (a service without a home) /var/lib/understudy. Paths that
 * are not absolute do not count, as the XDG base directory specification wants it.
 */
export function defaultStateDirectory(env: Environment): string {
  const service = absoluteOf(env, "STATE_DIRECTORY")?.split(":")[0];
  if (service !== undefined) {
    return service;
  }
  const xdg = absoluteOf(env, "XDG_STATE_HOME");
  if (xdg !== undefined) {
    return join(xdg, "understudy");
  }
  const home = absoluteOf(env, "HOME");
  return home === undefined ? SERVICE_STATE_DIRECTORY : join(home, ".local", "state", "understudy");
}

/**
 * Where memory is a file system that a boot does not outlive: systemd's RUNTIME_DIRECTORY (its first path),
 * else `$XDG_RUNTIME_DIR/understudy`, else /run/understudy.
 */
export function runtimeDirectory(env: Environment): string {
  const service = absoluteOf(env, "RUNTIME_DIRECTORY")?.split(":")[0];
  return service ?? join(absoluteOf(env, "XDG_RUNTIME_DIR") ?? "/run", "understudy");
}

function absoluteOf(env: Environment, name: string): string | undefined {
  const value = env[name] ?? "";
  return isAbsolute(value) ? value : undefined;
}

/** The socket on which a running bridge answers. */
export function controlSocketPath(stateDirectory: string): string {
  return join(stateDirectory, "control.sock");
}

/** The lock file that says which process runs the bridge. */
export function stateLockPath(stateDirectory: string): string {
  return join(stateDirectory, "lock");
}
