export {
  type CertificateSigner,
  DEV_NAMES,
  devSigner,
  parseAddress,
  type Signer,
  SS58_PREFIX,
  signerFromUri,
} from "./chain/accounts.ts";
export {
  type BlockBody,
  type BlockEvent,
  type BlockExtrinsic,
  fetchBlock,
  fetchEvents,
} from "./chain/block-body.ts";
export { type Chain, type Included, openChain, type SubmitOptions } from "./chain/chain.ts";
export type { DecodedExtrinsic, ExtrinsicSignature } from "./chain/decode-extrinsic.ts";
export {
  type ExtrinsicPayload,
  type SigningContext,
  type SigningOptions,
  signExtrinsic,
} from "./chain/extrinsic.ts";
export { type FinalityFollower, startFollower } from "./chain/follower.ts";
export {
  CLOCK_ERROR_MS,
  type LeaseAlone,
  type LeaseAloneOptions,
  leaseAloneProvider,
  MAX_LEASE_MS,
} from "./chain/lease-alone.ts";
export { type ChainProvider, nodeProvider } from "./chain/provider.ts";
export type { VerifiedBlock } from "./chain/verified-heads.ts";
export { type Client, type ClientOptions, createClient, type ReachableReplica } from "./client.ts";
export {
  awaitReply,
  type CommandInput,
  type CommandResult,
  prepareCommand,
  type SealedCommand,
} from "./contracts/command.ts";
export {
  type CommandOptions,
  type CommandProgress,
  type CommandReceipt,
  type ContractHandle,
  DEFAULT_COMMAND_FUEL,
  DEFAULT_QUERY_FUEL,
  type EntryCodec,
  type EntryCodecs,
  getContract,
  type OpenedEntry,
  type QueryOptions,
  type QueryResult,
  selectorOf,
} from "./contracts/contract.ts";
export { type FinalReply, type FinalReplyInput, finalReply } from "./contracts/final-reply.ts";
export {
  type Freshness,
  type QueryInput,
  queryReplica,
  type VerifiedAnswer,
} from "./contracts/query.ts";
export {
  type BinarySocket,
  type BinarySocketClass,
  openQueryChannel,
  type QueryChannel,
} from "./contracts/query-channel.ts";
export {
  openQuerySession,
  type QuerySession,
  type QuerySessionOptions,
} from "./contracts/query-session.ts";
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
export {
  type AnswerReceiptInput,
  type MadeAnswerReceipt,
  makeAnswerReceipt,
} from "./receipt/make-answer-receipt.ts";
export { type MadeReceipt, makeReceipt, type ReceiptInput } from "./receipt/make-receipt.ts";
export {
  type MadeStateReceipt,
  makeStateReceipt,
  type StateReceiptInput,
} from "./receipt/make-state-receipt.ts";
export {
  type AnswerReceiptError,
  type VerifiedAnswerReceipt,
  verifyAnswerReceipt,
} from "./receipt/verify-answer-receipt.ts";
export type { VerifiedField } from "./receipt/verify-field.ts";
export {
  type ReceiptError,
  type VerifiedReceipt,
  verifyReceipt,
} from "./receipt/verify-receipt.ts";
export {
  type StateReceiptError,
  type VerifiedStateReceipt,
  verifyStateReceipt,
} from "./receipt/verify-state-receipt.ts";
export type { RequestOptions, RpcTransport } from "./rpc/transport.ts";
export { connectWebSocket, type WebSocketLike, type WebSocketOptions } from "./rpc/web-socket.ts";
export type { TrustOptions } from "./verify/chain-links.ts";
export { createEvidenceCache, type EvidenceCache } from "./verify/evidence-cache.ts";
export { type ExaminedEvidence, examineEvidence } from "./verify/examine-evidence.ts";
export {
  branch,
  leaf,
  reportOf,
  type TrustNode,
  type TrustReport,
  type Verdict,
} from "./verify/trust-tree.ts";
export {
  ANSWER_LINKS,
  type AnswerInput,
  type AnswerReport,
  verifyAnswer,
} from "./verify/verify-answer.ts";
export { type ChallengeInput, challengeWorker } from "./verify/verify-challenge.ts";
export { verifyContract } from "./verify/verify-contract.ts";
export {
  type EvidenceInput,
  type GradedEvidence,
  gradeShownBytes,
  verifyShownBytes,
} from "./verify/verify-evidence.ts";
export { type RaTlsInput, verifyRaTls } from "./verify/verify-ra-tls.ts";
export { verifyWorker } from "./verify/verify-worker.ts";
