export type { BabeVrfInput, VrfOutput as VrfSignature } from "@pha/crypto";
export { Authorities, Authority, MAX_AUTHORITIES, totalWeightOf } from "./authorities.ts";
export {
  type Claim,
  type ClaimInput,
  claimSlot,
  claimTypeOf,
  type SlotDraw,
  secondaryAuthor,
  slotVrfInput,
} from "./babe/claim.ts";
export {
  BABE_ENGINE,
  type BabeAnnouncement,
  BabeConsensusLog,
  type BabeDigestError,
  BabeEpochDescriptor,
  BabePreDigest,
  babeAnnouncementOf,
  babeConsensusItem,
  babePreDigestItem,
  babeSealItem,
  type SlotOfAuthority,
} from "./babe/digest.ts";
export {
  AllowedSlots,
  BabeConfiguration,
  BabeEpoch,
  type BabeEpochConfig,
  epochForSlot,
  nextBabeEpoch,
} from "./babe/epoch.ts";
export {
  EpochContext,
  type EpochError,
  epochOfChild,
  followEpochs,
  genesisEpoch,
  startEpochs,
} from "./babe/epoch-context.ts";
export {
  type BabeEquivocation,
  BabeEquivocationDetector,
  type BabeSuspicion,
} from "./babe/equivocation.ts";
export { deriveEpochRandomness, vrfRandomnessBabe } from "./babe/randomness.ts";
export { type SlotClock, type SlotTiming, slotTiming } from "./babe/slot-timing.ts";
export { isProbability, primaryThreshold } from "./babe/threshold.ts";
export {
  type BabeError,
  type BabeHeaderInput,
  type BabeVerifier,
  babePreDigestOf,
  babeSealOf,
  sealPayload,
  type VerifiedClaim,
  verifyBabeHeader,
} from "./babe/verify-header.ts";
export { BinaryMerkleProof, binaryMerkleRoot } from "./beefy/authority-proof.ts";
export {
  BeefyCommitment,
  BeefyFinalityProof,
  type BeefyMmrLeaf,
  beefyCommitmentHash,
  beefyMmrLeaf,
  SignedBeefyCommitment,
} from "./beefy/commitment.ts";
export {
  MAX_MMR_ITEMS,
  type MmrError,
  MmrProof,
  mmrRoot,
  verifyMmrProof,
} from "./beefy/mmr.ts";
export { type SimplifiedMmrProof, verifySimplifiedMmrProof } from "./beefy/simplified-proof.ts";
export {
  type BeefyAuthoritySet,
  type BeefyError,
  beefyThreshold,
  committedMmrRoot,
  verifyBeefyCommitment,
} from "./beefy/verify-commitment.ts";
export { BlockRef, bytesKey, isSameBlock } from "./block-ref.ts";
export {
  type Finalization,
  ForkTree,
  type ForkTreeError,
  MAX_TREE_BLOCKS,
  type TreeBlock,
} from "./fork-tree.ts";
export {
  AuthoritySet,
  supermajorityOf,
  type VoterWeights,
  voterWeightsOf,
} from "./grandpa/authority-set.ts";
export {
  type AnnouncedChanges,
  announcedChangesOf,
  type ForcedChange,
  forcedChangeOf,
  GRANDPA_ENGINE,
  GrandpaDigest,
  type GrandpaDigestError,
  grandpaDigestItem,
  ScheduledChange,
  scheduledChangeOf,
} from "./grandpa/digest.ts";
export {
  type BallotAndSignature,
  type EquivocationError,
  EquivocationProof,
  verifyEquivocation,
} from "./grandpa/equivocation.ts";
export {
  type GossipInput,
  type GossipOptions,
  type GossipOutput,
  type GossipTimer,
  GrandpaGossip,
  MAX_GOSSIP_PEERS,
  REPEAT_MS,
} from "./grandpa/gossip/gossip.ts";
export {
  CatchUp,
  CatchUpRequest,
  decodeGossipMessage,
  encodeGossipMessage,
  GossipMessage,
  type GossipMessageError,
  MAX_GOSSIP_BYTES,
  NeighbourPacket,
} from "./grandpa/gossip/message.ts";
export { type Consequence, consequenceOf, type VerdictCode } from "./grandpa/gossip/verdict.ts";
export {
  Commit,
  FinalityProof,
  Justification,
  MAX_VOTE_ANCESTRIES,
  type SignedPrecommit,
  type VoteSignature,
} from "./grandpa/justification.ts";
export {
  type CommitInput,
  type FinalizedByVotes,
  type JustificationError,
  type JustificationInput,
  type SignatureCheck,
  verifyCommit,
  verifyJustification,
} from "./grandpa/verify-justification.ts";
export {
  SignedTarget,
  signedPrecommitPayload,
  signedVotePayload,
  type VoteKind,
  VoteMessage,
  type VotePosition,
} from "./grandpa/vote.ts";
export type { RoundState } from "./grandpa/voter/round.ts";
export { GRANDPA_RULES, type GrandpaRules, type RoundResult } from "./grandpa/voter/rules.ts";
export { startVoter, type VoterStart, type VoterStartError } from "./grandpa/voter/start-voter.ts";
export {
  GOSSIP_MS,
  type GrandpaVoter,
  MAX_PENDING_COMMITS,
  MAX_WANTED,
} from "./grandpa/voter/voter.ts";
export type { VoterChain } from "./grandpa/voter/voter-chain.ts";
export type {
  PeerName,
  VoterInput,
  VoterMessage,
  VoterOutput,
  VoterPosition,
  VoterTimer,
} from "./grandpa/voter/voter-io.ts";
export {
  CompletedRound,
  MAX_LIVE_ROUNDS,
  OwnVotes,
  VoterRecord,
} from "./grandpa/voter/voter-record.ts";
export { MAX_BACKGROUND, type RoundView } from "./grandpa/voter/voter-rounds.ts";
export {
  DigestItem,
  decodeHeader,
  type EngineData,
  encodeHeader,
  Header,
  type HeaderError,
  type HeaderTooLong,
  headerHash,
  MAX_HEADER_BYTES,
} from "./header.ts";
export {
  type KeyHolder,
  keyOwnershipRoot,
  proveKeyOwner,
  provenKeyOwner,
  type SessionKey,
} from "./key-ownership.ts";
export {
  type Advanced,
  advance,
  type FinalizedHeader,
  type LightClientBatch,
  type LightClientError,
  MAX_BATCH_HEADERS,
  MAX_JUSTIFICATION_BYTES,
} from "./light-client/advance.ts";
export {
  type FinalizedHead,
  LightClientCheckpoint,
  type LightClientState,
  startFromGenesis,
} from "./light-client/state.ts";
export { ownershipStatement } from "./ownership.ts";
export { AuthoringHold, BEHIND_FROM, FIRST_PEER_MS, HOLD_MS } from "./sync/authoring-hold.ts";
export {
  type BlockData,
  type BlockId,
  type BlockJustification,
  type BlockParts,
  type BlockRequest,
  MAX_BLOCKS_PER_RESPONSE,
} from "./sync/block-messages.ts";
export {
  ChainSync,
  MAX_DESCENT_BYTES,
  MAX_REQUESTS,
  MAX_SYNC_PEERS,
  MAX_WANTED_BLOCKS,
  SYNC_REQUEST_MS,
  type SyncSizes,
} from "./sync/chain-sync.ts";
export {
  type BlockResponseError,
  checkBlockResponse,
  type ReceivedBlock,
} from "./sync/check-block-response.ts";
export { EarlyBlocks, MAX_EARLY_BLOCKS, MAX_EARLY_BYTES } from "./sync/early-blocks.ts";
export { createGapSync, type GapStep, type GapSync } from "./sync/gap-sync.ts";
export { MAX_QUEUED_BLOCKS, MAX_QUEUED_BYTES } from "./sync/import-queue.ts";
export {
  createLightSyncState,
  type LightSyncError,
  type LightSyncInput,
  type LightSyncState,
} from "./sync/light-sync-state.ts";
export {
  FETCH_MS,
  type FetchInput,
  type FetchOutput,
  MAX_FETCH_PEERS,
  type SerialFetch,
} from "./sync/serial-fetch.ts";
export {
  createStateSync,
  MAX_RANGE_KEYS,
  type StateRange,
  type StateRangeError,
  type StateRangeRequest,
  type StateSync,
  type StateSyncStart,
  verifyStateRange,
} from "./sync/state-sync.ts";
export type {
  ImportOutcome,
  RequestFailure,
  SyncChain,
  SyncFault,
  SyncInput,
  SyncOutput,
  SyncPeerName,
} from "./sync/sync-io.ts";
export {
  type EncodedWarp,
  verifyEncodedWarp,
  verifyWarpProof,
  type WarpError,
  type Warped,
} from "./sync/verify-warp-proof.ts";
export {
  MAX_WARP_FRAGMENTS,
  WarpFragment,
  WarpProof,
} from "./sync/warp-proof.ts";
export {
  createWarpSync,
  SETTLE_MS,
  type WarpRequest,
  type WarpStep,
  type WarpSync,
} from "./sync/warp-sync.ts";
