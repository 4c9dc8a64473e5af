/** What pRuntime sends up the pipe. */
import {
  BlobRef,
  BlockRef,
  Ed25519Key,
  Hash,
  LOCAL_TD_REPORT_BYTES,
  Registration,
  SealedAnswer,
  SignedMessage,
  SignedReply,
  Sr25519Key,
  X25519Key,
} from "@pha/protocol";
import {
  bool,
  boundedBytes,
  boundedStr,
  type CodecType,
  fixedBytes,
  option,
  struct,
  u8,
  u16,
  u32,
  u64,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";
import { BlobContent, MAX_CHANNEL_BYTES } from "./to-pruntime.ts";

export const ClusterStatus = struct({
  cluster: Hash,
  phase: boundedStr(32),
  executed: u32,
  final: u32,
  waiting: u32,
});

export const Status = struct({
  head: BlockRef,
  registered: bool,
  clusters: vec(ClusterStatus, 64),
  generations: vec(u64, 8),
});
export type Status = CodecType<typeof Status>;

export const AnswerProof = struct({
  block: BlockRef,
  identity: Sr25519Key,
  boot: Ed25519Key,
  cluster: Hash,
});

export const BlobKind = variants({
  Delta: variant(0, unit),
  Manifest: variant(1, unit),
  Chunk: variant(2, unit),
  Reply: variant(3, unit),
});

/** What AMD's key distribution service is asked by. */
export const ChipKeyName = struct({
  line: variants({
    Milan: variant(0, unit),
    Genoa: variant(1, unit),
    Turin: variant(2, unit),
  }),
  chipId: boundedBytes(64),
  bootloader: u8,
  tee: u8,
  snp: u8,
  microcode: u8,
  /** Turin and later only. */
  fmc: option(u8),
});
export type ChipKeyName = CodecType<typeof ChipKeyName>;

/** The enum's index is the frame's kind; answers carry the id of their request, reads one of pRuntime's own. */
export const FromPRuntime = variants({
  Ready: variant(
    128,
    struct({
      pipeVersion: u16,
      identity: Sr25519Key,
      boot: Ed25519Key,
      bootEncryption: X25519Key,
      /** Kind of evidence that the platform gives, as the provider names it. */
      provider: boundedStr(32),
      /** Newest block it has: the first batch starts at the next one. */
      head: BlockRef,
    }),
  ),
  Registration: variant(
    129,
    struct({ registration: Registration, evidence: boundedBytes(64 << 10) }),
  ),
  Message: variant(130, SignedMessage),
  Read: variant(131, struct({ block: BlockRef, keys: vec(boundedBytes(512), 1024) })),
  ReadSteps: variant(132, struct({ cluster: Hash, fromIndex: u64 })),
  ReadHistory: variant(133, struct({ from: u32, to: u32 })),
  Answer: variant(134, struct({ sealed: SealedAnswer, proofOf: AnswerProof })),
  QueryRefused: variant(135, boundedStr(64)),
  Reply: variant(136, SignedReply),
  Synced: variant(137, Status),
  BatchRefused: variant(138, boundedStr(128)),
  /** pRuntime cannot go on; the reason's code. */
  Failed: variant(139, boundedStr(128)),
  /** So many notes were taken in. */
  Credit: variant(140, u8),
  /** To be kept where others find it, as soon as the chain refers to it. */
  Blob: variant(141, struct({ kind: BlobKind, digest: Hash, content: BlobContent })),
  /** `source` names one of the host's sources, modulo of how many it has. */
  ReadBlob: variant(142, struct({ blob: BlobRef, source: u32 })),
  /** Evidence over the nonce of a challenge. */
  Challenged: variant(143, boundedBytes(64 << 10)),
  ChallengeRefused: variant(144, boundedStr(64)),
  ChannelBytes: variant(145, boundedBytes(MAX_CHANNEL_BYTES)),
  /** Answers `ChannelOpen` and `ChannelBytes` of the host: whether the channel goes on. */
  ChannelTaken: variant(146, bool),
  /** Why it is over; empty of one that ended as it should. */
  ChannelEnd: variant(147, boundedStr(64)),
  /** Certificate of the chip's key, which this machine does not give. */
  ReadChipKey: variant(148, ChipKeyName),
  /** Intel's quote of a local report of this machine, which has no quoting service. */
  ReadTdQuote: variant(149, fixedBytes(LOCAL_TD_REPORT_BYTES)),
});
export type FromPRuntime = CodecType<typeof FromPRuntime>;
