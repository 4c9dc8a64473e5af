export { type Answer, answerRequest } from "./answer-request.ts";
export type { NetworkChain } from "./network-chain.ts";
export { startNetwork } from "./network-service.ts";
export type {
  DisconnectCode,
  NetworkAddress,
  NetworkEvent,
  NetworkOptions,
  NetworkPeer,
  NetworkService,
} from "./network-types.ts";
export { loadNodeKey } from "./node-key.ts";
export {
  DEFAULT_PEER_LIMITS,
  type MisbehaviourCode,
  type PeerLimits,
  type RefusalCode,
} from "./peers/index.ts";
export type { RequestError } from "./shell/request-protocol.ts";
