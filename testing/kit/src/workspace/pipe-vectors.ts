/** Golden vectors of the pipe between host and pRuntime: a frame of each kind whose body is Pha's own. */
import { FromPRuntime, PIPE_VERSION, PIPE_WINDOW, ToPRuntime, toFrame } from "@pha/pruntime/wire";
import { toHex } from "@pha/scale";

const fill = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const block = { number: 1234, hash: fill(1) };

const TO_PRUNTIME: readonly ToPRuntime[] = [
  {
    type: "Hello",
    value: {
      pipeVersion: PIPE_VERSION,
      role: { type: "Worker", value: undefined },
      operator: fill(2),
      genesisHeader: fill(3, 4),
      genesisProof: [fill(4, 2)],
    },
  },
  { type: "Batch", value: { headers: [fill(5, 4)], justification: fill(6, 3), proofs: [[]] } },
  { type: "Register", value: undefined },
  { type: "Query", value: { boot: fill(7), enc: fill(8), ciphertext: fill(9, 4) } },
  { type: "Proof", value: undefined },
  { type: "Proof", value: [fill(10, 2)] },
  { type: "Steps", value: [] },
  { type: "History", value: undefined },
  { type: "BlobRead", value: Uint8Array.of(7, 8) },
  { type: "BlobsKept", value: [new Uint8Array(32).fill(9)] },
  { type: "Credit", value: 3 },
  {
    type: "Warp",
    value: { headers: [fill(11, 4)], justifications: [fill(12, 3)], proof: [fill(13, 2)] },
  },
  { type: "Challenge", value: fill(14) },
  { type: "ChannelOpen", value: undefined },
  { type: "ChannelBytes", value: Uint8Array.of(22, 3, 1) },
  { type: "ChannelTaken", value: true },
  { type: "ChannelEnd", value: undefined },
  { type: "ChipKey", value: Uint8Array.of(48, 0) },
  { type: "TdQuote", value: Uint8Array.of(4, 0) },
];

const FROM_PRUNTIME: readonly FromPRuntime[] = [
  {
    type: "Ready",
    value: {
      pipeVersion: PIPE_VERSION,
      identity: fill(1),
      boot: fill(2),
      bootEncryption: fill(3),
      provider: "simulated",
      head: block,
    },
  },
  { type: "Read", value: { block, keys: [fill(4, 2)] } },
  { type: "ReadSteps", value: { cluster: fill(5), fromIndex: 7n } },
  { type: "ReadHistory", value: { from: 1, to: 256 } },
  {
    type: "Blob",
    value: {
      kind: { type: "Chunk", value: undefined },
      digest: new Uint8Array(32).fill(8),
      content: Uint8Array.of(1, 2, 3),
    },
  },
  {
    type: "ReadBlob",
    value: { blob: { digest: new Uint8Array(32).fill(8), bytes: 3 }, source: 1 },
  },
  { type: "QueryRefused", value: "query/wrong-boot" },
  {
    type: "Synced",
    value: {
      head: block,
      registered: true,
      clusters: [{ cluster: fill(6), phase: "serving", executed: 3, final: 2, waiting: 1 }],
      generations: [1n],
    },
  },
  { type: "BatchRefused", value: "light/gap" },
  { type: "Failed", value: "pipe/no-credit" },
  { type: "Credit", value: 64 },
  { type: "Challenged", value: Uint8Array.of(4, 1) },
  { type: "ChallengeRefused", value: "worker/challenge-busy" },
  { type: "ChannelBytes", value: Uint8Array.of(22, 3, 3) },
  { type: "ChannelTaken", value: false },
  { type: "ChannelEnd", value: "ra-tls/no-answer" },
  {
    type: "ReadChipKey",
    value: {
      line: { type: "Turin", value: undefined },
      chipId: fill(7, 8),
      ...{ bootloader: 1, tee: 2, snp: 3, microcode: 4, fmc: 5 },
    },
  },
  { type: "ReadTdQuote", value: fill(20, 1_024) },
];

const REQUEST_ID = 0x0a0b_0c0d;

export function pipeVectors() {
  return {
    version: PIPE_VERSION,
    window: PIPE_WINDOW,
    requestId: REQUEST_ID,
    toPRuntime: TO_PRUNTIME.map((message) => ({
      type: message.type,
      frame: toHex(toFrame(ToPRuntime, REQUEST_ID, message)),
    })),
    fromPRuntime: FROM_PRUNTIME.map((message) => ({
      type: message.type,
      frame: toHex(toFrame(FromPRuntime, REQUEST_ID, message)),
    })),
  };
}
