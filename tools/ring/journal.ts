/** The lane's journal in a superblock, in words (SPEC.md section 10). Decides the words only. */
import { tagOf } from "./layout.ts";

/** With the mark of a key behind it, in newer ones, and what hosts have written into the cartridge's memory. */
const JOURNAL_BYTES_MIN = 104;
const KEY_AT = 104;
const PARTITION_AT = 108;
/** The newer one has the current partition, the older one ends before it. */
const VERSIONS: readonly number[] = [1, 2];
const VERSION_OF_PARTITIONS = 2;
const PLANS = ["retry", "drive", "medium", "both", "back"];
const STATES = [
  ...["none", "evidence", "reconnect", "ask for a drive", "ask for a medium", "couple", "unload"],
  ...["across", "out", "in", "ready", "blank", "tail", "copy", "catch up", "report", "back"],
  ...["check", "divide"],
];

/** What the journal says of writes, where it says something. */
const WRITES = ["", "; being written", "; a write failed behind what is synchronized"];

/** What the lane noted. */
export interface LaneJournal {
  /** A recovery is not finished. */
  readonly isOwed: boolean;
  readonly plan: string;
  readonly state: string;
  /** Logical objects that are on the medium for certain; that the drive has answered GOOD to. */
  readonly synchronized: number;
  readonly sent: number;
  readonly volumeTag: string;
  readonly realVolumeTag: string;
  /** Of the cartridge: the current one. */
  readonly partition: number;
  readonly drive: number;
  /** 0 nothing; 1 the bridge writes where a failed write leaves a record; 2 a write failed and was passed on. */
  readonly writes: number;
  /** The server's key encrypts what it writes. */
  readonly encrypts: boolean;
}

/** undefined: the lane has not noted anything, or in a version that this program does not know. */
export function parseJournal(bytes: Buffer): LaneJournal | undefined {
  const version = bytes.length < JOURNAL_BYTES_MIN ? 0 : bytes.readUInt32LE(0);
  if (!VERSIONS.includes(version)) return undefined;
  const plan = bytes.readUInt32LE(8);
  const state = bytes.readUInt32LE(12);
  return {
    isOwed: bytes.readUInt32LE(4) !== 0,
    plan: PLANS[plan] ?? `plan ${plan}`,
    state: STATES[state] ?? `state ${state}`,
    synchronized: Number(bytes.readBigUInt64LE(16)),
    sent: Number(bytes.readBigUInt64LE(24)),
    volumeTag: tagOf(bytes, 32),
    realVolumeTag: tagOf(bytes, 64),
    partition: version < VERSION_OF_PARTITIONS ? 0 : bytes.readUInt8(PARTITION_AT),
    drive: bytes.readUInt32LE(96),
    writes: bytes.readUInt32LE(100),
    encrypts: bytes.length > KEY_AT && bytes.readUInt32LE(KEY_AT) !== 0,
  };
}

/** The journal as a sentence. */
export function journalWords(journal: LaneJournal | undefined): string {
  if (journal === undefined) return "nothing noted";
  const { isOwed, plan, state, volumeTag, realVolumeTag, drive, synchronized, sent } = journal;
  const owed = isOwed ? `a recovery is owed (plan ${plan}, in ${state})` : "no recovery is owed";
  const tag = volumeTag === "" ? "no cartridge" : `cartridge ${volumeTag}`;
  const really = realVolumeTag === volumeTag ? "" : ` (really ${realVolumeTag})`;
  const where = journal.partition === 0 ? "" : `, partition ${journal.partition}`;
  const objects = `synchronized ${synchronized}, sent ${sent}`;
  return `${owed}; ${tag}${really}${where}, drive ${drive}, ${objects}${WRITES[journal.writes] ?? ""}${journal.encrypts ? "; the drive encrypts" : ""}`;
}
