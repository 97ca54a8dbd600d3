/**
 * Mode pages of the changer: 1Dh element addresses, 1Eh transport geometry, 1Fh capabilities.
 * Decides their bytes; nothing can be
 * changed, so MODE SELECT takes what is so already.
 */

import type { Answer } from "./answer.ts";
import { check, good } from "./answer.ts";
import type { Changer } from "./changer.ts";
import type { ElementKind } from "./elements.ts";
import type { ModePage } from "./mode-page.ts";
import { answerModeSense, receiveModeParameters } from "./mode-page.ts";
import { big, filled } from "./parameters.ts";
import { SENSE } from "./sense.ts";
import type { Call } from "./unit-shell.ts";

const PAGE_ORDER: readonly ElementKind[] = ["transport", "storage", "importExport", "drive"];
/** Storage, import/export and data transfer elements, but not the transport. */
const ALL_PLACES = 0x0e;

/** MODE SENSE(6) and (10). */
export function changerModeSense(changer: Changer, { cdb }: Call): Answer {
  const header = { deviceSpecific: 0, blockDescriptor: Buffer.alloc(0) };
  return answerModeSense(cdb, header, pagesOf(changer));
}

/** MODE SELECT(6) and (10): PF in byte 1; a list of pages as they are, without a block descriptor. */
export async function changerModeSelect(changer: Changer, call: Call): Promise<Answer | undefined> {
  const parameters = await receiveModeParameters(call, true);
  if ("answer" in parameters) {
    return parameters.answer;
  }
  const known = pagesOf(changer);
  const wrong = parameters.pages.find((listed) => {
    const page = known.find(({ code, subpage }) => {
      return code === listed.code && subpage === listed.subpage;
    });
    const isLength = page?.body.length === listed.bodyBytes;
    return !isLength || (listed.body.length === listed.bodyBytes && !page.body.equals(listed.body));
  });
  if (wrong !== undefined || parameters.blockDescriptor !== undefined) {
    return check(SENSE.invalidFieldInParameters);
  }
  return parameters.isCut ? check(SENSE.parameterListLength) : good();
}

function pagesOf(changer: Changer): ModePage[] {
  return [
    { code: 0x1d, subpage: 0, body: addressPage(changer) },
    // One transport element, which cannot turn a cartridge over.
    { code: 0x1e, subpage: 0, body: Buffer.alloc(2) },
    { code: 0x1f, subpage: 0, body: capabilityPage() },
  ];
}

/** For transport, storage, import/export, data transfer: first address 2, count 2; 2 reserved. */
function addressPage(changer: Changer): Buffer {
  const { ranges } = changer.parts.inventory;
  const pairs = PAGE_ORDER.map((kind) => {
    const range = ranges.find((one) => one.kind === kind);
    return Buffer.concat([big(range?.first ?? 0, 2), big(range?.count ?? 0, 2)]);
  });
  return Buffer.concat([...pairs, Buffer.alloc(2)]);
}

/** 0 what can hold cartridges, 2-5 moves and 10-13 exchanges from each kind. */
function capabilityPage(): Buffer {
  return filled(18, (body) => {
    body.writeUInt8(ALL_PLACES, 0);
    for (const from of [3, 4, 5, 11, 12, 13]) {
      body.writeUInt8(ALL_PLACES, from);
    }
  });
}
