export {
  DEV_NAMES,
  devSigner,
  parseAddress,
  type Signer,
  SS58_PREFIX,
  signerFromUri,
} from "./chain/accounts.ts";
export { type Chain, type Included, openChain, type SubmitOptions } from "./chain/chain.ts";
export { type SigningContext, type SigningOptions, signExtrinsic } from "./chain/extrinsic.ts";
export { type FinalityFollower, startFollower, type VerifiedBlock } from "./chain/follower.ts";
export {
  awaitReply,
  type CommandInput,
  type CommandResult,
  prepareCommand,
  type SealedCommand,
} from "./contracts/command.ts";
export { type QueryInput, queryReplica, type VerifiedAnswer } from "./contracts/query.ts";
export {
  createRootMemory,
  type RootMemory,
  type RootMemoryStore,
} from "./contracts/root-memory.ts";
export { createSession, type Session, type SessionOptions } from "./contracts/session.ts";
export {
  createWorkerClient,
  type WorkerBoot,
  type WorkerClient,
} from "./contracts/worker-client.ts";
export {
  decodeMetadata,
  type RuntimeMetadata,
  type StorageItem,
} from "./metadata/runtime-metadata.ts";
export type { RequestOptions, RpcTransport } from "./rpc/transport.ts";
export { connectWebSocket, type WebSocketLike, type WebSocketOptions } from "./rpc/web-socket.ts";
export { type TrustReport, type Verdict, verifyContract } from "./verify/trust-chain.ts";
