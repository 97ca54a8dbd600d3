/**
 * SEND VOLUME TAG and REQUEST VOLUME ELEMENT ADDRESS (SMC): a search for volume tags, and where it finds
 * them. Barcodes are what volume tags are, so none can be set. The last search stands, for the nexus that sent
 * it; it finds what is there when it is asked, and reports each element once.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Changer } from "./changer.ts";
import {
  elementsFrom,
  isElementType,
  isOfType,
  statusReport,
  transferred,
} from "./changer-status.ts";
import type { Element } from "./elements.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";
import type { VolumeSearch } from "./volume-search.ts";

const TYPE_MASK = 0x0f;
const VOLUME_TAG_BIT = 0x10;
const ACTION_MASK = 0x1f;
/** Search all volume tags or the primary ones, heeding sequence numbers or not. */
const SEARCHES: readonly number[] = [0, 1, 4, 5];
const IGNORES_SEQUENCE: readonly number[] = [4, 5];
const LIST_BYTES = 40;
const TEMPLATE_BYTES = 32;
const LEAST_AT = 34;

/** SEND VOLUME TAG: byte 1 element type, 2-3 first address, 5 action, 8-9 length of the list: 40 or nothing. */
export async function sendVolumeTag(changer: Changer, call: Call): Promise<Answer | undefined> {
  const { cdb, nexus } = call;
  const action = cdb.readUInt8(5) & ACTION_MASK;
  const type = cdb.readUInt8(1) & TYPE_MASK;
  if (!SEARCHES.includes(action) || !isElementType(type)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const listBytes = cdb.readUInt16BE(8);
  if (listBytes === 0) {
    return good();
  }
  if (listBytes !== LIST_BYTES || call.dataOutBytes < LIST_BYTES) {
    return check(SENSE.parameterListLength);
  }
  const list = Buffer.alloc(LIST_BYTES);
  if (!(await call.receive(list))) {
    return undefined;
  }
  changer.search = {
    ...{ nexusId: nexus.id, action, type, first: cdb.readUInt16BE(2) },
    template: templateOf(list.subarray(0, TEMPLATE_BYTES).toString("latin1")),
    leastSequence: IGNORES_SEQUENCE.includes(action) ? 0 : list.readUInt16BE(LEAST_AT),
  };
  return good();
}

/** ? is any character, * everything from there on; blanks and what follows a zero do not count. */
function templateOf(field: string): RegExp {
  const [text = ""] = field.split("\0");
  const [head = "", ...tail] = text.split("*");
  const words = tail.length > 0 ? head : head.trimEnd();
  const pattern = words.replace(/[^\w?]/g, "\\$&").replaceAll("?", ".");
  return new RegExp(`^${pattern}${tail.length > 0 ? "" : " *$"}`, "s");
}

/** REQUEST VOLUME ELEMENT ADDRESS: byte 1 VOLTAG and element type, 2-3 first address, 4-5 how many, 7-9 allocation length. */
export function requestVolumeAddress(changer: Changer, { cdb, nexus }: Call): Answer {
  const { search } = changer;
  if (search === undefined || search.nexusId !== nexus.id) {
    return check(SENSE.commandSequence);
  }
  const type = cdb.readUInt8(1) & TYPE_MASK;
  if (!isElementType(type)) {
    return check(SENSE.invalidFieldInCdb);
  }
  const first = Math.max(search.first, cdb.readUInt16BE(2));
  const found = elementsFrom(changer, first, type)
    .filter((element) => isOfType(element, search.type) && isFound(changer, element, search))
    .slice(0, cdb.readUInt16BE(4));
  const hasVolumeTags = (cdb.readUInt8(1) & VOLUME_TAG_BIT) !== 0;
  const wish = { hasVolumeTags, hasDeviceIds: false, action: search.action };
  const { data, lastAddress } = transferred(
    statusReport(changer, found, wish),
    cdb.readUIntBE(7, 3),
  );
  search.first = lastAddress === undefined ? search.first : lastAddress + 1;
  return good(data);
}

function isFound(changer: Changer, { address }: Element, search: VolumeSearch): boolean {
  const barcode = changer.parts.inventory.at(address)?.cartridge.barcode;
  const tag = barcode?.padEnd(TEMPLATE_BYTES, " ");
  return tag !== undefined && search.leastSequence === 0 && search.template.test(tag);
}
