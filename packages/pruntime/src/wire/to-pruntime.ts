/** What the host may send down the pipe. */
import {
  AccountId,
  Hash,
  ReadProof,
  SEALED_CHUNK_BYTES,
  SealedQuery,
  StateStep,
  SyncBatch,
  SyncWarp,
  WorkerRole,
} from "@pha/protocol";
import {
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

export const PIPE_VERSION = 5;

const Header = boundedBytes(256 << 10);

/** A chunk of a snapshot is the longest. */
export const BlobContent = boundedBytes(SEALED_CHUNK_BYTES);

export const Hello = struct({
  pipeVersion: u16,
  role: WorkerRole,
  operator: AccountId,
  genesisHeader: Header,
  genesisProof: ReadProof,
});

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
  /** Digest of a blob that the host keeps, and of a manifest all that it names. */
  BlobKept: variant(10, Hash),
  /** Nonce of somebody who wants evidence made now. */
  Challenge: variant(11, Hash),
});
export type ToPRuntime = CodecType<typeof ToPRuntime>;
