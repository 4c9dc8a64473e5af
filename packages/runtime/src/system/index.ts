export { type AccountStore, accounts } from "./accounts.ts";
export type { CodeChange, SystemConfig } from "./declaration.ts";
export { CODE_KEY, System, type SystemGenesis } from "./pallet.ts";
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
