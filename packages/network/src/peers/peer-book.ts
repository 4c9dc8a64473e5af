/**
 * Peers that are known: addresses, score, bans, failed dials.
 *
 * **Bounds**: `MAX_KNOWN_PEERS` peers with `MAX_PEER_ADDRESSES` addresses each. When it is full, the one that failed most
 * goes: never a kept one (reserved, boot node, connected), and one that is banned only when there is no other.
 * **Trust**: addresses come from anyone; they cost a dial, no more.
 */
import { BAN_SCORE, CONSEQUENCES, type MisbehaviourCode } from "./misbehaviour.ts";

export const MAX_KNOWN_PEERS = 1000;
export const MAX_PEER_ADDRESSES = 8;
/** Points of misbehaviour forgiven in a second. */
const FORGIVEN_PER_SECOND = 0.5;
const FIRST_BAN_MS = 60_000;
const LONGEST_BAN_MS = 3_600_000;
const FIRST_RETRY_MS = 2_000;
const LONGEST_RETRY_MS = 300_000;

export interface KnownPeer {
  readonly id: string;
  addresses: readonly string[];
  /** Reserved or boot node: stays in the book. */
  isKept: boolean;
  score: number;
  scoredAt: number;
  bans: number;
  bannedUntil: number;
  failures: number;
  /** Earliest time of the next dial. */
  retryAt: number;
}

export interface PeerBook {
  get(id: string): KnownPeer | undefined;
  /** Adds addresses, the newest first; `undefined` when the book is full of peers that stay. */
  add(
    id: string,
    addresses: readonly string[],
    options?: { isKept: boolean },
  ): KnownPeer | undefined;
  all(): Iterable<KnownPeer>;
  readonly size: number;
}

/** @param isConnected such peers stay */
export function createPeerBook(isConnected: (id: string) => boolean): PeerBook {
  const peers = new Map<string, KnownPeer>();

  const evict = (): boolean => {
    let worst: KnownPeer | undefined;
    for (const peer of peers.values())
      if (!peer.isKept && !isConnected(peer.id) && (!worst || isWorse(peer, worst))) worst = peer;
    return worst !== undefined && peers.delete(worst.id);
  };

  return {
    get: (id) => peers.get(id),
    add(id, addresses, { isKept } = { isKept: false }) {
      const known = peers.get(id);
      if (known) {
        known.addresses = merged(addresses, known.addresses);
        known.isKept ||= isKept;
        return known;
      }
      if (peers.size >= MAX_KNOWN_PEERS && !evict()) return undefined;
      const peer: KnownPeer = {
        id,
        addresses: merged(addresses, []),
        isKept,
        score: 0,
        scoredAt: 0,
        bans: 0,
        bannedUntil: 0,
        failures: 0,
        retryAt: 0,
      };
      peers.set(id, peer);
      return peer;
    },
    all: () => peers.values(),
    get size() {
      return peers.size;
    },
  };
}

function isWorse(a: KnownPeer, b: KnownPeer): boolean {
  // A ban is worth remembering: whoever is forgotten may come back at once.
  if (a.bannedUntil !== b.bannedUntil) return a.bannedUntil < b.bannedUntil;
  return a.failures > b.failures;
}

function merged(newer: readonly string[], older: readonly string[]): readonly string[] {
  return [...new Set([...newer, ...older])].slice(0, MAX_PEER_ADDRESSES);
}

export interface Verdict {
  readonly isBanned: boolean;
  readonly score: number;
}

/** Counts misbehaviour; from `BAN_SCORE` points on the peer is banned, each time twice as long. */
export function punish(peer: KnownPeer, code: MisbehaviourCode, nowMs: number): Verdict {
  const passed = Math.max(0, nowMs - peer.scoredAt) / 1000;
  peer.score = Math.max(0, peer.score - passed * FORGIVEN_PER_SECOND);
  peer.scoredAt = nowMs;
  const consequence = CONSEQUENCES[code];
  peer.score += consequence.type === "ban" ? BAN_SCORE : consequence.points;
  const { score } = peer;
  if (score < BAN_SCORE) return { isBanned: false, score };
  peer.bannedUntil = nowMs + Math.min(LONGEST_BAN_MS, FIRST_BAN_MS * 2 ** peer.bans);
  peer.bans++;
  peer.score = 0;
  return { isBanned: true, score };
}

export function isBanned(peer: KnownPeer | undefined, nowMs: number): boolean {
  return peer !== undefined && peer.bannedUntil > nowMs;
}

/** A dial failed, or a connection ended: the next dial waits, each time twice as long. */
export function backOff(peer: KnownPeer, nowMs: number): void {
  peer.retryAt = nowMs + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** peer.failures);
  peer.failures++;
}
