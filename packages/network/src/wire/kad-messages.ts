/**
 * `kad`: who is near a key. Only `FIND_NODE` is spoken here; other kinds decode and get an empty answer.
 *
 * @see libp2p-kad-dht "RPC messages"
 */
import { ok, type Result } from "@pha/scale";
import {
  byteString,
  decodeMessage,
  defaulted,
  encodeMessage,
  enumeration,
  message,
  optional,
  repeated,
  required,
} from "./protobuf.ts";
import type { WireError } from "./wire-error.ts";

/** Peers of one answer. */
export const MAX_KAD_PEERS = 20;
const MAX_KAD_ADDRESSES = 16;

const MESSAGE_TYPES = [
  "PUT_VALUE",
  "GET_VALUE",
  "ADD_PROVIDER",
  "GET_PROVIDERS",
  "FIND_NODE",
  "PING",
] as const;
const CONNECTIONS = ["NOT_CONNECTED", "CONNECTED", "CAN_CONNECT", "CANNOT_CONNECT"] as const;

export type KadMessageType = (typeof MESSAGE_TYPES)[number];

export interface KadPeer {
  /** Peer id, as multihash. */
  readonly id: Uint8Array;
  /** Multiaddrs in binary. */
  readonly addresses: readonly Uint8Array[];
}

export interface KadMessage {
  readonly type: KadMessageType;
  readonly key: Uint8Array;
  readonly closerPeers: readonly KadPeer[];
}

const peerMessage = message({
  id: required(1, byteString),
  addresses: repeated(2, byteString, { maxItems: MAX_KAD_ADDRESSES }),
  connection: defaulted(3, enumeration(CONNECTIONS), "NOT_CONNECTED"),
});
const kadMessage = message({
  type: defaulted(1, enumeration(MESSAGE_TYPES), "PUT_VALUE"),
  key: optional(2, byteString),
  closerPeers: repeated(8, peerMessage, { maxItems: MAX_KAD_PEERS }),
});

export function encodeKadMessage({ type, key, closerPeers }: KadMessage): Uint8Array {
  return encodeMessage(kadMessage, {
    type,
    key: key.length === 0 ? undefined : key,
    closerPeers: closerPeers.map((peer) => ({ ...peer, connection: "CAN_CONNECT" as const })),
  });
}

export function decodeKadMessage(bytes: Uint8Array): Result<KadMessage, WireError> {
  const decoded = decodeMessage(kadMessage, bytes);
  if (!decoded.ok) return decoded;
  const { type, key = new Uint8Array(0), closerPeers } = decoded.value;
  return ok({
    type,
    key,
    closerPeers: closerPeers.map(({ id, addresses }) => ({ id, addresses })),
  });
}
