/**
 * Fetches one thing after the other from whichever peer can give it: the part that warp, state and gap sync share.
 *
 * **Bounds**: `MAX_FETCH_PEERS` peers, one request in all, with a deadline. **Trust**: answers are hostile; the owner
 * judges them, and what it does not take costs the peer. A peer that fails is left alone for a while, each time longer.
 */
import { hasPace } from "./request-pace.ts";
import type { RequestFailure, SyncFault, SyncPeerName } from "./sync-io.ts";
import { newSyncPeer, pausePeer, type SyncPeer } from "./sync-peer.ts";

export const MAX_FETCH_PEERS = 128;
export const FETCH_MS = 30_000;

export type FetchInput<Answer> =
  | { readonly type: "joined"; readonly peer: SyncPeerName }
  | { readonly type: "left"; readonly peer: SyncPeerName }
  | {
      readonly type: "answer";
      readonly id: number;
      readonly peer: SyncPeerName;
      readonly answer: Answer;
    }
  | { readonly type: "failed"; readonly id: number; readonly reason: RequestFailure }
  | { readonly type: "tick" };

export type FetchOutput<Request, Found> =
  | {
      readonly type: "request";
      readonly id: number;
      readonly peer: SyncPeerName;
      readonly request: Request;
    }
  | { readonly type: "found"; readonly found: Found }
  | { readonly type: "report"; readonly peer: SyncPeerName; readonly code: SyncFault };

/** What the owner says of an answer; `nothing`: the peer does not have it. */
export type Judgement<Found> =
  | { readonly type: "good"; readonly found: Found }
  | { readonly type: "nothing" }
  | { readonly type: "bad"; readonly code: SyncFault };

export interface FetchOwner<Request, Answer, Found> {
  /** What is missing; `undefined`: nothing that this peer can be asked for. */
  want(peer: SyncPeerName): Request | undefined;
  judge(peer: SyncPeerName, request: Request, answer: Answer): Judgement<Found>;
  /** The peer gave no answer of use to what it was asked. */
  onFailure?(peer: SyncPeerName): void;
}

interface Pending<Request> {
  readonly id: number;
  readonly peer: SyncPeer;
  readonly request: Request;
  readonly deadlineMs: number;
}

export class SerialFetch<Request, Answer, Found> {
  readonly #owner: FetchOwner<Request, Answer, Found>;
  readonly #peers = new Map<SyncPeerName, SyncPeer>();
  #pending: Pending<Request> | undefined;
  #nextId = 1;
  #nowMs = 0;

  constructor(owner: FetchOwner<Request, Answer, Found>) {
    this.#owner = owner;
  }

  get peerNames(): readonly SyncPeerName[] {
    return [...this.#peers.keys()];
  }

  /** @param nowMs any clock that does not go back */
  step(input: FetchInput<Answer>, nowMs: number): readonly FetchOutput<Request, Found>[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
    const outputs = [...this.#take(input)];
    if (this.#pending && this.#pending.deadlineMs <= this.#nowMs)
      outputs.push(...this.#fail(this.#pending, "peer/no-answer"));
    return [...outputs, ...this.#ask()];
  }

  #take(input: FetchInput<Answer>): readonly FetchOutput<Request, Found>[] {
    switch (input.type) {
      case "joined":
        if (this.#peers.size < MAX_FETCH_PEERS && !this.#peers.has(input.peer))
          this.#peers.set(input.peer, newSyncPeer(input.peer, this.#nowMs));
        return [];
      case "left":
        this.#peers.delete(input.peer);
        if (this.#pending?.peer.name === input.peer) this.#pending = undefined;
        return [];
      case "failed": {
        const pending = this.#pending;
        return pending?.id === input.id ? this.#fail(pending, FAULTS[input.reason]) : [];
      }
      case "answer":
        return this.#onAnswer(input.id, input.peer, input.answer);
      case "tick":
        return [];
    }
  }

  #onAnswer(
    id: number,
    from: SyncPeerName,
    answer: Answer,
  ): readonly FetchOutput<Request, Found>[] {
    const pending = this.#pending;
    if (pending?.id !== id || pending.peer.name !== from) {
      // Of a request that is over, its answer is late; one that was never made has none.
      const isUnasked = this.#peers.has(from) && (pending?.id === id || id >= this.#nextId);
      return isUnasked ? [{ type: "report", peer: from, code: "peer/not-asked-for" }] : [];
    }
    const judgement = this.#owner.judge(from, pending.request, answer);
    switch (judgement.type) {
      case "good":
        this.#pending = undefined;
        pending.peer.failures = 0;
        return [{ type: "found", found: judgement.found }];
      case "nothing":
        return this.#fail(pending, "peer/request-refused");
      case "bad":
        return this.#fail(pending, judgement.code);
    }
  }

  #fail({ peer }: Pending<Request>, code: SyncFault): readonly FetchOutput<Request, Found>[] {
    this.#pending = undefined;
    pausePeer(peer, this.#nowMs);
    this.#owner.onFailure?.(peer.name);
    return [{ type: "report", peer: peer.name, code }];
  }

  #ask(): readonly FetchOutput<Request, Found>[] {
    if (this.#pending) return [];
    for (const peer of this.#peers.values()) {
      if (peer.pausedUntilMs > this.#nowMs || !hasPace(peer.pace, this.#nowMs)) continue;
      const request = this.#owner.want(peer.name);
      if (request === undefined) continue;
      peer.pace.tokens--;
      const id = this.#nextId++;
      this.#pending = { id, peer, request, deadlineMs: this.#nowMs + FETCH_MS };
      // Another peer's turn next time.
      this.#peers.delete(peer.name);
      this.#peers.set(peer.name, peer);
      return [{ type: "request", id, peer: peer.name, request }];
    }
    return [];
  }
}

const FAULTS: Readonly<Record<RequestFailure, SyncFault>> = {
  "timed-out": "peer/no-answer",
  refused: "peer/request-refused",
  malformed: "peer/malformed-message",
};
