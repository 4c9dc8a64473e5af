/**
 * Finds peers: asks connected ones who is near a random key, and answers the same question.
 *
 * Own and small instead of a whole DHT: nothing is stored here, and the chain's name in the protocol keeps other
 * networks out. **Bounds**: `ASKED_AT_ONCE` questions a round; answers have at most `MAX_KAD_PEERS` peers; addresses are
 * kept by the peer book. **Trust**: an answer costs dials, no more; what is dialled proves who it is.
 */
import { randomBytes } from "node:crypto";
import { fail, ok, type Result } from "@pha/scale";
import type { Answer } from "../answer-request.ts";
import { type MisbehaviourCode, nearestTo } from "../peers/index.ts";
import { decodeKadMessage, encodeKadMessage, type KadPeer, MAX_KAD_PEERS } from "../wire/index.ts";
import type { Libp2pModules } from "./libp2p.ts";
import type { RequestError } from "./request-protocol.ts";

const ASKED_AT_ONCE = 3;
const FIRST_ROUND_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;

export interface FoundPeer {
  readonly id: string;
  readonly addresses: readonly string[];
}

export interface DiscoveryOptions {
  readonly modules: Libp2pModules;
  /** Connected full nodes, with the addresses at which they can be reached. */
  peers(): readonly FoundPeer[];
  ask(peer: string, request: Uint8Array): Promise<Result<Uint8Array, RequestError>>;
  found(peer: FoundPeer): void;
  onMisbehaviour(peer: string, code: MisbehaviourCode): void;
}

export interface Discovery {
  answer(request: Uint8Array): Answer;
  /** Asks when it is time to. */
  tick(nowMs: number): void;
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  let pauseMs = FIRST_ROUND_MS;
  let nextAt: number | undefined;

  const askPeer = async (peer: string, key: Uint8Array): Promise<void> => {
    const request = encodeKadMessage({ type: "FIND_NODE", key, closerPeers: [] });
    const answer = await options.ask(peer, request);
    if (!answer.ok) return;
    const decoded = decodeKadMessage(answer.value);
    if (!decoded.ok) {
      options.onMisbehaviour(peer, "peer/malformed-message");
      return;
    }
    for (const found of decoded.value.closerPeers) {
      const readable = readPeer(options.modules, found);
      if (readable) options.found(readable);
    }
  };

  return {
    answer(request) {
      const decoded = decodeKadMessage(request);
      if (!decoded.ok) return fail("peer/malformed-message");
      const { type, key } = decoded.value;
      const peers =
        type === "FIND_NODE"
          ? options.peers().flatMap((peer) => writePeer(options.modules, peer))
          : [];
      const near = peers.map((peer) => ({ id: peer.id, value: peer }));
      const closerPeers = nearestTo(key, near, MAX_KAD_PEERS);
      return ok(encodeKadMessage({ type, key, closerPeers }));
    },
    tick(nowMs) {
      nextAt ??= nowMs + pauseMs;
      if (nowMs < nextAt) return;
      const peers = options.peers();
      if (peers.length === 0) return;
      pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs);
      nextAt = nowMs + pauseMs;
      const key = new Uint8Array(randomBytes(32));
      const asked = [...peers].sort(() => (randomBytes(1).readUInt8() < 128 ? -1 : 1));
      for (const { id } of asked.slice(0, ASKED_AT_ONCE)) void askPeer(id, key);
    },
  };
}

function writePeer(
  { peerIdFromString, multiaddr }: Libp2pModules,
  { id, addresses }: FoundPeer,
): readonly KadPeer[] {
  if (addresses.length === 0) return [];
  const bytes = peerIdFromString(id).toMultihash().bytes;
  return [{ id: bytes, addresses: addresses.map((address) => multiaddr(address).bytes) }];
}

/** `undefined` for what is no peer id. Addresses that are none, or that we cannot dial, are left out. */
function readPeer(modules: Libp2pModules, { id, addresses }: KadPeer): FoundPeer | undefined {
  try {
    const peer = modules.peerIdFromString(modules.base58btc.baseEncode(id)).toString();
    return { id: peer, addresses: addresses.flatMap((bytes) => readAddress(modules, bytes)) };
  } catch {
    // Not a multihash of a key.
    return undefined;
  }
}

function readAddress({ multiaddr }: Libp2pModules, bytes: Uint8Array): readonly string[] {
  try {
    const text = multiaddr(bytes).toString();
    return isDialable(text) ? [text] : [];
  } catch {
    // Not a multiaddr.
    return [];
  }
}

/** TCP or WebSocket on a host that can be meant. */
export function isDialable(address: string): boolean {
  const match =
    /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d+)(?:\/(?:tls\/)?wss?)?(?:\/p2p\/[^/]+)?$/.exec(
      address,
    );
  return match !== null && match[1] !== "0.0.0.0" && match[1] !== "::" && match[2] !== "0";
}
