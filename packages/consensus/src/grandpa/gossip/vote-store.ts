/**
 * Accepted votes around the current round, and which peers have them.
 *
 * **Bounds**: rounds from the one before the current to the one after, two votes per voter and kind in each (the voter
 * accepts no more), a name per peer and vote.
 */
import { bytesKey } from "../../block-ref.ts";
import type { VoteMessage } from "../vote.ts";
import { encodeGossipMessage } from "./message.ts";

export interface StoredVote {
  readonly round: bigint;
  /** Encoded message. */
  readonly bytes: Uint8Array;
  readonly knownBy: Set<string>;
}

export class VoteStore {
  readonly #votes = new Map<string, StoredVote>();

  get size(): number {
    return this.#votes.size;
  }

  find(vote: VoteMessage): StoredVote | undefined {
    return this.#votes.get(idOf(vote));
  }

  add(vote: VoteMessage): StoredVote {
    const id = idOf(vote);
    const known = this.#votes.get(id);
    if (known) return known;
    const bytes = encodeGossipMessage({ type: "Vote", value: vote });
    const stored = { round: vote.round, bytes, knownBy: new Set<string>() };
    this.#votes.set(id, stored);
    return stored;
  }

  all(): Iterable<StoredVote> {
    return this.#votes.values();
  }

  keep(first: bigint, last: bigint): void {
    for (const [id, { round }] of this.#votes)
      if (round < first || round > last) this.#votes.delete(id);
  }

  clear(): void {
    this.#votes.clear();
  }

  forgetPeer(peer: string): void {
    for (const { knownBy } of this.#votes.values()) knownBy.delete(peer);
  }
}

function idOf({ round, kind, authority, target }: VoteMessage): string {
  return `${round} ${kind} ${bytesKey(authority)}${bytesKey(target.hash)}`;
}
