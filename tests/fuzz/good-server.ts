/**
 * A server that does nothing wrong while others do: it writes records by immediate data, unsolicited
 * data and R2T, reads them back and compares, again and again. Decides what "undisturbed" means.
 */

import { decodeR2t } from "../../host/iscsi/r2t.ts";
import type { RawClient } from "../target/raw-client.ts";
import { pattern } from "../target/rig.ts";
import { OPERATION_READ, OPERATION_WRITE } from "./fuzz-unit.ts";

/** Larger than what may come without an R2T. */
const RECORD_BYTES = 20_000;
const IMMEDIATE_BYTES = 1000;
const R2T = 0x31;

/** What its session has to agree on. */
export const GOOD_SERVER_KEYS = [
  ["InitialR2T", "Yes"],
  ["FirstBurstLength", "4096"],
] as const;

/** Works on one logical unit that nobody else uses. */
export class GoodServer {
  roundCount = 0;
  readonly #client: RawClient;
  readonly #lun: number;
  readonly #end: Promise<string | undefined>;
  #isStopped = false;

  constructor(client: RawClient, lun: number) {
    this.#client = client;
    this.#lun = lun;
    this.#end = this.#work().then(
      () => undefined,
      (thrown: unknown) => `the other session was disturbed: ${String(thrown)}`,
    );
  }

  /** Stops after the round that is under way; what was wrong. */
  stop(): Promise<string | undefined> {
    this.#isStopped = true;
    return this.#end;
  }

  async #work(): Promise<void> {
    while (!this.#isStopped) {
      const record = pattern(RECORD_BYTES).fill(this.roundCount, 0, 4);
      await this.#write(record);
      await this.#read(record);
      this.roundCount += 1;
    }
  }

  async #write(record: Uint8Array): Promise<void> {
    const client = this.#client;
    const command = {
      lun: this.#lun,
      write: true,
      expectedDataTransferLength: record.length,
      cdb: Uint8Array.of(OPERATION_WRITE),
    };
    const itt = client.command(command, record.subarray(0, IMMEDIATE_BYTES));
    const r2t = decodeR2t((await client.expect(R2T)).bhs);
    const { ttt, bufferOffset, desiredDataTransferLength } = r2t;
    const data = record.subarray(bufferOffset, bufferOffset + desiredDataTransferLength);
    client.dataOut(itt, data, { ttt, dataSN: 0, bufferOffset, final: true });
    await this.#finish(itt);
  }

  async #read(record: Uint8Array): Promise<void> {
    const itt = this.#client.command({
      lun: this.#lun,
      read: true,
      expectedDataTransferLength: record.length,
      cdb: Uint8Array.of(OPERATION_READ),
    });
    const data = await this.#finish(itt);
    if (Buffer.compare(data, record) !== 0) {
      throw new Error("what was read is not what was written");
    }
  }

  async #finish(itt: number): Promise<Uint8Array> {
    const { status, data, residualCount } = await this.#client.outcome(itt);
    this.#client.expStatSN += 1;
    if (status !== 0 || residualCount !== 0) {
      throw new Error(`status ${status}, residual count ${residualCount}`);
    }
    return data;
  }
}
