/**
 * The CDBs of READ, WRITE, VERIFY, WRITE FILEMARKS and ERASE: of six bytes, which begin at the position, and
 * of sixteen, which name the place. Decides nothing but where fields stand.
 */

import { unsigned64 } from "./parameters.ts";

/** Where a command of sixteen bytes begins. */
export interface StreamPlace {
  readonly partition: number;
  readonly object: number;
}

export interface StreamCdb {
  readonly flags: number;
  /** Bytes, blocks or filemarks. */
  readonly length: number;
  readonly place: StreamPlace | undefined;
}

/** Six bytes: 1 flags, 2-4 length. Sixteen: 1 flags, 3 partition, 4-11 object, 12-14 length. */
export function streamCdb(cdb: Buffer): StreamCdb {
  const flags = cdb.readUInt8(1);
  return cdb.readUInt8(0) < 0x80
    ? { flags, length: cdb.readUIntBE(2, 3), place: undefined }
    : {
        flags,
        length: cdb.readUIntBE(12, 3),
        place: { partition: cdb.readUInt8(3), object: unsigned64(cdb, 4) },
      };
}
