/**
 * PERSISTENT RESERVE IN and OUT: fields of the CDBs, the parameter list and the parameter data. Decides
 * bytes and what is refused for its form; what an action changes is in `registrants`. Not offered: APTPL,
 * SPEC_I_PT, REGISTER AND MOVE.
 */

import type { Answer } from "./answer.ts";
import { check, good, goodUpTo, RESERVATION_CONFLICT } from "./answer.ts";
import type { NexusTable } from "./nexus-table.ts";
import { big } from "./parameters.ts";
import type { Outcome, Registrant } from "./registrants.ts";
import { Registrants } from "./registrants.ts";
import { portOf } from "./reservations.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const ACTION_MASK = 0x1f;
const LIST_BYTES = 24;
const FLAGS_AT = 20;
const SPEC_I_PT_OR_APTPL = 0x09;
/** ATP_C; TMV; types 7, 6, 5, 3 and 1; type 8. */
const CAPABILITIES = Buffer.from([0x00, 0x08, 0x04, 0x80, 0xea, 0x01, 0x00, 0x00]);
const TYPE_AT = 13;
const RESERVATION_BYTES = 16;
const STATUS_BYTES = 24;
const TARGET_PORT = 1;
/** TransportID: the format with the session identifier, iSCSI. */
const TRANSPORT_OF_ISCSI = 0x45;
const NAME_BYTES_MIN = 20;

/** One PERSISTENT RESERVE OUT. */
interface Request {
  readonly registrants: Registrants;
  readonly port: string;
  readonly isWholeUnit: boolean;
  readonly type: number;
  readonly key: bigint;
  readonly actionKey: bigint;
  readonly flags: number;
  /** A port is no longer registered by PREEMPT. */
  readonly aborted: (port: string) => void;
}

type Action = (request: Request) => Outcome;

const nothing = (): void => undefined;

const OUT_ACTIONS: readonly Action[] = [
  (one) => registering(one, one.key),
  registered(typed(({ registrants, port, type }) => registrants.reserve(port, type))),
  registered(({ registrants, port, type, isWholeUnit }) =>
    registrants.release(port, type, isWholeUnit),
  ),
  registered(({ registrants, port }) => registrants.clear(port)),
  registered(typed((one) => preempting(one, nothing))),
  registered(typed((one) => preempting(one, one.aborted))),
  (one) => registering(one, undefined),
];

function registering(one: Request, key: bigint | undefined): Outcome {
  return (one.flags & SPEC_I_PT_OR_APTPL) === 0
    ? one.registrants.register(one.port, key, one.actionKey)
    : SENSE.invalidFieldInParameters;
}

function preempting(one: Request, removed: (port: string) => void): Outcome {
  return one.registrants.preempt(one.port, one.actionKey, one.type, removed);
}

/** For those alone who are registered, and say their key. */
function registered(action: Action): Action {
  return (one) => (one.registrants.has(one.port, one.key) ? action(one) : "conflict");
}

function typed(action: Action): Action {
  return (one) =>
    one.isWholeUnit && Registrants.knowsType(one.type) ? action(one) : SENSE.invalidFieldInCdb;
}

/** OUT: byte 1 service action, 2 scope and type, 5-8 length of the list, which has 24 bytes. */
export async function persistentReserveOut(
  nexuses: NexusTable,
  { cdb, nexus, dataOutBytes, receive }: Call,
): Promise<Answer | undefined> {
  const action = OUT_ACTIONS[cdb.readUInt8(1) & ACTION_MASK];
  if (action === undefined) {
    return check(SENSE.invalidFieldInCdb);
  }
  if (cdb.readUInt32BE(5) !== LIST_BYTES || dataOutBytes < LIST_BYTES) {
    return check(SENSE.parameterListLength);
  }
  const list = Buffer.alloc(LIST_BYTES);
  if (!(await receive(list))) {
    return undefined;
  }
  const outcome = action({
    registrants: nexuses.reservations.registrants,
    port: portOf(nexus),
    isWholeUnit: cdb.readUInt8(2) >> 4 === 0,
    type: cdb.readUInt8(2) & 0x0f,
    key: list.readBigUInt64BE(0),
    actionKey: list.readBigUInt64BE(8),
    flags: list.readUInt8(FLAGS_AT),
    aborted: (port) => nexuses.allowRemovalFor(port),
  });
  if (outcome === "done") {
    return good();
  }
  return outcome === "conflict" ? RESERVATION_CONFLICT : check(outcome);
}

type Report = (registrants: Registrants) => Buffer;

const IN_REPORTS: readonly Report[] = [
  (all) => listed(all, Buffer.concat(all.list().map(({ key }) => keyBytes(key)))),
  (all) => listed(all, reservationBytes(all)),
  () => CAPABILITIES,
  (all) => listed(all, Buffer.concat(all.list().map((one) => statusBytes(all, one)))),
];

/** IN: byte 1 service action, 7-8 allocation length. */
export function persistentReserveIn(nexuses: NexusTable, { cdb }: Call): Answer {
  const report = IN_REPORTS[cdb.readUInt8(1) & ACTION_MASK];
  return report === undefined
    ? check(SENSE.invalidFieldInCdb)
    : goodUpTo(report(nexuses.reservations.registrants), cdb.readUInt16BE(7));
}

/** PRGENERATION and additional length, 4 bytes each. */
function listed({ generation }: Registrants, list: Buffer): Buffer {
  return Buffer.concat([big(generation, 4), big(list.length, 4), list]);
}

function keyBytes(key: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(key);
  return bytes;
}

function reservationBytes({ reservation }: Registrants): Buffer {
  if (reservation === undefined) {
    return Buffer.alloc(0);
  }
  const bytes = Buffer.alloc(RESERVATION_BYTES);
  keyBytes(reservation.key).copy(bytes);
  bytes.writeUInt8(reservation.type, TYPE_AT);
  return bytes;
}

/** Key, R_HOLDER, scope and type of a holder, relative target port identifier, length, TransportID. */
function statusBytes({ reservation }: Registrants, { key, port, isHolder }: Registrant): Buffer {
  const bytes = Buffer.alloc(STATUS_BYTES);
  keyBytes(key).copy(bytes);
  if (isHolder && reservation !== undefined) {
    bytes.writeUInt8(1, 12);
    bytes.writeUInt8(reservation.type, TYPE_AT);
  }
  bytes.writeUInt16BE(TARGET_PORT, 18);
  const name = Buffer.alloc(Math.max(NAME_BYTES_MIN, Math.ceil((port.length + 1) / 4) * 4));
  name.write(port, "utf8");
  const transport = Buffer.concat([
    Buffer.from([TRANSPORT_OF_ISCSI, 0]),
    big(name.length, 2),
    name,
  ]);
  bytes.writeUInt32BE(transport.length, 20);
  return Buffer.concat([bytes, transport]);
}
