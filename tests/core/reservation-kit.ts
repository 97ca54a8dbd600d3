/** Three servers at one lane, and what they say about reservations. */

import assert from "node:assert/strict";
import { NEXUS_ESTABLISHED } from "../../assembly/spec/event.ts";
import { type Answer, LaneHost } from "./lane-host.ts";
import type { LaneSettings } from "./lane-settings.ts";

export const NOTHING = new Uint8Array();
const GOOD = 0;
const CHECK = 2;
export const CONFLICT = 0x18;
/** The servers: numbers of their nexuses. */
export const A = 101;
export const B = 102;
export const C = 103;
/** The reservation key of each. */
export const KEY: Readonly<Record<number, bigint>> = { [A]: 0xaaaan, [B]: 0xbbbbn, [C]: 0xccccn };

export const REGISTER = 0;
export const RESERVE = 1;
export const RELEASE = 2;
export const CLEAR = 3;
export const PREEMPT = 4;
export const REGISTER_AND_IGNORE = 6;

export const WRITE_EXCLUSIVE = 1;
export const EXCLUSIVE_ACCESS = 3;
export const WRITE_EXCLUSIVE_REGISTRANTS = 5;
export const EXCLUSIVE_ACCESS_REGISTRANTS = 6;
export const WRITE_EXCLUSIVE_ALL = 7;
export const EXCLUSIVE_ACCESS_ALL = 8;
export const TYPES = [
  WRITE_EXCLUSIVE,
  EXCLUSIVE_ACCESS,
  WRITE_EXCLUSIVE_REGISTRANTS,
  EXCLUSIVE_ACCESS_REGISTRANTS,
  WRITE_EXCLUSIVE_ALL,
  EXCLUSIVE_ACCESS_ALL,
];

/** The lane of the test that runs. */
export let host: LaneHost;

/** What differs from nothing, and from the own key. */
export interface OutFields {
  readonly key?: bigint;
  readonly actionKey?: bigint;
  readonly type?: number;
  readonly scope?: number;
  readonly flags?: number;
  readonly bytes?: number;
}

/** PERSISTENT RESERVE OUT; by default with the nexus' own key. */
export function out(nexus: number, action: number, fields: OutFields = {}): string {
  const { key = KEY[nexus] ?? 0n, actionKey = 0n, type = 0, scope = 0, flags = 0 } = fields;
  const bytes = fields.bytes ?? 24;
  const list = Buffer.alloc(24);
  list.writeBigUInt64BE(key, 0);
  list.writeBigUInt64BE(actionKey, 8);
  list[20] = flags;
  const cdb = [0x5f, action, (scope << 4) | type, 0, 0, 0, 0, 0, bytes, 0];
  return told(host.command(cdb, list, 0, nexus));
}

/** "good", "conflict", or the sense as "key/asc/ascq". */
export function told({ status, sense }: Answer): string {
  if (status !== CHECK) {
    return status === GOOD ? "good" : status === CONFLICT ? "conflict" : `status ${status}`;
  }
  const digits = [(sense[2] ?? 0) & 15, sense[12] ?? 0, sense[13] ?? 0];
  return digits.map((value) => value.toString(16)).join("/");
}

/** With its own key; it was not registered. */
export function register(nexus: number): void {
  assert.equal(out(nexus, REGISTER, { key: 0n, actionKey: KEY[nexus] ?? 0n }), "good");
}

/** PERSISTENT RESERVE IN. */
export function read(action: number, allocation = 8192, nexus = A): Buffer {
  const cdb = [0x5e, action, 0, 0, 0, 0, 0, allocation >> 8, allocation & 255, 0];
  const answer = host.command(cdb, NOTHING, 8192, nexus);
  assert.equal(told(answer), "good");
  return Buffer.from(answer.data);
}

/** What is registered and what is reserved, as servers see it. */
export function state(nexus = A): { generation: number; keys: bigint[]; held: string } {
  const keys = read(0, 8192, nexus);
  assert.equal(keys.readUInt32BE(4), keys.length - 8);
  const held = read(1, 8192, nexus);
  assert.equal(held.readUInt32BE(0), keys.readUInt32BE(0));
  assert.equal(held.readUInt32BE(4), held.length - 8);
  const holder = held.length === 8 ? "" : `${held.readBigUInt64BE(8).toString(16)} ${held[21]}`;
  return {
    generation: keys.readUInt32BE(0),
    keys: Array.from({ length: keys.length / 8 - 1 }, (_, i) => keys.readBigUInt64BE(8 + i * 8)),
    held: holder,
  };
}

export function testReady(nexus: number): string {
  return told(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0, nexus));
}

/** The unit attentions that wait for a nexus, in their order; the drive is empty behind them. */
export function attentions(nexus: number): string[] {
  const found: string[] = [];
  for (let told = testReady(nexus); told.startsWith("6/"); told = testReady(nexus)) {
    found.push(told);
  }
  return found;
}

/** A fresh lane with an empty drive, and the three servers. */
export async function begin(settings: LaneSettings = {}): Promise<void> {
  host = await LaneHost.start(settings);
  for (const nexus of [A, B, C]) {
    host.nexus(nexus, NEXUS_ESTABLISHED);
  }
}
