export { decodeBlockRequest, encodeBlockRequest } from "./block-request.ts";
export {
  BlockJustifications,
  decodeBlockResponse,
  encodeBlockResponse,
} from "./block-response.ts";
export {
  createFrameReader,
  decodeFrame,
  encodeFrame,
  type FrameError,
  type FrameReader,
} from "./frame-reader.ts";
export {
  decodeKadMessage,
  encodeKadMessage,
  type KadMessage,
  type KadMessageType,
  type KadPeer,
  MAX_KAD_PEERS,
} from "./kad-messages.ts";
export {
  decodeLightRequest,
  decodeLightResponse,
  encodeLightRequest,
  encodeLightResponse,
  type LightRequest,
  type LightResponse,
  MAX_LIGHT_KEYS,
} from "./light-messages.ts";
export {
  BlockAnnounce,
  BlockAnnounceHandshake,
  GossipedExtrinsics,
  MAX_GOSSIPED_EXTRINSICS,
  type Role,
  RoleHandshake,
} from "./notifications.ts";
export {
  NOTIFICATION_KINDS,
  NOTIFICATION_LIMITS,
  type NotificationKind,
  type NotificationLimits,
  protocolName,
  REQUEST_KINDS,
  REQUEST_LIMITS,
  type RequestKind,
  type RequestLimits,
} from "./protocols.ts";
export {
  decodeStateRequest,
  decodeStateResponse,
  encodeStateRequest,
  encodeStateResponse,
  type StateEntries,
  type StateEntry,
  type StateRequest,
  type StateResponse,
} from "./state-messages.ts";
export type { WireError, WireReason } from "./wire-error.ts";
