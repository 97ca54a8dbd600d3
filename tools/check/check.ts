/** What a check is: a name, and a way to find what breaks its rule. Decides nothing else. */

/** One rule that the whole tree keeps. */
export interface Check {
  readonly name: string;
  /** Every breach below `root`, one line each; none: the rule is kept. May reject: a broken check. */
  readonly find: (root: string) => Promise<readonly string[]>;
}
