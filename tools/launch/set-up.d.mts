/** The checkout this folder belongs to. */
export const ROOT: string;

/** Something the machine lacks: its message is one line for the operator (exit code 3). */
export class SetUpFault extends Error {}

/** Makes the checkout ready; returns the Node to run it with. Rejects with SetUpFault. */
export function setUp(wanted: {
  readonly core: boolean;
  readonly root?: string;
  readonly say?: (line: string) => void;
}): Promise<string>;

/** Do the installed packages belong to this package-lock.json? */
export function packagesAreFresh(root: string): boolean;

/** Is build/core.wasm made from these sources? */
export function coreIsFresh(root: string): boolean;

/** The Node that runs the project; throws SetUpFault where there is none. */
export function findNode(root: string): string;
