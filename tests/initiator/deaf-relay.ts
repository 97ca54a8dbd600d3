/**
 * A wire between an initiator and a real target, on which task management requests for one logical unit get
 * lost: to the initiator that unit is deaf to them. Everything else passes as it is. Decides nothing else.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Framer } from "../../host/iscsi/framer.ts";
import { OPCODE_TASK_MANAGEMENT_REQUEST } from "../../host/iscsi/opcode.ts";
import { opcodeOf, paddingOf, type RawPdu } from "../../host/iscsi/pdu.ts";
import { decodeTaskManagementRequest } from "../../host/iscsi/task-management-request.ts";

const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

export interface DeafRelay {
  /** The target's url, by way of this wire. */
  readonly url: string;
  /** FUNCTION_* of the requests that got lost, in their order. */
  readonly lost: number[];
  close(): Promise<void>;
}

/** A wire to `url` without digests, on which those `functions` for `lun` get lost. */
export async function openDeafRelay(
  url: string,
  lun: number,
  functions: readonly number[],
): Promise<DeafRelay> {
  const { hostname, port } = new URL(url.replace("iscsi:", "http:"));
  const lost: number[] = [];
  const sockets = new Set<Socket>();
  const isLost = ({ bhs }: RawPdu): boolean => {
    if (opcodeOf(bhs) !== OPCODE_TASK_MANAGEMENT_REQUEST) {
      return false;
    }
    const request = decodeTaskManagementRequest(bhs);
    const isDeaf = request.lun === lun && functions.includes(request.function);
    if (isDeaf) {
      lost.push(request.function);
    }
    return isDeaf;
  };
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const framer = new Framer({ dataSegmentBytesMax: SEGMENT_BYTES_MAX });
    near.on("data", (chunk) => {
      const fault = framer.push(chunk, (pdu) => {
        if (!isLost(pdu)) {
          far.write(bytesOf(pdu));
        }
      });
      assert.equal(fault, undefined);
    });
    far.pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => one.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: here } = server.address() as AddressInfo;
  return {
    url: url.replace(`${hostname}:${port}`, `127.0.0.1:${here}`),
    lost,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function bytesOf({ bhs, ahs, data }: RawPdu): Buffer {
  return Buffer.concat([bhs, ahs, data, Buffer.alloc(paddingOf(data.length))]);
}
