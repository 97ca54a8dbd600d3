/** What a changer keeps of a search for volume tags. Decides nothing; changer-search.ts does. */

/** A search as it was sent, and how far it has been reported. */
export interface VolumeSearch {
  readonly nexusId: number;
  readonly action: number;
  /** Element type, 0: all. */
  readonly type: number;
  readonly template: RegExp;
  /** No volume tag has a sequence number, so all are 0. */
  readonly leastSequence: number;
  /** The lowest address that is still to be reported. */
  first: number;
}
