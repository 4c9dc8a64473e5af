/**
 * GRANDPA voter as a machine without I/O: votes of others, blocks and timers in; what to persist, sign, send and
 * finalize out.
 *
 * ```
 *             something to vote for               ghost ≥ estimate before          completable, estimate
 *             [timer, or a clean start]           [timer, or settled]              before finalized
 *   round r ────────────────────────► prevoted ─────────────────► precommitted ─────────────────► round r + 1
 *             persist, sign                        persist, sign                     r stays in the background
 *                                                                                    until its estimate is final
 * ```
 *
 * A vote is persisted before it is asked for, so a voter that crashed anywhere signs the same vote again or none. The
 * paper waits twice in each round; here a wait is skipped when it can bring nothing: the prevote's when the round before
 * is decided to the end, the precommit's when no prevote to come can raise the ghost. So a set of one voter decides a
 * block in one turn, by the same steps as any other.
 *
 * **Bounds**: rounds: the current one, at most `MAX_BACKGROUND` before it, the next, and one of a catch-up; each holds
 * two votes per voter and kind. `MAX_PENDING_COMMITS` commits and `MAX_WANTED` wanted blocks; a full list drops the
 * lowest commit, and asks for no more blocks until the round ends. **Trust**: messages come from peers and are verified
 * here; the record, the chain and signatures are the own node's. **Not here**: who is sent what (`gossip/`), keys,
 * disk, clock.
 *
 * Deviation from the shape of other machines: one object that is stepped, not a state that is returned, because a round
 * of a thousand voters would be copied for every vote. The same inputs give the same outputs.
 *
 * @see polkadot-spec "GRANDPA: voting process"
 */
import { assert } from "@pha/scale";
import { type BlockRef, bytesKey, higher, isSameBlock } from "../../block-ref.ts";
import type { AuthoritySet } from "../authority-set.ts";
import type { CatchUp, CatchUpRequest } from "../gossip/message.ts";
import type { VerdictCode } from "../gossip/verdict.ts";
import type { Commit, Justification } from "../justification.ts";
import { verifyCommit, verifyJustification } from "../verify-justification.ts";
import { signedVotePayload, type VoteKind, type VoteMessage } from "../vote.ts";
import {
  commitOf,
  type FinalityVotes,
  justificationOf,
  precommitsOfCommit,
} from "./finality-proof.ts";
import { OwnBallots } from "./own-ballots.ts";
import { type RoundResult, sameThrice } from "./rules.ts";
import type { VoterOptions } from "./start-voter.ts";
import { decidableUpTo, isAtOrAbove, type VoterChain } from "./voter-chain.ts";
import type {
  PeerName,
  VoterInput,
  VoterMessage,
  VoterOutput,
  VoterPosition,
  VoterTimer,
} from "./voter-io.ts";
import { type RoundView, VoterRounds } from "./voter-rounds.ts";
import { type VoterSet, voterSetOf } from "./voter-set.ts";

export const MAX_PENDING_COMMITS = 4;
export const MAX_WANTED = 64;

/** Time for a message to reach every voter: the waits of a round are two of it. */
export const GOSSIP_MS = 333;

export class GrandpaVoter {
  readonly #chain: VoterChain;
  readonly #options: VoterOptions;
  readonly #waitMs: number;
  #voters: VoterSet;
  /** Own number in the set; `undefined` follows without voting. */
  #ownIndex: number | undefined;
  #finalized: BlockRef;
  #rounds: VoterRounds;
  #own: OwnBallots;
  #due = { prevote: false, precommit: false };
  #isPrecommitTimed = false;
  /** A peer showed that others completed the current round and went on. */
  #isLeftBehind = false;
  #pendingCommits: Commit[] = [];
  readonly #wanted = new Set<string>();
  #outputs: VoterOutput[] = [];

  /** Use `startVoter`. */
  constructor(options: VoterOptions) {
    const { set, finalized, record, chain, gossipMs = GOSSIP_MS } = options;
    this.#options = options;
    this.#chain = chain;
    this.#waitMs = 2 * gossipMs;
    this.#finalized = finalized;
    this.#voters = voterSetOf(set, options.rules.threshold);
    this.#ownIndex = this.#indexOfOwn();
    const resumed = record?.setId === set.setId ? record : undefined;
    this.#rounds = new VoterRounds({
      voters: this.#voters,
      chain,
      finalized,
      record: resumed,
    });
    this.#own = new OwnBallots(resumed?.own ?? []);
  }

  get set(): AuthoritySet {
    return this.#voters.set;
  }

  get position(): VoterPosition {
    return {
      setId: this.set.setId,
      round: this.#rounds.current,
      finalized: this.#finalized,
    };
  }

  /** The rounds under way, the current one first. */
  rounds(): readonly RoundView[] {
    return this.#rounds.views();
  }

  /** Rounds kept, those ahead included. */
  get roundCount(): number {
    return this.#rounds.count;
  }

  step(input: VoterInput): readonly VoterOutput[] {
    const before = this.position;
    const outputs: VoterOutput[] = [];
    this.#outputs = outputs;
    if (this.#voters.total > 0n) {
      this.#take(input);
      this.#advance();
    }
    const { setId, round, finalized } = this.position;
    if (
      setId !== before.setId ||
      round !== before.round ||
      !isSameBlock(finalized, before.finalized)
    )
      outputs.push({ type: "position", position: this.position });
    return outputs;
  }

  #take(input: VoterInput): void {
    switch (input.type) {
      case "start":
        this.#askForOutstanding();
        this.#timePrevote();
        return;
      case "chain":
        this.#onChain();
        return;
      case "message":
        this.#onMessage(input);
        return;
      case "justification":
        this.#onJustification(input.justification);
        return;
      case "signed":
        this.#onSigned(input);
        return;
      case "refused":
        // The others decide this round; waiting for a signature would hold up the next one.
        if (input.setId === this.set.setId) this.#own.refuse(input.round, input.kind);
        return;
      case "timer":
        this.#onTimer(input.timer);
        return;
    }
  }

  /** Does whatever has become possible, until nothing is. */
  #advance(): void {
    do {
      this.#propose();
      this.#prevote();
      this.#precommit();
    } while (this.#finalizeByVotes() || this.#beginNextRound());
    this.#askForBlocks();
  }

  // Own votes.

  #propose(): void {
    const { current } = this.#rounds;
    if (this.#ownIndex === undefined || this.#voters.primaryOf(current) !== this.#ownIndex) return;
    const { proposal, prevote } = this.#own.of(current);
    const { estimate } = this.#previous();
    // Everyone has a final block; only an estimate needs to be made known.
    if (proposal || prevote || estimate.number <= this.#finalized.number) return;
    this.#cast("proposal", estimate);
  }

  #prevote(): void {
    const { current } = this.#rounds;
    if (this.#ownIndex === undefined || this.#own.of(current).prevote) return;
    const { completable } = this.#rounds.round.state;
    if (!(this.#due.prevote || completable || this.#isCleanStart())) return;
    const target = this.#prevoteTarget();
    if (target && target.number > this.#finalized.number) this.#cast("prevote", target);
  }

  /** Head of the best chain that holds what it must hold; `undefined` when that is not imported. */
  #prevoteTarget(): BlockRef | undefined {
    const previous = this.#previous();
    const floor = higher(this.#options.rules.floor(previous), this.#finalized);
    const proposal = this.#rounds.round.proposal;
    const isUsable =
      proposal !== undefined &&
      proposal.number > floor.number &&
      isAtOrAbove(this.#chain, previous.ghost, proposal) &&
      isAtOrAbove(this.#chain, proposal, floor);
    const best = this.#chain.bestContaining((isUsable ? proposal : floor).hash);
    const target = best && decidableUpTo(this.#chain, this.#finalized, best)?.block;
    return target && target.number >= floor.number ? target : undefined;
  }

  #precommit(): void {
    const { current, round } = this.#rounds;
    const own = this.#own.of(current);
    if (this.#ownIndex === undefined || own.precommit || !this.#own.isSigned(current, "prevote"))
      return;
    const { ghost, completable, prevotesSettled } = round.state;
    const floor = this.#options.rules.floor(this.#previous());
    const isReady = ghost && isAtOrAbove(this.#chain, ghost, floor);
    if (isReady && (this.#due.precommit || completable || prevotesSettled))
      this.#cast("precommit", ghost);
    else if (!this.#isPrecommitTimed) {
      this.#isPrecommitTimed = true;
      this.#setTimer("precommit");
    }
  }

  #cast(kind: VoteKind, block: BlockRef): void {
    this.#own.cast(this.#rounds.current, kind, block, this.#rounds.round.base);
    this.#outputs.push({ type: "persist", record: this.#record() });
    this.#askForOutstanding(this.#rounds.current, kind);
  }

  /** Asks for signatures: of one vote, or of every one that is not signed. */
  #askForOutstanding(onlyRound?: bigint, onlyKind?: VoteKind): void {
    const key = this.#ownKey;
    if (key === undefined) return;
    const { setId } = this.set;
    for (const { round, kind, block } of this.#own.unsigned()) {
      if ((onlyRound ?? round) !== round || (onlyKind ?? kind) !== kind) continue;
      const payload = signedVotePayload(kind, { ...block, round, setId });
      this.#outputs.push({ type: "sign", key, kind, block, round, setId, payload });
    }
  }

  #onSigned({ kind, round, setId, signature }: VoterInput & { readonly type: "signed" }): void {
    const { verify } = this.#options;
    const own = this.#ownKey;
    const wanted = this.#own.unsigned().find((vote) => vote.round === round && vote.kind === kind);
    // An answer to a request that was repeated, or of before a restart or a change of the set.
    if (!wanted || !own || this.#ownIndex === undefined || setId !== this.set.setId) return;
    const target = wanted.block;
    const payload = signedVotePayload(kind, { ...target, round, setId });
    assert(verify(own, payload, signature), "the keystore signs with the own key");
    this.#own.sign(round, kind);
    const vote: VoteMessage = { kind, round, setId, target, signature, authority: own };
    this.#count(vote, this.#ownIndex);
    this.#outputs.push({ type: "gossip-vote", vote });
  }

  #record() {
    const { current } = this.#rounds;
    return {
      setId: this.set.setId,
      round: current,
      own: this.#own.records(),
      previous: current === 1n ? undefined : this.#rounds.completed(),
    };
  }

  // Rounds.

  #previous(): RoundResult {
    return this.#rounds.previous() ?? sameThrice(this.#finalized);
  }

  /** Whether the round before is decided to the end and brought something, so that no vote in it can matter now. */
  #isCleanStart(): boolean {
    const previous = this.#rounds.previous();
    return (
      previous === undefined ||
      (previous.estimate.number <= this.#finalized.number &&
        this.#finalized.number > previous.base.number)
    );
  }

  #beginNextRound(): boolean {
    const next = this.#rounds.highestCompletableAhead() ?? this.#completedRound();
    if (next === undefined) return false;
    this.#rounds.begin(next + 1n, this.#finalized);
    this.#own.keepFrom(this.#rounds.lowest);
    this.#due = { prevote: false, precommit: false };
    this.#isPrecommitTimed = false;
    this.#isLeftBehind = false;
    this.#wanted.clear();
    this.#timePrevote();
    return true;
  }

  #completedRound(): bigint | undefined {
    const { current, round } = this.#rounds;
    const isVoteOutstanding = this.#own.unsigned().some((vote) => vote.round === current);
    if (isVoteOutstanding || !round.state.completable) return undefined;
    const isDecided = this.#previous().estimate.number <= this.#finalized.number;
    return isDecided || this.#isLeftBehind ? current : undefined;
  }

  #timePrevote(): void {
    const isVoted = this.#own.of(this.#rounds.current).prevote !== undefined;
    if (this.#ownIndex !== undefined && !isVoted && !this.#isCleanStart())
      this.#setTimer("prevote");
  }

  #setTimer(kind: VoterTimer["kind"]): void {
    const timer = { kind, setId: this.set.setId, round: this.#rounds.current };
    this.#outputs.push({ type: "set-timer", timer, afterMs: this.#waitMs });
  }

  #onTimer({ kind, setId, round }: VoterTimer): void {
    if (setId !== this.set.setId || round !== this.#rounds.current) return;
    this.#due = { ...this.#due, [kind]: true };
  }

  #onChain(): void {
    this.#rounds.refresh(this.#finalized.number);
    const commits = this.#pendingCommits;
    this.#pendingCommits = [];
    for (const commit of commits) this.#applyCommit(commit);
  }

  #askForBlocks(): void {
    for (const block of this.#rounds.missingBlocks()) this.#want(block);
  }

  #want(block: BlockRef): void {
    const id = bytesKey(block.hash);
    if (this.#wanted.size >= MAX_WANTED || this.#wanted.has(id)) return;
    this.#wanted.add(id);
    this.#outputs.push({ type: "want-block", block });
  }

  // Messages.

  #onMessage({ from, message }: VoterInput & { readonly type: "message" }): void {
    const verdict = this.#verdictOn(from, message);
    this.#outputs.push({ type: "judged", from, message, verdict });
  }

  #verdictOn(from: PeerName, message: VoterMessage): VerdictCode {
    switch (message.type) {
      case "Vote":
        return this.#onVote(message.value);
      case "Commit":
        return this.#onCommit(message.value);
      case "CatchUp":
        return this.#onCatchUp(message.value);
      case "CatchUpRequest":
        return this.#onCatchUpRequest(from, message.value);
    }
  }

  #onVote(vote: VoteMessage): VerdictCode {
    const { kind, round, setId, target } = vote;
    if (setId !== this.set.setId || !this.#rounds.isLive(round)) return "gossip/out-of-step";
    const voter = this.#voters.indexOf(vote.authority);
    if (voter === undefined) return "gossip/unknown-voter";
    if (kind === "proposal") return this.#onProposal(vote, voter);
    if (this.#rounds.holds(round, kind, voter, target)) return "gossip/known";
    if (!this.#isSignedRight(vote)) return "gossip/bad-signature";
    return this.#count(vote, voter);
  }

  #onProposal(vote: VoteMessage, voter: number): VerdictCode {
    if (this.#voters.primaryOf(vote.round) !== voter) return "gossip/unknown-voter";
    if (this.#rounds.proposalOf(vote.round)) return "gossip/known";
    if (!this.#isSignedRight(vote)) return "gossip/bad-signature";
    return this.#count(vote, voter);
  }

  #isSignedRight({ kind, target, signature, authority, round, setId }: VoteMessage): boolean {
    return this.#options.verify(
      authority,
      signedVotePayload(kind, { hash: target.hash, number: target.number, round, setId }),
      signature,
    );
  }

  /** Counts a vote whose signature is right. */
  #count(vote: VoteMessage, voter: number): VerdictCode {
    const { kind, round, setId, target, signature, authority } = vote;
    // Cast by another node with the same key, or by this one before it lost its record: nothing else may be signed.
    if (voter === this.#ownIndex)
      this.#own.adopt(round, kind, target, this.#rounds.baseOf(round, this.#finalized));
    const opened = this.#rounds.open(round, this.#finalized);
    if (kind === "proposal") {
      opened.proposal ??= target;
      return "gossip/accepted";
    }
    const second = { target, signature, authority };
    const added = opened.add(kind, voter, second, this.#finalized.number);
    switch (added.type) {
      case "duplicate":
        return "gossip/known";
      case "wrong-number":
        return "gossip/wrong-number";
      case "equivocation": {
        const { first } = added;
        const proof = {
          setId,
          round,
          kind,
          authority,
          first: unnamed(first),
          second: unnamed(second),
        };
        this.#outputs.push({ type: "equivocation", proof });
        return "gossip/accepted";
      }
      case "added":
        return "gossip/accepted";
    }
  }

  #onCatchUpRequest(from: PeerName, request: CatchUpRequest): VerdictCode {
    const { setId } = this.set;
    const completed = this.#rounds.completed();
    if (request.setId !== setId || !completed || completed.round < request.round)
      return "gossip/out-of-step";
    const { round, prevotes, precommits } = completed;
    const base = this.#rounds.decidedInCompleted() ?? completed.base;
    const catchUp = { setId, round, base, prevotes, precommits };
    this.#outputs.push({ type: "catch-up-answer", to: from, catchUp });
    return "gossip/accepted";
  }

  #onCatchUp({ setId, round, prevotes, precommits, base }: CatchUp): VerdictCode {
    if (setId !== this.set.setId || round < this.#rounds.current) return "gossip/out-of-step";
    const most = 2 * this.#voters.voters.length;
    if (prevotes.length > most || precommits.length > most) return "gossip/bad-catch-up";
    const votes: VoteMessage[] = [
      ...prevotes.map((vote) => ({ kind: "prevote" as const, round, setId, ...vote })),
      ...precommits.map((vote) => ({ kind: "precommit" as const, round, setId, ...vote })),
    ];
    for (const vote of votes) {
      if (this.#voters.indexOf(vote.authority) === undefined) return "gossip/bad-catch-up";
      if (!this.#isSignedRight(vote)) return "gossip/bad-catch-up";
    }
    const target = this.#rounds.openCatchUp(round, this.#finalized);
    for (const vote of votes) {
      const voter = this.#voters.indexOf(vote.authority);
      if (voter !== undefined && vote.kind !== "proposal") this.#count(vote, voter);
    }
    if (target.state.completable) {
      // Votes of the round before that would lower its estimate may be lost for good.
      if (round === this.#rounds.current) this.#isLeftBehind = true;
      return "gossip/accepted";
    }
    // The peer counted above a block that is not final here: it will be, and the votes are kept until then.
    if (base.number > this.#finalized.number) return "gossip/out-of-step";
    return target.missingBlocks().length > 0 ? "gossip/waits-for-block" : "gossip/bad-catch-up";
  }

  // Finality.

  #finalizeByVotes(): boolean {
    for (const round of this.#rounds.all()) {
      const { finalized } = round.state;
      if (finalized === undefined || finalized.number <= this.#finalized.number) continue;
      const decidable = decidableUpTo(this.#chain, this.#finalized, finalized);
      if (decidable === undefined || decidable.block.number <= this.#finalized.number) continue;
      const target = decidable.block;
      const precommits = round.precommitsFor(target, this.#finalized.number);
      if (this.#finalize({ round: round.number, setId: this.set.setId, target, precommits }))
        return true;
    }
    return false;
  }

  #onCommit(commit: Commit): VerdictCode {
    const { setId, target } = commit;
    if (setId !== this.set.setId) return "gossip/out-of-step";
    if (target.number <= this.#finalized.number) return "gossip/known";
    const { set } = this;
    const { verify } = this.#options;
    // Ancestry is looked at when every block is imported; what is kept until then is signed by enough voters.
    const verified = verifyCommit({ commit, set, isDescendant: () => true, verify });
    return verified.ok ? this.#applyCommit(commit) : "gossip/bad-commit";
  }

  /** @param commit with enough right signatures */
  #applyCommit(commit: Commit): VerdictCode {
    const { target, round, setId } = commit;
    if (target.number <= this.#finalized.number) return "gossip/known";
    const precommits = precommitsOfCommit(commit);
    const isImported = ({ hash }: BlockRef) => this.#chain.header(hash) !== undefined;
    const missing = [target, ...commit.precommits].find((block) => !isImported(block));
    if (missing) {
      this.#keepForLater(commit, missing);
      return "gossip/waits-for-block";
    }
    if (commit.precommits.some((block) => !isAtOrAbove(this.#chain, block, target)))
      return "gossip/bad-commit";
    for (const vote of precommits) {
      const voter = this.#voters.indexOf(vote.authority);
      if (voter !== undefined && this.#rounds.isLive(round))
        this.#count({ kind: "precommit", round, setId, ...vote }, voter);
    }
    return this.#finalizeBy({ round, setId, target, precommits });
  }

  #keepForLater(commit: Commit, missing: BlockRef): void {
    this.#want(missing);
    const isKept = this.#pendingCommits.some(({ target }) => isSameBlock(target, commit.target));
    if (isKept) return;
    this.#pendingCommits.push(commit);
    this.#pendingCommits.sort((a, b) => b.target.number - a.target.number);
    this.#pendingCommits.length = Math.min(this.#pendingCommits.length, MAX_PENDING_COMMITS);
  }

  #onJustification(justification: Justification): void {
    const { target, round, precommits } = justification;
    if (target.number <= this.#finalized.number) return;
    const { verify } = this.#options;
    if (!verifyJustification({ justification, set: this.set, verify }).ok) return;
    this.#finalizeBy({ round, setId: this.set.setId, target, precommits });
  }

  /** Finalizes what a verified proof of someone else is for. */
  #finalizeBy(votes: FinalityVotes): VerdictCode {
    const decidable = decidableUpTo(this.#chain, this.#finalized, votes.target);
    if (decidable === undefined) return "gossip/conflicting-finality";
    // Beyond a change of the set it proves nothing: that set had ended.
    if (!isSameBlock(decidable.block, votes.target)) return "gossip/bad-commit";
    return this.#finalize(votes) ? "gossip/accepted" : "gossip/waits-for-block";
  }

  #finalize(votes: FinalityVotes): boolean {
    const { target, round } = votes;
    const decidable = decidableUpTo(this.#chain, this.#finalized, target);
    const justification = justificationOf(this.#chain, votes);
    if (decidable === undefined || justification === undefined) return false;
    const { change } = decidable;
    const nextSet = change && { setId: this.set.setId + 1n, authorities: change };
    const rank = this.#rankIn(round);
    this.#finalized = target;
    this.#outputs.push(
      { type: "finalize", block: target, justification, set: nextSet ?? this.set },
      { type: "gossip-commit", commit: commitOf(votes), rank },
    );
    if (nextSet) this.#enter(nextSet);
    else {
      this.#rounds.onFinalized(this.#finalized);
      this.#own.keepFrom(this.#rounds.lowest);
    }
    return true;
  }

  /** Voters before this one in telling of a round's end: from the primary on. */
  #rankIn(round: bigint): number {
    const count = this.#voters.voters.length;
    if (this.#ownIndex === undefined) return count;
    return (this.#ownIndex + count - this.#voters.primaryOf(round)) % count;
  }

  get #ownKey(): Uint8Array | undefined {
    return this.#ownIndex === undefined ? undefined : this.#voters.voters[this.#ownIndex]?.key;
  }

  #indexOfOwn(): number | undefined {
    const index = this.#voters.voters.findIndex(({ key }) => this.#options.isOwn(key));
    return index < 0 ? undefined : index;
  }

  #enter(set: AuthoritySet): void {
    const { rules } = this.#options;
    this.#voters = voterSetOf(set, rules.threshold);
    this.#ownIndex = this.#indexOfOwn();
    this.#rounds = new VoterRounds({
      voters: this.#voters,
      chain: this.#chain,
      finalized: this.#finalized,
      record: undefined,
    });
    this.#own = new OwnBallots([]);
    this.#due = { prevote: false, precommit: false };
    this.#isPrecommitTimed = false;
    this.#isLeftBehind = false;
    this.#pendingCommits = [];
    this.#wanted.clear();
  }
}

function unnamed({ target, signature }: { target: BlockRef; signature: Uint8Array }) {
  return { target, signature };
}
