import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  answerOffer,
  DEFAULT_PARAMETERS,
  makeOffer,
  parseKeyNumber,
  type SessionParameters,
  settleOffer,
} from "../../host/iscsi/negotiate.ts";

const length = fc.integer({ min: 512, max: 2 ** 24 - 1 });

const digestLists = fc.constantFrom("None", "None,CRC32C", "CRC32C,None");

const sides: fc.Arbitrary<SessionParameters> = fc.record({
  maxRecvDataSegmentLengthOwn: length,
  maxRecvDataSegmentLengthPeer: fc.constant(8192),
  maxBurstLength: length,
  firstBurstLength: length,
  initialR2T: fc.boolean(),
  immediateData: fc.boolean(),
  maxOutstandingR2T: fc.integer({ min: 1, max: 65535 }),
  errorRecoveryLevel: fc.integer({ min: 0, max: 2 }),
  defaultTime2Wait: fc.integer({ min: 0, max: 3600 }),
  defaultTime2Retain: fc.integer({ min: 0, max: 3600 }),
  maxConnections: fc.integer({ min: 1, max: 65535 }),
  dataPDUInOrder: fc.boolean(),
  dataSequenceInOrder: fc.boolean(),
  iSCSIProtocolLevel: fc.constant(1),
  headerDigest: digestLists,
  dataDigest: digestLists,
  taskReporting: fc.constant("RFC3720"),
});

test("both sides come to the same values, within what either is willing to do", () => {
  fc.assert(
    fc.property(sides, sides, (asking, asked) => {
      const answering = answerOffer(asked, DEFAULT_PARAMETERS, makeOffer(asking));
      const settled = settleOffer(asking, [
        ...answering.answers,
        ["MaxRecvDataSegmentLength", String(asked.maxRecvDataSegmentLengthOwn)],
      ]);
      assert.ok(!("fault" in settled), JSON.stringify(settled));
      const found = answering.parameters;
      assert.equal(found.maxRecvDataSegmentLengthPeer, asking.maxRecvDataSegmentLengthOwn);
      assert.equal(settled.maxRecvDataSegmentLengthPeer, asked.maxRecvDataSegmentLengthOwn);
      assert.deepEqual(
        { ...settled, maxRecvDataSegmentLengthOwn: 0, maxRecvDataSegmentLengthPeer: 0 },
        { ...found, maxRecvDataSegmentLengthOwn: 0, maxRecvDataSegmentLengthPeer: 0 },
      );
      assert.ok(found.firstBurstLength <= found.maxBurstLength);
      assert.equal(found.maxBurstLength, Math.min(asking.maxBurstLength, asked.maxBurstLength));
      assert.equal(found.initialR2T, asking.initialR2T || asked.initialR2T);
      assert.equal(found.immediateData, asking.immediateData && asked.immediateData);
      assert.equal(
        found.defaultTime2Wait,
        Math.max(asking.defaultTime2Wait, asked.defaultTime2Wait),
      );
    }),
  );
});

test("arbitrary keys and values never throw, and never leave the ranges", () => {
  const names = fc.oneof(
    fc.string(),
    fc.constantFrom(...makeOffer(DEFAULT_PARAMETERS).map(([key]) => key), "IFMarker", "OFMarkInt"),
  );
  const values = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("Yes", "None"));
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values)), (offer) => {
      const { parameters } = answerOffer(DEFAULT_PARAMETERS, DEFAULT_PARAMETERS, offer);
      assert.ok(parameters.maxRecvDataSegmentLengthPeer >= 512);
      assert.ok(parameters.maxBurstLength >= 512);
      assert.ok(parameters.maxBurstLength <= DEFAULT_PARAMETERS.maxBurstLength);
      assert.equal(parameters.maxConnections, 1);
      settleOffer(DEFAULT_PARAMETERS, offer);
    }),
  );
});

const ANSWERS: readonly [string, string, string | undefined][] = [
  ["HeaderDigest", "CRC32C,None", "None"],
  ["HeaderDigest", "CRC32C", "Reject"],
  ["MaxBurstLength", "0x10000", "65536"],
  ["MaxBurstLength", "511", "Reject"],
  ["MaxBurstLength", "16777216", "Reject"],
  ["MaxBurstLength", "-1", "Reject"],
  ["ImmediateData", "yes", "Reject"],
  ["ErrorRecoveryLevel", "2", "0"],
  ["DefaultTime2Wait", "7", "7"],
  ["MaxRecvDataSegmentLength", "65536", undefined],
  ["MaxRecvDataSegmentLength", "1", "Reject"],
  ["IFMarker", "Yes", "No"],
  ["OFMarkInt", "2048~8192", "Reject"],
  ["iSCSIProtocolLevel", "2", "1"],
  ["TaskReporting", "FastAbort,RFC3720", "RFC3720"],
  ["X-org.example", "1", "NotUnderstood"],
];

for (const [key, value, expected] of ANSWERS) {
  test(`answer to ${key}=${value}`, () => {
    const { answers } = answerOffer(DEFAULT_PARAMETERS, DEFAULT_PARAMETERS, [[key, value]]);
    assert.deepEqual(answers, expected === undefined ? [] : [[key, expected]]);
  });
}

test("of two lists the order of the asking side decides, and each can insist", () => {
  const answer = (own: string, offered: string) =>
    answerOffer({ ...DEFAULT_PARAMETERS, headerDigest: own }, DEFAULT_PARAMETERS, [
      ["HeaderDigest", offered],
    ]);
  for (const [own, offered, expected] of [
    ["None,CRC32C", "CRC32C,None", "CRC32C"],
    ["CRC32C,None", "None,CRC32C", "None"],
    ["None,CRC32C", "CRC32C", "CRC32C"],
    ["None", "CRC32C,None", "None"],
    ["CRC32C", "None,CRC32C", "CRC32C"],
    ["None,CRC32C", "SHA9,CRC32C", "CRC32C"],
  ] as const) {
    const { parameters, answers } = answer(own, offered);
    assert.deepEqual(answers, [["HeaderDigest", expected]]);
    assert.equal(parameters.headerDigest, expected);
  }
  assert.deepEqual(answer("CRC32C", "None").answers, [["HeaderDigest", "Reject"]]);
  const list = settleOffer({ ...DEFAULT_PARAMETERS, dataDigest: "CRC32C,None" }, [
    ["DataDigest", "CRC32C,None"],
  ]);
  assert.ok("fault" in list, "an answer is one value");
  const insisting = { ...DEFAULT_PARAMETERS, dataDigest: "CRC32C" };
  for (const answers of [[["DataDigest", "Reject"]], [["DataDigest", "None"]], []] as const) {
    assert.ok("fault" in settleOffer(insisting, answers), "None was not offered");
  }
});

test("an answer that was not offered is a fault", () => {
  const own = { ...DEFAULT_PARAMETERS, initialR2T: true };
  for (const [key, value] of [
    ["InitialR2T", "No"],
    ["MaxBurstLength", "262145"],
    ["HeaderDigest", "CRC32C"],
    ["DefaultTime2Wait", "1"],
    ["MaxConnections", "zero"],
  ] as const) {
    assert.ok("fault" in settleOffer(own, [[key, value]]), key);
  }
  for (const value of ["Reject", "Irrelevant", "NotUnderstood"]) {
    const settled = settleOffer(own, [["MaxBurstLength", value]]);
    assert.deepEqual(settled, own);
  }
});

test("numbers: decimal and hexadecimal only", () => {
  assert.equal(parseKeyNumber("0x1F"), 31);
  assert.equal(parseKeyNumber("12"), 12);
  for (const value of ["", " 1", "1.5", "1e3", "0x", "-1", "99999999999"]) {
    assert.equal(parseKeyNumber(value), undefined);
  }
});
