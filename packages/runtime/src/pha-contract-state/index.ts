export { commitHandler } from "./commits.ts";
export type { PhaContractStateConfig } from "./declaration.ts";
export { commitTracker, PhaContractState } from "./pallet.ts";
