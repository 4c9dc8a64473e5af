export type { ElectionConfig, ElectionParameters } from "./declaration.ts";
export { electOnChain, MAX_ON_CHAIN_VOTERS, plancksPerVote } from "./on-chain.ts";
export { ElectionProviderMultiPhase } from "./pallet.ts";
export { electInPhases } from "./phases.ts";
export { ElectionTask, RawSolution, SnapshotSize } from "./types.ts";
