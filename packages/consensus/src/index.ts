export type { BabeVrfInput, VrfOutput as VrfSignature } from "@pha/crypto";
export { Authorities, Authority, MAX_AUTHORITIES, totalWeightOf } from "./authorities.ts";
export {
  type Claim,
  type ClaimInput,
  claimSlot,
  secondaryAuthor,
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
export { deriveEpochRandomness, vrfRandomnessBabe } from "./babe/randomness.ts";
export { isProbability, primaryThreshold } from "./babe/threshold.ts";
export {
  type BabeError,
  type BabeHeaderInput,
  babePreDigestOf,
  babeSealOf,
  sealPayload,
  type VerifiedClaim,
  verifyBabeHeader,
} from "./babe/verify-header.ts";
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
  verifyCommit,
  verifyJustification,
} from "./grandpa/verify-justification.ts";
export {
  signedPrecommitPayload,
  signedVotePayload,
  type VoteKind,
  type VotePosition,
} from "./grandpa/vote.ts";
export {
  decidesAlone,
  startVoter,
  VoterRecord,
  type VoterStart,
  type VoterStartError,
  type VoterState,
  VoteTarget,
} from "./grandpa/voter/state.ts";
export {
  stepVoter,
  type VoterInput,
  type VoterOutput,
  type VoterStep,
} from "./grandpa/voter/step.ts";
export { type ImportedBlock, voteTargetOn } from "./grandpa/voter/vote-target.ts";
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
