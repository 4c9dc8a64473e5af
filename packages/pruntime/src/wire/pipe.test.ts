import { concatBytes } from "@pha/scale";
import { expect, test } from "vitest";
import { createFrameReader, FromPRuntime, fromFrame, ToPRuntime, toFrame } from "./index.ts";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const block = { number: 3, hash: fill(1) };

const toPRuntime: readonly ToPRuntime[] = [
  {
    type: "Hello",
    value: {
      pipeVersion: 3,
      role: { type: "Gatekeeper", value: undefined },
      operator: fill(2),
      genesisHeader: fill(3, 100),
      genesisProof: [fill(4, 50)],
    },
  },
  {
    type: "Batch",
    value: { headers: [fill(5, 90)], justification: fill(6, 80), proofs: [[fill(7, 70)]] },
  },
  {
    type: "Warp",
    value: {
      headers: [fill(5, 90), fill(6, 90)],
      justifications: [fill(7, 80), fill(8, 80)],
      proof: [fill(9, 70)],
    },
  },
  { type: "Register", value: undefined },
  { type: "Query", value: { boot: fill(8), enc: fill(9), ciphertext: fill(10, 40) } },
  { type: "Proof", value: undefined },
  { type: "Proof", value: [fill(11, 33)] },
  { type: "Steps", value: [] },
  { type: "History", value: { headers: [fill(12, 90)], proofs: [[]] } },
  { type: "History", value: undefined },
  { type: "BlobRead", value: fill(4, 90) },
  { type: "BlobRead", value: undefined },
  { type: "BlobsKept", value: [fill(5, 32)] },
  { type: "Credit", value: 64 },
  { type: "Challenge", value: fill(14) },
  { type: "ChannelOpen", value: undefined },
  { type: "ChannelBytes", value: fill(15, 64 << 10) },
  { type: "ChannelTaken", value: true },
  { type: "ChannelEnd", value: undefined },
  { type: "ChipKey", value: fill(17, 90) },
  { type: "ChipKey", value: undefined },
  { type: "TdQuote", value: fill(18, 4_936) },
  { type: "TdQuote", value: undefined },
];

const fromPRuntime: readonly FromPRuntime[] = [
  {
    type: "Ready",
    value: {
      pipeVersion: 3,
      identity: fill(1),
      boot: fill(2),
      bootEncryption: fill(3),
      provider: "simulated",
      head: block,
    },
  },
  { type: "Read", value: { block, keys: [fill(4, 48)] } },
  { type: "ReadSteps", value: { cluster: fill(5), fromIndex: 7n } },
  { type: "ReadHistory", value: { from: 1, to: 256 } },
  {
    type: "Blob",
    value: { kind: { type: "Chunk", value: undefined }, digest: fill(6, 32), content: fill(7, 9) },
  },
  { type: "ReadBlob", value: { blob: { digest: fill(8, 32), bytes: 9 }, source: 2 } },
  { type: "QueryRefused", value: "query/wrong-boot" },
  {
    type: "Synced",
    value: {
      head: block,
      registered: true,
      clusters: [{ cluster: fill(6), phase: "serving", executed: 1, final: 1, waiting: 0 }],
      generations: [1n],
    },
  },
  { type: "BatchRefused", value: "light/gap" },
  { type: "Failed", value: "start/no-authorities" },
  { type: "Credit", value: 1 },
  { type: "ChannelBytes", value: fill(16, 3) },
  { type: "ChannelTaken", value: false },
  { type: "ChannelEnd", value: "ra-tls/ended" },
  {
    type: "ReadChipKey",
    value: {
      line: { type: "Milan", value: undefined },
      chipId: fill(7, 64),
      ...{ bootloader: 1, tee: 2, snp: 3, microcode: 4, fmc: undefined },
    },
  },
  { type: "ReadTdQuote", value: fill(19, 1_024) },
];

function roundTrip<T>(codec: Parameters<typeof toFrame<T>>[0], message: T): unknown {
  const frames = createFrameReader().push(toFrame(codec, 42, message));
  if (!frames.ok) throw new Error(frames.error.code);
  const [frame] = frames.value;
  expect(frame?.requestId).toBe(42);
  const decoded = frame && fromFrame(codec, frame);
  return decoded?.ok ? decoded.value : decoded;
}

test.each(
  toPRuntime.map((one) => [one.type, one] as const),
)("%s comes down the pipe as it was", (_, one) => {
  expect(roundTrip(ToPRuntime, one)).toEqual(one);
});

test.each(
  fromPRuntime.map((one) => [one.type, one] as const),
)("%s goes up the pipe as it was", (_, one) => {
  expect(roundTrip(FromPRuntime, one)).toEqual(one);
});

test("unknown kinds, cut bodies and bytes behind the end are refused", () => {
  const decode = (kind: number, body: Uint8Array) =>
    fromFrame(ToPRuntime, { message: concatBytes(Uint8Array.of(kind), body) }).ok;
  expect(decode(2, new Uint8Array(0))).toBe(true);
  expect(decode(2, new Uint8Array(1))).toBe(false);
  expect(decode(8, new Uint8Array(3))).toBe(true);
  expect(decode(8, new Uint8Array(4))).toBe(false);
  expect(decode(9, new Uint8Array(0))).toBe(false);
  expect(decode(12, new Uint8Array(1))).toBe(false);
  expect(decode(13, concatBytes(Uint8Array.of(6, 0, 4, 0), new Uint8Array((64 << 10) + 1)))).toBe(
    false,
  );
  expect(decode(14, Uint8Array.of(2))).toBe(false);
  expect(decode(128, new Uint8Array(0))).toBe(false);
  expect(decode(3, fill(1, 64))).toBe(false);
});
