/** A peer as sync sees it: what it claims, what is known of it, what it was asked. */
import type { BlockRef } from "../block-ref.ts";
import type { ReceivedBlock } from "./check-block-response.ts";
import { newPace, type RequestPace } from "./request-pace.ts";
import type { SyncPeerName } from "./sync-io.ts";

/** After a failed request the peer is left alone so long, each time twice as long. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 120_000;

export interface Descent {
  readonly target: BlockRef;
  readonly blocks: readonly ReceivedBlock[];
  readonly bytes: number;
}

export interface SyncPeer {
  readonly name: SyncPeerName;
  readonly pace: RequestPace;
  /** Newest block that it named, until it is here or turns out not to be had. */
  target: BlockRef | undefined;
  /** Greatest height that it named and was not found without. */
  bestNumber: number;
  /** Highest block of its chain that is known to be imported here. */
  common: BlockRef | undefined;
  /** Heights between which the last common block is, while it is looked for: ours at `low`, another at `high`. */
  search: { readonly low: BlockRef; readonly high: number } | undefined;
  /** Blocks from a named one downwards that do not meet our chain yet, the highest first. */
  descent: Descent | undefined;
  /** Named block that is too far above what we share to be reached downwards. */
  tooDeep: Uint8Array | undefined;
  /** Id of the request under way. */
  request: number | undefined;
  failures: number;
  pausedUntilMs: number;
}

export function newSyncPeer(name: SyncPeerName, nowMs: number): SyncPeer {
  return {
    name,
    pace: newPace(nowMs),
    target: undefined,
    bestNumber: 0,
    common: undefined,
    search: undefined,
    descent: undefined,
    tooDeep: undefined,
    request: undefined,
    failures: 0,
    pausedUntilMs: nowMs,
  };
}

export function pausePeer(peer: SyncPeer, nowMs: number): void {
  peer.pausedUntilMs = nowMs + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** peer.failures);
  peer.failures++;
}

/** Forgets what was found out about its chain. */
export function resetPeer(peer: SyncPeer): void {
  peer.common = undefined;
  peer.search = undefined;
  peer.descent = undefined;
}
