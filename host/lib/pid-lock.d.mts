/** A held lock; `release` removes the file. */
export interface HeldLock {
  release(): void;
}

/**
 * Takes the lock file at `path` (its folder is created), or says which process holds it.
 * Throws only what the file system throws (EACCES, ENOSPC ...).
 */
export function takePidLock(path: string): HeldLock | { readonly holderPid: number };

/** The process that holds the lock at `path` now; 0 where nobody does, or it may not be read. */
export function pidLockHolder(path: string): number;
