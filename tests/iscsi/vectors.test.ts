import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeAsyncMessage, encodeAsyncMessage } from "../../host/iscsi/async-message.ts";
import { decodeDataIn, encodeDataIn } from "../../host/iscsi/data-in.ts";
import { decodeDataOut, encodeDataOut } from "../../host/iscsi/data-out.ts";
import { decodeLoginRequest, encodeLoginRequest } from "../../host/iscsi/login-request.ts";
import { decodeLoginResponse, encodeLoginResponse } from "../../host/iscsi/login-response.ts";
import { decodeLogoutRequest, encodeLogoutRequest } from "../../host/iscsi/logout-request.ts";
import { decodeLogoutResponse, encodeLogoutResponse } from "../../host/iscsi/logout-response.ts";
import { decodeNopIn, encodeNopIn } from "../../host/iscsi/nop-in.ts";
import { decodeNopOut, encodeNopOut } from "../../host/iscsi/nop-out.ts";
import { decodeR2t, encodeR2t } from "../../host/iscsi/r2t.ts";
import { decodeReject, encodeReject } from "../../host/iscsi/reject.ts";
import { decodeScsiCommand, encodeScsiCommand } from "../../host/iscsi/scsi-command.ts";
import {
  decodeScsiResponse,
  decodeSenseSegment,
  encodeScsiResponse,
  encodeSenseSegment,
} from "../../host/iscsi/scsi-response.ts";
import {
  decodeTaskManagementRequest,
  encodeTaskManagementRequest,
} from "../../host/iscsi/task-management-request.ts";
import {
  decodeTaskManagementResponse,
  encodeTaskManagementResponse,
} from "../../host/iscsi/task-management-response.ts";
import { decodeTextRequest, encodeTextRequest } from "../../host/iscsi/text-request.ts";
import { decodeTextResponse, encodeTextResponse } from "../../host/iscsi/text-response.ts";

interface Codec {
  encode(fields: object): Uint8Array;
  decode(bhs: Uint8Array): object;
}

function codec<T extends object>(
  encode: (pdu: T) => Uint8Array,
  decode: (bhs: Uint8Array) => T,
): Codec {
  // The fields come from the vector file; a wrong one shows as a difference.
  return { encode: (fields) => encode(fields as T), decode };
}

const CODECS = new Map<string, Codec>([
  ["ScsiCommand", codec(encodeScsiCommand, decodeScsiCommand)],
  ["ScsiResponse", codec(encodeScsiResponse, decodeScsiResponse)],
  ["DataOut", codec(encodeDataOut, decodeDataOut)],
  ["DataIn", codec(encodeDataIn, decodeDataIn)],
  ["R2t", codec(encodeR2t, decodeR2t)],
  ["LoginRequest", codec(encodeLoginRequest, decodeLoginRequest)],
  ["LoginResponse", codec(encodeLoginResponse, decodeLoginResponse)],
  ["TextRequest", codec(encodeTextRequest, decodeTextRequest)],
  ["TextResponse", codec(encodeTextResponse, decodeTextResponse)],
  ["NopOut", codec(encodeNopOut, decodeNopOut)],
  ["NopIn", codec(encodeNopIn, decodeNopIn)],
  ["TaskManagementRequest", codec(encodeTaskManagementRequest, decodeTaskManagementRequest)],
  ["TaskManagementResponse", codec(encodeTaskManagementResponse, decodeTaskManagementResponse)],
  ["LogoutRequest", codec(encodeLogoutRequest, decodeLogoutRequest)],
  ["LogoutResponse", codec(encodeLogoutResponse, decodeLogoutResponse)],
  ["Reject", codec(encodeReject, decodeReject)],
  ["AsyncMessage", codec(encodeAsyncMessage, decodeAsyncMessage)],
]);

const SECTION = /^## (\w+)(.*)\n\n```json\n([\s\S]*?)```\n\n```hex\n([\s\S]*?)```/gm;

function parseFields(json: string): object {
  return JSON.parse(json, (key, value) =>
    key === "cdb" ? Uint8Array.from(Buffer.from(value, "hex")) : value,
  );
}

const text = readFileSync(new URL("../vectors/iscsi-pdu.md", import.meta.url), "utf8");
const sections = [...text.matchAll(SECTION)];

for (const [, name = "", title = "", json = "", hex = ""] of sections) {
  test(`vector ${name}${title}`, () => {
    const fields = parseFields(json);
    const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
    assert.equal(bytes.length, 48);
    const found = CODECS.get(name);
    assert.ok(found, `no codec ${name}`);
    assert.equal(
      Buffer.from(found.encode(fields)).toString("hex"),
      Buffer.from(bytes).toString("hex"),
    );
    assert.deepEqual(found.decode(bytes), fields);
  });
}

test("every PDU has a vector, and every section was read", () => {
  const named = new Set(sections.map(([, name]) => name));
  assert.deepEqual(
    [...CODECS.keys()].filter((name) => !named.has(name)),
    [],
  );
  assert.equal(sections.length, text.match(/^## /gm)?.length);
});

test("sense segment: length, bytes; a cut one gives what is there", () => {
  const sense = Uint8Array.of(0x70, 0, 3);
  const segment = encodeSenseSegment(sense);
  assert.deepEqual([...segment], [0, 3, 0x70, 0, 3]);
  assert.deepEqual([...decodeSenseSegment(segment)], [...sense]);
  assert.deepEqual([...decodeSenseSegment(segment.subarray(0, 4))], [0x70, 0]);
  assert.deepEqual([...decodeSenseSegment(new Uint8Array(0))], []);
});
