export type { BalancesConfig } from "./declaration.ts";
export type { Existence, Fungible, HoldReason } from "./fungible.ts";
export { Balances, type BalancesGenesis, nativeToken } from "./pallet.ts";
