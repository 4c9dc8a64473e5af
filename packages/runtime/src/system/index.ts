export { type AccountStore, accounts } from "./accounts.ts";
export { CODE_KEY, System, type SystemConfig, type SystemGenesis } from "./pallet.ts";
export { blockHashOf, systemPort } from "./port.ts";
export {
  type AccountData,
  AccountInfo,
  BlockLength,
  BlockWeights,
  NEW_LOGIC,
  NO_ACCOUNT,
  NO_DATA,
} from "./types.ts";
