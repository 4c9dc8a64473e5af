export {
  Balances,
  type BalancesConfig,
  type BalancesGenesis,
  type Existence,
  type Fungible,
  type HoldReason,
  nativeToken,
} from "./balances/index.ts";
export { MEASURED } from "./measured.ts";
export {
  type AccountData,
  AccountInfo,
  type AccountStore,
  accounts,
  CODE_KEY,
  System,
  type SystemConfig,
  type SystemGenesis,
} from "./system/index.ts";
