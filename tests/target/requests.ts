/** Single requests of the raw client with their answers, for several test files. */
import assert from "node:assert/strict";
import { RESERVED_TAG } from "../../host/iscsi/opcode.ts";
import { encodeTaskManagementRequest } from "../../host/iscsi/task-management-request.ts";
import { decodeTaskManagementResponse } from "../../host/iscsi/task-management-response.ts";
import { formatTextKeys, parseTextKeys } from "../../host/iscsi/text-key.ts";
import { encodeTextRequest, type TextRequest } from "../../host/iscsi/text-request.ts";
import { decodeTextResponse, type TextResponse } from "../../host/iscsi/text-response.ts";
import type { RawClient } from "./raw-client.ts";

const MANAGEMENT_TAG = 0x900;

/** What a task management function is about. */
export interface Asked {
  readonly lun?: number;
  readonly referencedTaskTag?: number;
  readonly refCmdSN?: number;
}

/** Sends an immediate task management request. */
export function sendManagement(client: RawClient, code: number, asked: Asked = {}): void {
  client.send(
    encodeTaskManagementRequest({
      immediate: true,
      function: code,
      lun: 0,
      itt: MANAGEMENT_TAG,
      cmdSN: client.cmdSN,
      expStatSN: client.expStatSN,
      referencedTaskTag: RESERVED_TAG,
      refCmdSN: 0,
      ...asked,
    }),
  );
}

/** Sends one and gives the response code. */
export async function manage(client: RawClient, code: number, asked: Asked = {}): Promise<number> {
  sendManagement(client, code, asked);
  const { itt, response } = decodeTaskManagementResponse((await client.expect(0x22)).bhs);
  assert.equal(itt, MANAGEMENT_TAG);
  return response;
}

/** Sends a Text Request, numbered, without waiting for what comes. */
export function sendText(
  client: RawClient,
  text: Uint8Array,
  fields: Partial<TextRequest> = {},
): void {
  const request = {
    immediate: false,
    final: true,
    continue: false,
    itt: 7,
    ttt: RESERVED_TAG,
    cmdSN: client.cmdSN,
    expStatSN: client.expStatSN,
    dataSegmentLength: text.length,
    ...fields,
  };
  client.send(encodeTextRequest(request), text);
  client.cmdSN += request.immediate ? 0 : 1;
}

/** One Text Request and its response. */
export async function askText(
  client: RawClient,
  text: Uint8Array,
  fields: Partial<TextRequest> = {},
): Promise<TextResponse & { readonly data: Uint8Array }> {
  sendText(client, text, fields);
  const pdu = await client.expect(0x24);
  return { ...decodeTextResponse(pdu.bhs), data: pdu.data };
}

/** The answer to SendTargets. */
export async function sendTargets(client: RawClient, value: string): Promise<[string, string][]> {
  const response = await askText(client, formatTextKeys([["SendTargets", value]]));
  assert.equal(response.final, true);
  const keys = parseTextKeys(response.data);
  assert.ok(keys instanceof Map);
  return [...keys];
}
