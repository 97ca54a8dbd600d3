/** The storage map: a permutation with hidden places, and volume tags. */
import { addCartridge, KIND_SPARE, place, setCartridgeKind } from "../changer/cartridge-table.ts";
import { addElement } from "../changer/element-table.ts";
import { NONE, STORAGE_BASE } from "../changer/limits.ts";
import {
  exchange,
  findFree,
  hidden,
  makeRoom,
  realStorage,
  resetMap,
  setHidden,
  tuck,
  virtualIndex,
} from "../changer/storage-map.ts";
import { tagBlank, tagEqual, tagNormalize } from "../changer/tag.ts";
import { tagCleaning } from "../lib/volume-tag.ts";
import { ELEMENT_TYPE_STORAGE } from "../spec/element.ts";

const A: usize = memory.data(32, 8);
const B: usize = memory.data(32, 8);

describe("volume tags", () => {
  test("what follows a zero is blank", () => {
    memory.fill(A, 0x41, 32);
    store<u8>(A + 3, 0);
    tagNormalize(B as u32, A as u32);
    expect(load<u8>(B + 2)).toBe(0x41);
    expect(load<u8>(B + 3)).toBe(0x20);
    expect(load<u8>(B + 31)).toBe(0x20);
    expect(tagBlank(B as u32)).toBe(false);
    expect(tagEqual(A as u32, B as u32)).toBe(false);
  });
  test("cleaning cartridges", () => {
    store<u32>(A, 0x554e4c43);
    expect(tagCleaning(A as u32)).toBe(true);
    store<u8>(A, 0x44);
    expect(tagCleaning(A as u32)).toBe(false);
  });
});

describe("the storage map", () => {
  test("exchanges places and keeps what is hidden", () => {
    for (let i: u32 = 0; i < 4; i++) addElement(ELEMENT_TYPE_STORAGE, 100 + i);
    resetMap();
    setHidden(3, true);
    exchange(1, 3);
    expect(realStorage(1)).toBe(STORAGE_BASE + 3);
    expect(realStorage(3)).toBe(STORAGE_BASE + 1);
    expect(hidden(3)).toBe(true);
    expect(hidden(1)).toBe(false);
    expect(virtualIndex(STORAGE_BASE + 1)).toBe(3);
  });
  test("tucks a hidden cartridge behind a hidden place, and makes room", () => {
    const spare = addCartridge(A as u32);
    place(spare, STORAGE_BASE);
    setCartridgeKind(spare, KIND_SPARE, 0);
    expect(tuck()).toBe(true);
    expect(virtualIndex(STORAGE_BASE)).toBe(3);
    expect(tuck()).toBe(false);
    expect(findFree(true, NONE)).toBe(NONE);
    expect(makeRoom(0)).toBe(true);
  });
});
