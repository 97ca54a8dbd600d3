import assert from "node:assert/strict";
import { test } from "node:test";
import * as ev from "../../assembly/spec/event.ts";
import { type Answer, LaneHost, OTHER_NEXUS } from "./lane-host.ts";
import { DRIVE_FAILURE } from "./tape-drive.ts";

const NOTHING = new Uint8Array();
const ALL_BYTES = 255;
const MODE_CHANGED = "6/2A/01";
/** Pages with all subpages, in the order in which MODE SENSE gives them: code, subcode, bytes. */
const PAGES = [
  [0x01, 0, 12],
  [0x02, 0, 16],
  [0x0a, 0, 12],
  [0x0a, 0xf0, 32],
  [0x0f, 0, 16],
  [0x10, 0, 16],
  [0x10, 1, 32],
  [0x11, 0, 16],
  [0x1c, 0, 12],
] as const;
const CONTROL = "0a0a02000000000000000000";
const CONTROL_DESCRIPTORS = "0a0a06000000000000000000";
const COMPRESSION = "0f0ec080000000010000000100000000";
const CONFIGURATION = "100e000000000000400018000000" + "0100";
const HEADER = "00001000";
const REFUSED = "5/26/00";
const CUT = "5/1A/00";

/** "GOOD", or key and code of fixed or descriptor format. */
function words({ status, sense }: Answer): string {
  if (status === 0) {
    return "GOOD";
  }
  const isFixed = ((sense[0] ?? 0) & 0x7f) < 0x72;
  const [key, asc, ascq] = isFixed ? [sense[2], sense[12], sense[13]] : sense.subarray(1, 4);
  const hex = (byte = 0) => byte.toString(16).toUpperCase().padStart(2, "0");
  return `${(key ?? 0) & 15}/${hex(asc)}/${hex(ascq)}`;
}

function senseCdb(page: number, subpage: number, control = 0): number[] {
  return [0x1a, 8, (control << 6) | page, subpage, ALL_BYTES, 0];
}

function pageOf(host: LaneHost, page: number, subpage = 0, control = 0): string {
  const { data } = host.command(senseCdb(page, subpage, control), NOTHING, ALL_BYTES);
  return Buffer.from(data.subarray(4)).toString("hex");
}

function select(host: LaneHost, list: string, nexus?: number): Answer {
  const data = Buffer.from(list, "hex");
  return host.command([0x15, 0x10, 0, 0, data.length, 0], data, 0, nexus);
}

async function ready(settings = {}): Promise<LaneHost> {
  const host = await LaneHost.start(settings);
  host.mount();
  assert.equal(words(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0)), "6/28/00");
  host.nexus(OTHER_NEXUS, ev.NEXUS_ESTABLISHED);
  return host;
}

/** What waits for the other nexus. */
function toldToOther(host: LaneHost): string {
  return words(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0, OTHER_NEXUS));
}

test("all pages and subpages, each alone, and the header alone", async () => {
  const host = await ready();
  const all = Buffer.from(pageOf(host, 0x3f, 0xff), "hex");
  let at = 0;
  for (const [code, subcode, bytes] of PAGES) {
    const page = all.subarray(at, at + bytes);
    const head = subcode === 0 ? [code, bytes - 2] : [code | 0x40, subcode, 0, bytes - 4];
    assert.deepEqual([...page.subarray(0, head.length)], head);
    assert.equal(pageOf(host, code, subcode), page.toString("hex"));
    at += bytes;
  }
  assert.equal(at, all.length);
  const withoutSubpages = all.length - 2 * 32;
  assert.equal(pageOf(host, 0x3f).length, withoutSubpages * 2);
  assert.equal(pageOf(host, 0x10, 0xff).length, (16 + 32) * 2);
  assert.equal(pageOf(host, 0x00), "");
  const header = host.command([0x5a, 0, 0, 0, 0, 0, 0, 0, ALL_BYTES, 0], NOTHING, ALL_BYTES);
  assert.equal(Buffer.from(header.data).toString("hex"), `000e001000000008${"00".repeat(8)}`);
  for (const [page, subpage] of [
    [0x0a, 0xf1],
    [0x3e, 0],
    [0x0f, 1],
    [0, 1],
  ] as const) {
    assert.equal(words(host.command(senseCdb(page, subpage), NOTHING, ALL_BYTES)), "5/24/00");
  }
});

test("changeable, default and saved values", async () => {
  const host = await ready();
  const changeable = [
    [0x01, 0, `010a${"00".repeat(10)}`],
    [0x0a, 0, `0a0a04${"00".repeat(9)}`],
    [0x0f, 0, `0f0e80${"00".repeat(13)}`],
    [0x10, 0, `100e${"00".repeat(12)}0100`],
    [0x10, 1, `5001001c0000ffff${"00".repeat(24)}`],
  ] as const;
  for (const [page, subpage, expected] of changeable) {
    assert.equal(pageOf(host, page, subpage, 1), expected);
  }
  assert.equal(words(select(host, HEADER + CONTROL_DESCRIPTORS)), "GOOD");
  assert.equal(pageOf(host, 0x0a, 0, 0), CONTROL_DESCRIPTORS);
  assert.equal(pageOf(host, 0x0a, 0, 2), CONTROL);
  assert.equal(words(host.command(senseCdb(0x0a, 0, 3), NOTHING, ALL_BYTES)), "5/39/00");
});

test("MODE SELECT changes what can be changed, and tells the other nexus of changes only", async () => {
  const host = await ready();
  const compressed = COMPRESSION.replace("c0", "40");
  const lists = [
    [HEADER + CONTROL, "GOOD"],
    [HEADER + COMPRESSION + CONFIGURATION, "GOOD"],
    ["00001008" + "7f00000000000000", "GOOD"],
    ["00001008" + "0000000000000200", MODE_CHANGED],
    ["00000008" + "0000000000000200", MODE_CHANGED],
    [HEADER + compressed, MODE_CHANGED],
    [HEADER + CONFIGURATION, MODE_CHANGED],
    [HEADER + CONTROL_DESCRIPTORS, MODE_CHANGED],
  ] as const;
  for (const [list, told] of lists) {
    assert.equal(words(select(host, list)), "GOOD", list);
    assert.equal(toldToOther(host), told, list);
    assert.equal(words(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0)), "GOOD");
  }
  assert.equal(pageOf(host, 0x0f), COMPRESSION);
  assert.equal(words(select(host, HEADER + compressed)), "GOOD");
  assert.equal(pageOf(host, 0x10), CONFIGURATION.replace(/0100$/, "0000"));
});

test("a list that is not right changes nothing, and the sense data point to the place", async () => {
  const host = await ready();
  const before = pageOf(host, 0x3f, 0xff);
  const lists = [
    // Buffered mode 2; a density that the medium has not; a block that is too long.
    ["00002000", 2],
    ["00001008" + "4200000000000000", 4],
    ["00001008" + "0000000000800001", 9],
    // A page that is not there, one of another length, one with a field that cannot be changed.
    [`${HEADER}3e0400000000`, 4],
    [`${HEADER}0a0802000000000000000000`, 5],
    [HEADER + CONTROL_DESCRIPTORS.replace("0600", "0610"), 7],
    [HEADER + CONTROL_DESCRIPTORS + COMPRESSION.replace("c080", "4000"), 4 + 12 + 3],
  ] as const;
  for (const [list, place] of lists) {
    const answer = select(host, list);
    assert.equal(words(answer), REFUSED, list);
    const { sense } = answer;
    assert.deepEqual([sense[15], (sense[16] ?? 0) * 256 + (sense[17] ?? 0)], [0x80, place], list);
  }
  for (const list of ["000010", `00001007${"00".repeat(7)}`, "00001008", `${HEADER}0a0a02`]) {
    assert.equal(words(select(host, list)), CUT, list);
  }
  const longer = [0x15, 0x10, 0, 0, 12, 0];
  assert.equal(words(host.command(longer, Buffer.from(HEADER, "hex"), 0)), CUT);
  assert.equal(words(host.command([0x15, 0x11, 0, 0, 4, 0], Buffer.alloc(4), 0)), "5/24/00");
  assert.equal(words(host.command([0x15, 0x10, 0, 0, 0, 0], NOTHING, 0)), "GOOD");
  assert.equal(pageOf(host, 0x3f, 0xff), before);
  assert.equal(toldToOther(host), "GOOD");
});

test("a reset gives the defaults back, to every nexus", async () => {
  const host = await ready();
  const defaults = pageOf(host, 0x3f, 0xff);
  const list = `000000080000000000000200${CONTROL_DESCRIPTORS}`;
  assert.equal(words(select(host, list)), "GOOD");
  host.nexus(OTHER_NEXUS, ev.NEXUS_LU_RESET);
  assert.equal(words(host.command([0, 0, 0, 0, 0, 0], NOTHING, 0)), "6/29/03");
  assert.equal(pageOf(host, 0x3f, 0xff), defaults);
  const { data } = host.command([0x1a, 0, 0, 0, ALL_BYTES, 0], NOTHING, ALL_BYTES);
  assert.equal(Buffer.from(data).toString("hex"), `0b001008${"00".repeat(8)}`);
});

/** Descriptor format taken apart: its head, then each descriptor by its type. */
function descriptors(sense: Uint8Array): { head: number[]; byType: Map<number, string> } {
  assert.equal(sense.length, 8 + (sense[7] ?? 0));
  const byType = new Map<number, string>();
  for (let at = 8; at < sense.length; at += 2 + (sense[at + 1] ?? 0)) {
    const end = at + 2 + (sense[at + 1] ?? 0);
    byType.set(sense[at] ?? 0, Buffer.from(sense.subarray(at + 2, end)).toString("hex"));
  }
  return { head: [...sense.subarray(0, 4)], byType };
}

test("with D_SENSE every CHECK CONDITION carries descriptors, until the lane is reset", async () => {
  const host = await ready();
  host.command([0x0a, 0, 0, 0, 10, 0], new Uint8Array(10), 0);
  host.command([0x10, 0, 0, 0, 1, 0], NOTHING, 0);
  host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.equal(words(select(host, HEADER + CONTROL_DESCRIPTORS)), "GOOD");
  // Longer by 90 than the record: ILI, INFORMATION 90; shorter by 6: -6.
  const long = host.command([0x08, 0, 0, 0, 100, 0], NOTHING, 100);
  assert.equal(long.data.length, 10);
  const said = descriptors(long.sense);
  assert.deepEqual(said.head, [0x72, 0, 0, 0]);
  assert.deepEqual([said.byType.get(0), said.byType.get(4)], ["8000000000000000005a", "0020"]);
  host.command([0x01, 0, 0, 0, 0, 0], NOTHING, 0);
  const short = descriptors(host.command([0x08, 0, 0, 0, 4, 0], NOTHING, 4).sense);
  assert.equal(short.byType.get(0), "8000" + "fffffffffffffffa");
  const mark = descriptors(host.command([0x08, 0, 0, 0, 4, 0], NOTHING, 4).sense);
  assert.deepEqual([mark.head, mark.byType.get(4)], [[0x72, 0, 0, 1], "0080"]);
  const refused = descriptors(host.command([0x1a, 0, 0x3e, 0, 4, 0], NOTHING, 4).sense);
  assert.deepEqual([refused.head, refused.byType.size], [[0x72, 5, 0x24, 0], 0]);
  const pointed = descriptors(select(host, "00002000").sense);
  assert.equal(pointed.byType.get(2), "0000" + "800002" + "00");
  host.nexus(OTHER_NEXUS, ev.NEXUS_TARGET_RESET);
  const reset = host.command([0, 0, 0, 0, 0, 0], NOTHING, 0).sense;
  assert.deepEqual([reset[0], reset.length], [0x70, 18]);
});

test("a drive's own error, told late, in the format that the server has chosen", async () => {
  const host = await ready();
  assert.equal(words(select(host, HEADER + CONTROL_DESCRIPTORS)), "GOOD");
  host.drive.writeFailure = DRIVE_FAILURE;
  host.command([0x0a, 0, 0, 0, 10, 0], new Uint8Array(10), 0);
  const { sense } = host.command([0x10, 0, 0, 0, 0, 0], NOTHING, 0);
  assert.deepEqual(descriptors(sense).head, [0x73, 4, 0x44, 0]);
});

test("modes and what the other nexus has still to hear outlive a trapped core", async () => {
  const host = await ready({ successors: 1 });
  const list = `000000080000000000000200${CONTROL_DESCRIPTORS}`;
  assert.equal(words(select(host, list)), "GOOD");
  const before = pageOf(host, 0x3f, 0xff);
  host.trapIn(0);
  assert.equal(pageOf(host, 0x3f, 0xff), before);
  const { data } = host.command([0x1a, 0, 0, 0, ALL_BYTES, 0], NOTHING, ALL_BYTES);
  assert.equal(Buffer.from(data).toString("hex"), "0b000008" + "0000000000000200");
  assert.equal(host.command([0x1a, 0, 0x3e, 0, 4, 0], NOTHING, 4).sense[0], 0x72);
  assert.equal(toldToOther(host), MODE_CHANGED);
});
