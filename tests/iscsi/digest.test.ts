/** Digests: the examples of RFC 3720, B.4, and the framer against a CRC32C written bit by bit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  continueCrc,
  DIGEST_BYTES,
  digestsOf,
  headerToSend,
  isDigestOf,
  NO_DIGESTS,
  trailerToSend,
} from "../../host/iscsi/digest.ts";
import { Framer, type FramerFault } from "../../host/iscsi/framer.ts";
import { BHS_BYTES, newBhs, paddingOf } from "../../host/iscsi/pdu.ts";

const BOTH = { header: true, data: true };
const TOTAL_AHS_LENGTH_AT = 4;
const DATA_SEGMENT_LENGTH_AT = 5;
const SCSI_READ_PDU =
  "01c00000 00000000 00000000 00000000 14000000 00000400 " +
  "00000014 00000018 28000000 00000000 02000000 00000000";

/** Bytes and their digest in the order in which it is sent. */
const EXAMPLES: readonly (readonly [string, Uint8Array, string])[] = [
  ["32 bytes of zeros", new Uint8Array(32), "aa36918a"],
  ["32 bytes of ones", new Uint8Array(32).fill(0xff), "43aba862"],
  ["32 incrementing bytes", Uint8Array.from({ length: 32 }, (_, index) => index), "4e79dd46"],
  ["32 decrementing bytes", Uint8Array.from({ length: 32 }, (_, index) => 31 - index), "5cdb3f11"],
  ["an iSCSI SCSI READ (10) command", hex(SCSI_READ_PDU), "563a96d9"],
];

function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

/** CRC32C bit by bit, reflected, as it is sent. */
function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  let crc = 0xffffffff;
  for (const byte of Buffer.concat(parts)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    }
  }
  const digest = Buffer.alloc(DIGEST_BYTES);
  digest.writeUInt32LE(~crc >>> 0);
  return digest;
}

for (const [name, bytes, expected] of EXAMPLES) {
  test(`digest of ${name}`, () => {
    assert.equal(Buffer.from(digestOf(bytes)).toString("hex"), expected);
    const header = headerToSend(bytes, BOTH);
    assert.deepEqual(
      Buffer.from(header).toString("hex"),
      Buffer.from(bytes).toString("hex") + expected,
    );
    const halves = [bytes.subarray(0, 13), bytes.subarray(13)];
    assert.equal(Buffer.from(trailerToSend(halves, bytes.length, BOTH)).toString("hex"), expected);
    assert.ok(isDigestOf(continueCrc(0, bytes), hex(expected)));
    for (let at = 0; at < DIGEST_BYTES; at += 1) {
      const wrong = hex(expected);
      wrong[at] = (wrong[at] ?? 0) ^ 0x80;
      assert.ok(!isDigestOf(continueCrc(0, bytes), wrong));
    }
  });
}

test("the data digest covers the padding, and stands behind it", () => {
  for (const length of [1, 2, 3, 4, 5]) {
    const data = new Uint8Array(length).fill(0xa5);
    const padding = new Uint8Array(paddingOf(length));
    assert.deepEqual(
      [...trailerToSend([data], length, BOTH)],
      [...padding, ...digestOf(data, padding)],
    );
    assert.deepEqual([...trailerToSend([data], length, NO_DIGESTS)], [...padding]);
  }
  assert.equal(trailerToSend([], 0, BOTH).length, 0, "no data, no digest");
});

test("without a header digest the header is sent as it is", () => {
  const bhs = newBhs(1, 0x80, 0);
  assert.equal(headerToSend(bhs, { header: false, data: true }), bhs);
});

test("what was agreed decides", () => {
  assert.deepEqual(digestsOf({ headerDigest: "CRC32C", dataDigest: "None" }), {
    header: true,
    data: false,
  });
  assert.deepEqual(digestsOf({ headerDigest: "None", dataDigest: "CRC32C" }), {
    header: false,
    data: true,
  });
});

const sent = fc.record({
  opcode: fc.integer({ min: 0, max: 63 }),
  ahs: fc.integer({ min: 0, max: 3 }).map((words) => new Uint8Array(words * 4).fill(words)),
  data: fc.uint8Array({ maxLength: 300 }),
});
const digestChoices = fc.record({ header: fc.boolean(), data: fc.boolean() });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 50 });

type Sent = typeof sent extends fc.Arbitrary<infer T> ? T : never;

function bytesOf({ opcode, ahs, data }: Sent, digests: typeof BOTH): Uint8Array {
  const bhs = newBhs(opcode, 0x80, data.length);
  bhs[TOTAL_AHS_LENGTH_AT] = ahs.length / 4;
  const parts = [bhs, ahs];
  if (digests.header) {
    parts.push(digestOf(bhs, ahs));
  }
  const padding = new Uint8Array(paddingOf(data.length));
  parts.push(data, padding);
  if (digests.data && data.length > 0) {
    parts.push(digestOf(data, padding));
  }
  return Buffer.concat(parts);
}

/** What comes of a stream in these pieces; data of an odd operation code goes to a sink. */
function read(stream: Uint8Array, lengths: readonly number[], digests: typeof BOTH) {
  const found: { opcode: number; ahs: number[]; data: number[] }[] = [];
  let collected: number[] = [];
  const framer = new Framer({ dataSegmentBytesMax: 4096 }, (bhs) => {
    collected = [];
    return (bhs[0] ?? 0) % 2 === 1 ? (piece) => collected.push(...piece) : undefined;
  });
  framer.digests = digests;
  let fault: FramerFault | undefined;
  let offset = 0;
  for (const length of [...lengths, stream.length]) {
    fault = framer.push(stream.subarray(offset, offset + length), ({ bhs, ahs, data }) => {
      found.push({ opcode: bhs[0] ?? -1, ahs: [...ahs], data: [...data, ...collected] });
      collected = [];
    });
    offset += length;
  }
  return { found, fault };
}

function plain({ opcode, ahs, data }: Sent) {
  return { opcode, ahs: [...ahs], data: [...data] };
}

test("any cut of a stream with any digests gives its PDUs", () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 6 }), cuts, digestChoices, (all, lengths, digests) => {
      const stream = Buffer.concat(all.map((each) => bytesOf(each, digests)));
      const { found, fault } = read(stream, lengths, digests);
      assert.equal(fault, undefined);
      assert.deepEqual(found, all.map(plain));
    }),
  );
});

test("a PDU with one wrong bit is not emitted, nor anything behind it", () => {
  const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(
      sent,
      sent,
      sent,
      place,
      fc.nat(7),
      cuts,
      (first, second, third, at, bit, lengths) => {
        const [before, wrong, after] = [first, second, third].map((each) => bytesOf(each, BOTH));
        assert.ok(before && wrong && after);
        const index = Math.floor(at * wrong.length);
        wrong[index] = (wrong[index] ?? 0) ^ (1 << bit);
        const { found, fault } = read(Buffer.concat([before, wrong, after]), lengths, BOTH);
        assert.deepEqual(found, [plain(first)]);
        if (index !== TOTAL_AHS_LENGTH_AT) {
          const headerBytes = BHS_BYTES + second.ahs.length + DIGEST_BYTES;
          assert.equal(fault?.kind, index < headerBytes ? "headerDigest" : "dataDigest");
        }
      },
    ),
  );
});

test("a length is not believed before the header digest was right", () => {
  const bytes = bytesOf({ opcode: 5, ahs: new Uint8Array(0), data: new Uint8Array(0) }, BOTH);
  bytes[DATA_SEGMENT_LENGTH_AT] = 0xff;
  const framer = new Framer({ dataSegmentBytesMax: 8 }, () => assert.fail("sink chosen"));
  framer.digests = BOTH;
  const fault = framer.push(bytes, () => assert.fail("emitted"));
  assert.deepEqual([fault?.kind, fault?.reason], ["headerDigest", "header digest error"]);
});

test("digests that are agreed in one PDU count from the next one on", () => {
  const [login, next] = [
    bytesOf({ opcode: 3, ahs: new Uint8Array(0), data: Uint8Array.of(1, 2, 3) }, NO_DIGESTS),
    bytesOf({ opcode: 4, ahs: new Uint8Array(0), data: Uint8Array.of(4, 5) }, BOTH),
  ];
  const opcodes: number[] = [];
  const framer = new Framer({ dataSegmentBytesMax: 8 });
  const fault = framer.push(Buffer.concat([login, next]), ({ bhs }) => {
    framer.digests = BOTH;
    opcodes.push(bhs[0] ?? -1);
  });
  assert.equal(fault, undefined);
  assert.deepEqual(opcodes, [3, 4]);
});
