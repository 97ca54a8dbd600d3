import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Framer } from "../../host/iscsi/framer.ts";
import { newBhs, paddingOf, type RawPdu } from "../../host/iscsi/pdu.ts";

const LIMIT = 4096;

interface Wanted {
  readonly opcode: number;
  readonly ahs: Uint8Array;
  readonly data: Uint8Array;
}

const pdus = fc.array(
  fc.record({
    opcode: fc.integer({ min: 0, max: 63 }),
    ahs: fc.integer({ min: 0, max: 3 }).map((words) => new Uint8Array(words * 4).fill(words)),
    data: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 8 },
);
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 50 });

function streamOf(wanted: readonly Wanted[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { opcode, ahs, data } of wanted) {
    const bhs = newBhs(opcode, 0x80, data.length);
    bhs[4] = ahs.length / 4;
    parts.push(bhs, ahs, data, new Uint8Array(paddingOf(data.length)));
  }
  return Buffer.concat(parts);
}

function* cut(stream: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let offset = 0;
  for (const length of lengths) {
    yield stream.subarray(offset, offset + length);
    offset += length;
  }
  yield stream.subarray(offset);
}

function plain(pdu: { ahs: Uint8Array; data: Uint8Array }, opcode: number) {
  return { opcode, ahs: [...pdu.ahs], data: [...pdu.data] };
}

test("any cut of a stream gives the same PDUs", () => {
  fc.assert(
    fc.property(pdus, cuts, (wanted, lengths) => {
      const found: object[] = [];
      const framer = new Framer({ dataSegmentBytesMax: LIMIT });
      for (const chunk of cut(streamOf(wanted), lengths)) {
        const fault = framer.push(chunk, (pdu) => found.push(plain(pdu, pdu.bhs[0] ?? -1)));
        assert.equal(fault, undefined);
      }
      assert.deepEqual(
        found,
        wanted.map((pdu) => plain(pdu, pdu.opcode)),
      );
    }),
  );
});

test("a sink gets the same bytes, in order, before its PDU", () => {
  fc.assert(
    fc.property(pdus, cuts, (wanted, lengths) => {
      const found: object[] = [];
      let collected: number[] = [];
      const framer = new Framer({ dataSegmentBytesMax: LIMIT }, (bhs) => {
        assert.deepEqual(collected, []);
        return (bhs[0] ?? 0) % 2 === 0 ? (piece) => collected.push(...piece) : undefined;
      });
      const take = (pdu: RawPdu) => {
        const opcode = pdu.bhs[0] ?? -1;
        const data = opcode % 2 === 0 ? Uint8Array.from(collected) : pdu.data;
        collected = [];
        found.push(plain({ ahs: pdu.ahs, data }, opcode));
      };
      for (const chunk of cut(streamOf(wanted), lengths)) {
        framer.push(chunk, take);
      }
      assert.deepEqual(
        found,
        wanted.map((pdu) => plain(pdu, pdu.opcode)),
      );
    }),
  );
});

test("arbitrary bytes never throw, and never give a segment over the limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 10 }), (chunks) => {
      const framer = new Framer({ dataSegmentBytesMax: LIMIT });
      for (const chunk of chunks) {
        framer.push(chunk, (pdu) => assert.ok(pdu.data.length <= LIMIT));
      }
    }),
  );
});

test("a data segment over the limit is a fault for good; at the limit it passes", () => {
  const framer = new Framer({ dataSegmentBytesMax: 8 });
  const emit = () => assert.fail("emitted");
  assert.equal(framer.push(newBhs(4, 0, 8), emit), undefined);
  const other = new Framer({ dataSegmentBytesMax: 8 });
  assert.match(other.push(newBhs(4, 0, 9), emit)?.reason ?? "", /9 bytes, limit 8/);
  assert.match(other.push(newBhs(4, 0, 0), emit)?.reason ?? "", /9 bytes/);
});

test("a chunk may be used again after push", () => {
  const wanted = [
    { opcode: 1, ahs: new Uint8Array(4).fill(4), data: new Uint8Array(101).fill(5) },
    { opcode: 2, ahs: new Uint8Array(0), data: new Uint8Array(7).fill(6) },
  ];
  const found: RawPdu[] = [];
  const framer = new Framer({ dataSegmentBytesMax: LIMIT });
  for (const chunk of cut(streamOf(wanted), [60, 94, 2, 100])) {
    framer.push(chunk, (pdu) => found.push(pdu));
    chunk.fill(0xee);
  }
  assert.deepEqual(
    found.map((pdu) => plain(pdu, pdu.bhs[0] ?? -1)),
    wanted.map((pdu) => plain(pdu, pdu.opcode)),
  );
});
