/** SHA-256 (hex) over files below `root`, their names included. */
export function hashOf(root: string, names: readonly string[]): string;

/** The files below `folder`, sorted, `/` between names. */
export function filesBelow(folder: string): string[];
