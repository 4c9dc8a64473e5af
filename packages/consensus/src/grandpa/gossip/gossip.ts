/**
 * GRANDPA's gossip as a machine without I/O: which messages of peers reach the voter, which go to whom, and what a peer
 * earns by them.
 *
 * Peers tell where they are (neighbour packets: set, round, finalized height). A vote goes to peers in the same set and
 * at most one round away, the own ones to all of them, others' to a part of them that turns with the rounds. A commit
 * goes to peers of its set that have finalized less, first from the round's primary, then from others if it has not
 * arrived by then. Whoever is two rounds behind a peer, or stuck and one behind, asks it for the votes that completed its
 * last round. A peer that repeats its position is stuck: what it may lack is sent again.
 *
 * **Bounds**: `MAX_GOSSIP_PEERS` peers, further ones are not served; a position, two numbers and a flag per peer;
 * votes: see `vote-store.ts`; the newest commit of this set and of the one before; one catch-up asked for at a time,
 * one answered per peer and repeat. **Trust**: bytes come from peers, verdicts from the own voter. **Not here**:
 * streams, bans (the network shell acts on `report`), cryptography (the voter).
 */
import type { BlockRef } from "../../block-ref.ts";
import type { Commit } from "../justification.ts";
import type { VoteMessage } from "../vote.ts";
import type { PeerName, VoterInput, VoterMessage, VoterPosition } from "../voter/voter-io.ts";
import {
  type CatchUp,
  decodeGossipMessage,
  encodeGossipMessage,
  type GossipMessage,
  type NeighbourPacket,
} from "./message.ts";
import { type Consequence, consequenceOf, type VerdictCode } from "./verdict.ts";
import { type StoredVote, VoteStore } from "./vote-store.ts";

export const MAX_GOSSIP_PEERS = 256;
/** How often a position is repeated. */
export const REPEAT_MS = 3_000;
/** Rounds that a peer must be ahead before it is asked for a catch-up; one is enough for a voter that is stuck. */
const CATCH_UP_ROUNDS = 2n;
/** Others' votes go to at least so many peers, or the square root of their number. */
const MIN_RELAYS = 4;
/** Longest wait before an own commit goes to peers that lack it, in units of the gossip time. */
const MAX_COMMIT_WAITS = 4;

export type GossipTimer =
  | { readonly kind: "repeat" }
  | { readonly kind: "commit"; readonly setId: bigint; readonly target: BlockRef };

export type GossipInput =
  /** Once, first of all. */
  | { readonly type: "start" }
  | { readonly type: "peer-connected"; readonly peer: PeerName }
  | { readonly type: "peer-disconnected"; readonly peer: PeerName }
  | { readonly type: "message"; readonly peer: PeerName; readonly bytes: Uint8Array }
  | { readonly type: "timer"; readonly timer: GossipTimer }
  // The rest are outputs of the own voter.
  | {
      readonly type: "judged";
      readonly from: PeerName;
      readonly message: VoterMessage;
      readonly verdict: VerdictCode;
    }
  | { readonly type: "gossip-vote"; readonly vote: VoteMessage }
  | { readonly type: "gossip-commit"; readonly commit: Commit; readonly rank: number }
  | { readonly type: "catch-up-answer"; readonly to: PeerName; readonly catchUp: CatchUp }
  | { readonly type: "position"; readonly position: VoterPosition };

export type GossipOutput =
  | { readonly type: "send"; readonly peer: PeerName; readonly bytes: Uint8Array }
  | { readonly type: "deliver"; readonly input: VoterInput }
  | {
      readonly type: "report";
      readonly peer: PeerName;
      readonly code: VerdictCode;
      readonly consequence: Consequence;
    }
  | { readonly type: "set-timer"; readonly timer: GossipTimer; readonly afterMs: number };

export interface GossipOptions {
  readonly position: VoterPosition;
  /** Time for a message to reach every voter. */
  readonly gossipMs: number;
  /** @default REPEAT_MS */
  readonly repeatMs?: number;
}

interface Peer {
  readonly name: PeerName;
  /** Last neighbour packet. */
  position: NeighbourPacket | undefined;
  /** Height of the highest commit it sent or was sent, in the set it is in. */
  commitNumber: number;
  /** It was answered a catch-up since the last repeat. */
  isAnswered: boolean;
}

interface StoredCommit {
  readonly setId: bigint;
  readonly target: BlockRef;
  readonly bytes: Uint8Array;
}

export class GrandpaGossip {
  readonly #peers = new Map<PeerName, Peer>();
  readonly #votes = new VoteStore();
  readonly #gossipMs: number;
  readonly #repeatMs: number;
  #position: VoterPosition;
  #commit: StoredCommit | undefined;
  /** The last one of the set before, for peers that have not left it. */
  #commitBefore: StoredCommit | undefined;
  #asked: { readonly peer: PeerName; readonly round: bigint; repeats: number } | undefined;
  /** The position did not change between two repeats. */
  #isStuck = false;
  #positionAtRepeat: VoterPosition | undefined;
  #outputs: GossipOutput[] = [];

  constructor({ position, gossipMs, repeatMs = REPEAT_MS }: GossipOptions) {
    this.#position = position;
    this.#gossipMs = gossipMs;
    this.#repeatMs = repeatMs;
  }

  /** Numbers of what is kept. */
  get sizes(): { readonly peers: number; readonly votes: number } {
    return { peers: this.#peers.size, votes: this.#votes.size };
  }

  step(input: GossipInput): readonly GossipOutput[] {
    const outputs: GossipOutput[] = [];
    this.#outputs = outputs;
    this.#take(input);
    return outputs;
  }

  #take(input: GossipInput): void {
    switch (input.type) {
      case "start":
        this.#setTimer({ kind: "repeat" }, this.#repeatMs);
        return;
      case "peer-connected":
        this.#onConnected(input.peer);
        return;
      case "peer-disconnected":
        this.#peers.delete(input.peer);
        this.#votes.forgetPeer(input.peer);
        if (this.#asked?.peer === input.peer) this.#asked = undefined;
        return;
      case "message":
        this.#onMessage(input.peer, input.bytes);
        return;
      case "timer":
        this.#onTimer(input.timer);
        return;
      case "judged":
        this.#onJudged(input);
        return;
      case "gossip-vote":
        this.#spread(this.#votes.add(input.vote), Number.POSITIVE_INFINITY);
        return;
      case "gossip-commit":
        this.#onOwnCommit(input.commit, input.rank);
        return;
      case "catch-up-answer":
        if (this.#peers.has(input.to))
          this.#send(input.to, encodeGossipMessage({ type: "CatchUp", value: input.catchUp }));
        return;
      case "position":
        this.#onPosition(input.position);
        return;
    }
  }

  #onConnected(name: PeerName): void {
    if (this.#peers.has(name) || this.#peers.size >= MAX_GOSSIP_PEERS) return;
    this.#peers.set(name, { name, position: undefined, commitNumber: 0, isAnswered: false });
    this.#send(name, this.#ownPacket());
  }

  // Messages of peers.

  #onMessage(name: PeerName, bytes: Uint8Array): void {
    const peer = this.#peers.get(name);
    if (peer === undefined) return;
    const decoded = decodeGossipMessage(bytes);
    if (!decoded.ok) {
      this.#report(name, "gossip/malformed");
      return;
    }
    const message = decoded.value;
    if (message.type === "Neighbour") this.#onNeighbour(peer, message.value);
    else this.#screen(peer, message);
  }

  /** Keeps from the voter what costs work and can be told by the outside. */
  #screen(peer: Peer, message: VoterMessage): void {
    switch (message.type) {
      case "Vote": {
        const known = this.#votes.find(message.value);
        if (known) {
          known.knownBy.add(peer.name);
          return;
        }
        break;
      }
      case "Commit": {
        const { setId, target } = message.value;
        if (setId !== this.#position.setId) return;
        peer.commitNumber = Math.max(peer.commitNumber, target.number);
        if (target.number <= this.#position.finalized.number) return;
        break;
      }
      case "CatchUpRequest":
        if (peer.isAnswered) {
          this.#report(peer.name, "gossip/unwanted");
          return;
        }
        peer.isAnswered = true;
        break;
      case "CatchUp":
        if (this.#asked?.peer !== peer.name || message.value.round < this.#asked.round) {
          this.#report(peer.name, "gossip/unwanted");
          return;
        }
        this.#asked = undefined;
        break;
    }
    this.#outputs.push({ type: "deliver", input: { type: "message", from: peer.name, message } });
  }

  #onNeighbour(peer: Peer, packet: NeighbourPacket): void {
    const before = peer.position;
    if (before && isBackwards(before, packet)) {
      this.#report(peer.name, "gossip/backwards");
      return;
    }
    peer.position = packet;
    if (before && before.setId !== packet.setId) peer.commitNumber = 0;
    const isRepeated =
      before?.setId === packet.setId &&
      before.round === packet.round &&
      before.finalizedNumber === packet.finalizedNumber;
    if (isRepeated) this.#forgetWhatWasSent(peer, packet);
    this.#bringUpToDate(peer, packet);
    this.#maybeAskForCatchUp(peer.name, packet);
  }

  /** What was sent may have been lost. Peers that only wait for blocks are left alone. */
  #forgetWhatWasSent(peer: Peer, { round, finalizedNumber }: NeighbourPacket): void {
    peer.commitNumber = 0;
    const isBehind =
      round < this.#position.round || finalizedNumber < this.#position.finalized.number;
    for (const vote of this.#votes.all())
      if (isBehind || vote.round >= round) vote.knownBy.delete(peer.name);
  }

  #bringUpToDate(peer: Peer, packet: NeighbourPacket): void {
    for (const commit of [this.#commit, this.#commitBefore])
      if (commit) this.#sendCommit(peer, commit);
    if (packet.setId !== this.#position.setId) return;
    for (const vote of this.#votes.all()) if (mayHave(packet, vote)) this.#sendVote(peer, vote);
  }

  #maybeAskForCatchUp(peer: PeerName, { setId, round }: NeighbourPacket): void {
    if (this.#asked || setId !== this.#position.setId) return;
    if (round < this.#position.round + (this.#isStuck ? 1n : CATCH_UP_ROUNDS)) return;
    const request = { setId, round: round - 1n };
    this.#asked = { peer, round: request.round, repeats: 0 };
    this.#send(peer, encodeGossipMessage({ type: "CatchUpRequest", value: request }));
  }

  // What the own voter says.

  #onJudged({ from, message, verdict }: GossipInput & { readonly type: "judged" }): void {
    this.#report(from, verdict);
    if (verdict !== "gossip/accepted") return;
    if (message.type === "Vote") {
      const stored = this.#votes.add(message.value);
      stored.knownBy.add(from);
      this.#spread(stored, this.#relays());
    } else if (message.type === "Commit") {
      this.#keepCommit(message.value);
      let left = this.#relays();
      const { setId, target } = message.value;
      const commit = this.#storedCommit(setId, target);
      if (commit)
        for (const peer of this.#turned()) if (left > 0 && this.#sendCommit(peer, commit)) left--;
    }
  }

  #onOwnCommit(commit: Commit, rank: number): void {
    this.#keepCommit(commit);
    const { setId, target } = commit;
    const waits = Math.min(rank, 2 * MAX_COMMIT_WAITS);
    const timer = { kind: "commit", setId, target } as const;
    if (waits === 0) this.#announceCommit(timer);
    else this.#setTimer(timer, (waits * this.#gossipMs) / 2);
  }

  #keepCommit(commit: Commit): void {
    const { setId, target } = commit;
    const known = setId === this.#commit?.setId ? this.#commit : undefined;
    if (known && known.target.number >= target.number) return;
    const bytes = encodeGossipMessage({ type: "Commit", value: commit });
    if (this.#commit && setId > this.#commit.setId) this.#commitBefore = this.#commit;
    this.#commit = { setId, target, bytes };
  }

  #storedCommit(setId: bigint, target: BlockRef): StoredCommit | undefined {
    return [this.#commit, this.#commitBefore].find(
      (commit) => commit?.setId === setId && commit.target.number === target.number,
    );
  }

  #announceCommit({ setId, target }: GossipTimer & { readonly kind: "commit" }): void {
    const commit = this.#storedCommit(setId, target);
    if (commit) for (const peer of this.#peers.values()) this.#sendCommit(peer, commit);
  }

  #onPosition(position: VoterPosition): void {
    const { setId, round } = position;
    if (setId !== this.#position.setId) {
      this.#votes.clear();
      this.#asked = undefined;
    }
    this.#position = position;
    this.#isStuck = false;
    this.#votes.keep(round - 1n, round + 1n);
    for (const name of this.#peers.keys()) this.#send(name, this.#ownPacket());
    for (const peer of this.#peers.values())
      if (peer.position) this.#maybeAskForCatchUp(peer.name, peer.position);
  }

  #onTimer(timer: GossipTimer): void {
    if (timer.kind === "commit") {
      this.#announceCommit(timer);
      return;
    }
    this.#isStuck = this.#positionAtRepeat === this.#position;
    this.#positionAtRepeat = this.#position;
    for (const peer of this.#peers.values()) {
      peer.isAnswered = false;
      this.#send(peer.name, this.#ownPacket());
    }
    if (this.#asked && ++this.#asked.repeats > 1) this.#asked = undefined;
    this.#setTimer(timer, this.#repeatMs);
  }

  // Sending.

  /** To peers that may have the vote and lack it, `most` of them. */
  #spread(vote: StoredVote, most: number): void {
    let left = most;
    for (const peer of this.#turned()) {
      const { position } = peer;
      if (left <= 0) return;
      if (position?.setId !== this.#position.setId || !mayHave(position, vote)) continue;
      if (this.#sendVote(peer, vote)) left--;
    }
  }

  #sendVote({ name }: Peer, vote: StoredVote): boolean {
    if (vote.knownBy.has(name)) return false;
    vote.knownBy.add(name);
    this.#send(name, vote.bytes);
    return true;
  }

  #sendCommit(peer: Peer, { setId, target, bytes }: StoredCommit): boolean {
    const { position, commitNumber } = peer;
    if (position?.setId !== setId) return false;
    if (Math.max(position.finalizedNumber, commitNumber) >= target.number) return false;
    peer.commitNumber = target.number;
    this.#send(peer.name, bytes);
    return true;
  }

  #relays(): number {
    return Math.max(MIN_RELAYS, Math.ceil(Math.sqrt(this.#peers.size)));
  }

  /** All peers, beginning with another one in each round. */
  #turned(): readonly Peer[] {
    const peers = [...this.#peers.values()];
    if (peers.length === 0) return peers;
    const start = Number((this.#position.round * BigInt(this.#relays())) % BigInt(peers.length));
    return [...peers.slice(start), ...peers.slice(0, start)];
  }

  #ownPacket(): Uint8Array {
    const { round, setId, finalized } = this.#position;
    const value = { round, setId, finalizedNumber: finalized.number };
    const message: GossipMessage = { type: "Neighbour", value };
    return encodeGossipMessage(message);
  }

  #send(peer: PeerName, bytes: Uint8Array): void {
    this.#outputs.push({ type: "send", peer, bytes });
  }

  #report(peer: PeerName, code: VerdictCode): void {
    const consequence = consequenceOf(code);
    if (consequence !== "none") this.#outputs.push({ type: "report", peer, code, consequence });
  }

  #setTimer(timer: GossipTimer, afterMs: number): void {
    this.#outputs.push({ type: "set-timer", timer, afterMs });
  }
}

/** Whether votes of a round are of use to a peer. */
function mayHave({ round }: NeighbourPacket, vote: StoredVote): boolean {
  return vote.round + 1n >= round && vote.round <= round + 1n;
}

function isBackwards(before: NeighbourPacket, after: NeighbourPacket): boolean {
  if (after.finalizedNumber < before.finalizedNumber || after.setId < before.setId) return true;
  return after.setId === before.setId && after.round < before.round;
}
