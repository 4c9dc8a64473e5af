export { nearestTo } from "./kademlia.ts";
export {
  BAN_SCORE,
  CONSEQUENCES,
  type Consequence,
  type MisbehaviourCode,
} from "./misbehaviour.ts";
export { createPace, type Pace } from "./pace.ts";
export { createPeerBudget, type PeerBudget } from "./peer-budget.ts";
export {
  createPeerManager,
  DEFAULT_PEER_LIMITS,
  type PeerLimits,
  type PeerManager,
  type PeerManagerOptions,
  type PeerOutput,
  type RefusalCode,
  type Slot,
} from "./peer-manager.ts";
export { createSendQueue, type QueueLimits, type SendQueue } from "./send-queue.ts";
