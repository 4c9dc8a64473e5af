export { auditHandler } from "./audits.ts";
export { clusterId } from "./clusters.ts";
export type { PhalaPhatContractsConfig } from "./declaration.ts";
export { clusterKeysHandler, keyRequestHandler } from "./keys.ts";
export {
  assignRegistered,
  clusters,
  type GenesisCluster,
  type GenesisContract,
  isServing,
  PhalaPhatContracts,
  type PhalaPhatContractsGenesis,
  removeLost,
} from "./pallet.ts";
export type {
  ArtefactError,
  ClusterDirectory,
  CommitTracker,
  ValidateArtefact,
} from "./types.ts";
