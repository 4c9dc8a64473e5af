export { commitHandler } from "./commits.ts";
export type { PhaContractStateConfig } from "./declaration.ts";
export { commitTracker, PhaContractState, type PhaContractStateGenesis } from "./pallet.ts";
export { snapshotHandler } from "./snapshots.ts";
export { storageReceiptHandler } from "./storage-receipts.ts";
