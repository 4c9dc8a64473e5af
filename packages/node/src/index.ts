export type { Chain, ChainEvent, ImportedBlock } from "./chain/chain.ts";
export { checkpointOf } from "./chain/checkpoint.ts";
export type { NodeRuntime } from "./chain/node-runtime.ts";
export {
  callView,
  keysOfCall,
  type ViewAnswer,
  type ViewCall,
  type ViewError,
} from "./chain/view-call.ts";
export {
  type ChainSpec,
  chainSpecJson,
  type GenesisBlock,
  genesisBlock,
  type SpecJsonOptions,
} from "./chain-spec.ts";
export { loadConfig, type NodeConfig, parseConfig } from "./config.ts";
export { type NodeLog, SILENT } from "./node-log.ts";
export { type NodeChain, openChain } from "./open-chain.ts";
export type { PoolService } from "./pool/pool-service.ts";
export { createSignatureQueue, type SignatureQueue } from "./pool/signature-queue.ts";
export { DEFAULT_POOL_LIMITS, type PoolEvent, type PoolLimits } from "./pool/transaction.ts";
export { developmentChain, localSpec, testnetSpec } from "./preset-chain.ts";
export { DEFAULT_RPC_LIMITS, type RpcLimits } from "./rpc/limits.ts";
export { type NodeOptions, type RunningNode, startNode } from "./service.ts";
export type { Keystore } from "./signer/keystore.ts";
export { openKeystore } from "./signer/secret-keys.ts";
