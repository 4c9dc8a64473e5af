export type { PhalaRegistryConfig } from "./declaration.ts";
export { heartbeatHandler } from "./leases.ts";
export { PhalaRegistry, suspendDenied, workers } from "./pallet.ts";
export { registrationRule } from "./registration-rule.ts";
export type { BootChange, WorkerDirectory, WorkerLoss } from "./types.ts";
