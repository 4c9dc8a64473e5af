export { clusterId } from "./clusters.ts";
export type { PhalaPhatContractsConfig } from "./declaration.ts";
export { clusterKeysHandler, keyRequestHandler } from "./keys.ts";
export {
  assignRegistered,
  clusters,
  type GenesisCluster,
  type GenesisContract,
  PhalaPhatContracts,
  type PhalaPhatContractsGenesis,
} from "./pallet.ts";
export type {
  ArtefactError,
  ClusterDirectory,
  CommitTracker,
  ValidateArtefact,
} from "./types.ts";
