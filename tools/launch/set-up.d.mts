/** The checkout this folder belongs to. */
export const ROOT: string;

/** Something the machine lacks: its message is one line for the operator (exit code 3). */
export class SetUpFault extends Error {}

/** Makes the checkout ready; returns the Node to run it with. Rejects with SetUpFault. */
export function setUp(wanted: {
  readonly core: boolean;
  /** Is the addon wanted, where it can be had? Without it set-up leaves it alone. */
  readonly addon?: boolean;
  readonly root?: string;
  readonly say?: (line: string) => void;
}): Promise<string>;

/** Runs `work` when no other set-up of this checkout does; answers what it answers. */
export function withSetUpLock<T>(
  root: string,
  say: (line: string) => void,
  work: () => T,
): Promise<T>;

/** Do the installed packages belong to this package-lock.json? */
export function packagesAreFresh(root: string): boolean;

/** Is build/core.wasm made from these sources? */
export function coreIsFresh(root: string): boolean;

/** The Node that runs the project; throws SetUpFault where there is none. */
export function findNode(root: string): string;
