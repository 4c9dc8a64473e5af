/** What the host may send down the pipe. */
import {
  AccountId,
  Hash,
  MAX_BLOB_BYTES,
  MAX_CERTIFICATE_BYTES,
  MAX_RECEIPT_BLOBS,
  MAX_TD_QUOTE_BYTES,
  ReadProof,
  SealedQuery,
  StateStep,
  SyncBatch,
  SyncWarp,
  WorkerRole,
} from "@pha/protocol";
import {
  bool,
  boundedBytes,
  type CodecType,
  option,
  struct,
  u8,
  u16,
  unit,
  variant,
  variants,
  vec,
} from "@pha/scale";

export const PIPE_VERSION = 8;

const Header = boundedBytes(256 << 10);

export const BlobContent = boundedBytes(MAX_BLOB_BYTES);

/** Bytes of one frame of a channel. */
export const MAX_CHANNEL_BYTES = 64 << 10;

export const Hello = struct({
  pipeVersion: u16,
  role: WorkerRole,
  operator: AccountId,
  genesisHeader: Header,
  genesisProof: ReadProof,
});

export const KeptBlobs = vec(Hash, MAX_RECEIPT_BLOBS);

/** The enum's index is the frame's kind. */
export const ToPRuntime = variants({
  Hello: variant(0, Hello),
  Batch: variant(1, SyncBatch),
  Register: variant(2, unit),
  Query: variant(3, SealedQuery),
  Proof: variant(4, option(ReadProof)),
  Steps: variant(5, vec(StateStep, 64)),
  History: variant(6, option(struct({ headers: vec(Header, 512), proofs: vec(ReadProof, 512) }))),
  /** So many notes were taken in. */
  Credit: variant(7, u8),
  Warp: variant(8, SyncWarp),
  /** Absent: the source does not have it. */
  BlobRead: variant(9, option(BlobContent)),
  /** Blobs that the host keeps, and of a manifest all that it names. */
  BlobsKept: variant(10, KeptBlobs),
  /** Nonce of somebody who wants evidence made now. */
  Challenge: variant(11, Hash),
  /**
   * Somebody connected: the frame's id names the channel from now on. Bytes of a channel go one frame at a time in each
   * direction; the answer says whether it goes on.
   */
  ChannelOpen: variant(12, unit),
  ChannelBytes: variant(13, boundedBytes(MAX_CHANNEL_BYTES)),
  /** Answers `ChannelBytes` of pRuntime. */
  ChannelTaken: variant(14, bool),
  /** Nothing comes any more, and nothing is taken. */
  ChannelEnd: variant(15, unit),
  /** DER, as AMD's service gave it; absent: it has none, or is not asked. */
  ChipKey: variant(16, option(boundedBytes(MAX_CERTIFICATE_BYTES))),
  /** As the machine's metadata service gave it; absent: it gives none. */
  TdQuote: variant(17, option(boundedBytes(MAX_TD_QUOTE_BYTES))),
});
export type ToPRuntime = CodecType<typeof ToPRuntime>;
