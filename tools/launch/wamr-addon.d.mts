/** Is the addon for `arch` (this machine's without it) built, or known not to be buildable? */
export function addonIsSettled(root: string, arch?: string): boolean;

/**
 * Builds the addon for `arch` (this machine's without it) into build/wamr-addon/linux-ARCH. True
 * when it is there; else `say` has had the reason. Never throws.
 */
export function buildAddon(root: string, say: (line: string) => void, arch?: string): boolean;
