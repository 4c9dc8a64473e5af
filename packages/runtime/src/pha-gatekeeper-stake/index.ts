export type {
  PhaGatekeeperStakeConfig,
  SeatDirectory,
  StakeParameters,
} from "./declaration.ts";
export { admission, PhaGatekeeperStake, type PhaGatekeeperStakeGenesis } from "./pallet.ts";
export type { Admission, Taker } from "./types.ts";
