export {
  type ArtefactError,
  joinArtefact,
  RULED_CALLS,
  type RuntimeArtefact,
  runtimeCode,
  splitArtefact,
  TRANSITION_KEY,
  transitionHashOf,
  transitionSections,
  type ViewedRuntime,
} from "./artefact/index.ts";
export { authorOf, Babe, type BabeConfig, type BabeGenesis } from "./babe/index.ts";
export {
  Balances,
  type BalancesConfig,
  type BalancesGenesis,
  type Existence,
  type Fungible,
  type HoldReason,
  nativeToken,
} from "./balances/index.ts";
export { ElectionProviderMultiPhase, ElectionTask } from "./election-provider-multi-phase/index.ts";
export { checkMqSequence, type MqSequenceRule } from "./extensions/check-mq-sequence.ts";
export { Grandpa, type GrandpaGenesis, scheduleGrandpaChange } from "./grandpa/index.ts";
export { MEASURED } from "./measured.ts";
export {
  type Assignment,
  applyElected,
  type Balancing,
  type Ballot,
  BILLION,
  balance,
  bestCandidate,
  compareScores,
  createGraph,
  type Election,
  type ElectionScore,
  electSequentially,
  type Graph,
  isStrictlyBetter,
  normalize,
  normalizedAssignment,
  normalizedStakes,
  phragmms,
  reduce,
  reduceAll,
  reduceFour,
  type StakedAssignment,
  type Support,
  scoreOf,
  sequentialPhragmen,
  supportsOf,
  toAssignment,
  toStaked,
} from "./npos-elections/index.ts";
export {
  BLOCK_LENGTH,
  BLOCK_WEIGHTS,
  type ChainParameters,
  DEVELOPMENT,
  EXISTENTIAL_DEPOSIT,
  keylessAccount,
  LOCAL,
  PHA,
  type PhaParameters,
  POTS,
  PUBLIC,
  SS58_PREFIX,
  SUPPLY,
  TOKEN,
  TREASURY,
} from "./parameters.ts";
export { type EvidenceVerifier, PhaAttestation } from "./pha-attestation/index.ts";
export { PhaContractState } from "./pha-contract-state/index.ts";
export { PhaGatekeepers } from "./pha-gatekeepers/index.ts";
export {
  DEVELOPMENT_CLUSTER,
  type DevelopmentClusterOptions,
  type DevelopmentContract,
  developmentContractId,
} from "./pha-genesis.ts";
export {
  DEVELOPMENT_PHA,
  PUBLIC_PHA,
  thresholdOf,
} from "./pha-pallets.ts";
export { PhalaComputation } from "./phala-computation/index.ts";
export { bootTag, PhalaMq, sequenceTag } from "./phala-mq/index.ts";
export { clusterId, PhalaPhatContracts } from "./phala-phat-contracts/index.ts";
export { PhalaRegistry } from "./phala-registry/index.ts";
export {
  DEVELOPMENT_ACCOUNTS,
  type DevelopmentOptions,
  type DevelopmentPreset,
  developmentPreset,
  LOCAL_AUTHORITIES,
  localPreset,
  sr25519Account,
  type TestnetOptions,
  testnetPreset,
} from "./presets.ts";
export { equivocationReport } from "./report-extrinsic.ts";
export {
  composeRuntime,
  createDevelopmentRuntime,
  createPublicRuntime,
  type DevelopmentRuntime,
  developmentPallets,
  type PublicRuntime,
  type RuntimeSettings,
  VERSION,
} from "./runtime.ts";
export {
  type KeyedValidator,
  Session,
  SessionKeys,
} from "./session/index.ts";
export { Staking, type StakingParameters } from "./staking/index.ts";
export { Sudo } from "./sudo/index.ts";
export {
  type AccountData,
  AccountInfo,
  type AccountStore,
  accounts,
  blockHashOf,
  CODE_KEY,
  System,
  type SystemConfig,
  type SystemGenesis,
  systemPort,
} from "./system/index.ts";
export { now, TIMESTAMP_INHERENT, Timestamp } from "./timestamp/index.ts";
export { feeOf, TransactionPayment } from "./transaction-payment/index.ts";
export {
  type RealmServer,
  type RealmState,
  type TransitionModule,
  transitionModule,
} from "./transition/transition.ts";
export { Utility } from "./utility/index.ts";
