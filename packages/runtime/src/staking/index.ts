export type { Elected, StakingParameters } from "./declaration.ts";
export { sessionsToElection, stakingSessions } from "./eras.ts";
export { eraOfSession } from "./exposures.ts";
export { Staking, type StakingGenesis } from "./pallet.ts";
export { rewardAuthor } from "./payouts.ts";
export { type Offender, punish } from "./slashing.ts";
export { isCandidate, type StakeSnapshot, type StakeVoter, stakeSnapshot } from "./snapshot.ts";
export { Perbill } from "./types.ts";
