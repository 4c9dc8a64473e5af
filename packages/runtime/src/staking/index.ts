export type { Elected, StakingParameters } from "./declaration.ts";
export { stakingSessions } from "./eras.ts";
export { eraOfSession } from "./exposures.ts";
export { Staking, type StakingGenesis } from "./pallet.ts";
export { rewardAuthor } from "./payouts.ts";
export { type Offender, punish } from "./slashing.ts";
export { type StakeSnapshot, type StakeVoter, stakeSnapshot } from "./snapshot.ts";
