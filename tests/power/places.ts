/** Where the server sees which volume tag, and the moves that it asks for. */

import { parseElementStatus } from "../../tools/demo/changer-client.ts";
import type { Stage } from "../recovery/kit.ts";
import type { Places } from "./told.ts";

/** The volume that stories are about. */
export const VOLUME = "UND001L9";

const ELEMENT_STATUS_BYTES = 0x1_0000;

/** The full elements that the server sees. */
export async function placesOf(stage: Stage): Promise<Places> {
  const changer = await stage.server(0);
  const dataIn = Buffer.alloc(ELEMENT_STATUS_BYTES);
  const cdb = [0xb8, 0x10, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0];
  const bytes = await changer.good(cdb, { dataIn });
  await changer.logOut();
  return parseElementStatus(dataIn.subarray(0, bytes))
    .filter(({ isFull }) => isFull)
    .map(({ address, volumeTag }) => `${address} ${volumeTag}`)
    .sort();
}

/** The same with the volume at another element. */
export function withVolumeAt(places: Places, address: number): Places {
  return [
    ...places.filter((place) => !place.endsWith(` ${VOLUME}`)),
    `${address} ${VOLUME}`,
  ].sort();
}

/** MOVE MEDIUM. */
export async function move(stage: Stage, from: number, to: number): Promise<void> {
  const changer = await stage.server(0);
  await changer.move(from, to);
  await changer.logOut();
}
