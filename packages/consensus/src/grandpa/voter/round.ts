/**
 * One round of a set: its votes, and what they decide.
 *
 * The words of the paper: the *ghost* is the highest block with a supermajority of prevotes; a block is *possible* when
 * precommits could still give it one; the *estimate* is the highest possible block at or below the ghost; a round is
 * *completable* when nothing above its estimate is possible. A voter that voted twice in a kind counts for every block
 * in it.
 *
 * What is *finalized* here is stricter than in the paper: an equivocator counts only for blocks below one of its two
 * votes, because only those can be shown in a justification that names each voter once. Honest votes alone finalize
 * every block that honest voters precommit to, so nothing waits for it.
 *
 * **Bounds**: two votes per voter and kind; a third is ignored. **Trust**: signatures were verified by the caller.
 * **Not here**: when to vote, rounds before and after (`voter.ts`).
 *
 * @see polkadot-spec "GRANDPA: definitions"
 */
import { type BlockRef, isSameBlock } from "../../block-ref.ts";
import type { SignedTarget } from "../vote.ts";
import { type GraphNode, isNodeAtOrAbove, VoteGraph } from "./vote-graph.ts";
import type { VoterChain } from "./voter-chain.ts";
import type { VoterSet } from "./voter-set.ts";

export type WeightedKind = "prevote" | "precommit";

export interface RoundState {
  /** `undefined`: fewer than a supermajority have prevoted. */
  readonly ghost: BlockRef | undefined;
  readonly estimate: BlockRef | undefined;
  /** Highest block that a justification can be made for; the base when there is none above it. */
  readonly finalized: BlockRef | undefined;
  readonly completable: boolean;
  /** Prevotes to come cannot raise the ghost, unless someone votes twice. */
  readonly prevotesSettled: boolean;
}

export type VoteImport =
  | { readonly type: "added" }
  | { readonly type: "duplicate" }
  /** A block under a wrong height; not counted. */
  | { readonly type: "wrong-number" }
  /** The voter's second vote; `first` is the one that was there. */
  | { readonly type: "equivocation"; readonly first: SignedTarget };

export interface RoundOptions {
  readonly number: bigint;
  readonly voters: VoterSet;
  /** Finalized when the round began. */
  readonly base: BlockRef;
  readonly chain: VoterChain;
}

interface Ballot {
  readonly weight: bigint;
  readonly votes: { readonly vote: SignedTarget; node: GraphNode | undefined }[];
}

interface Tally {
  readonly ballots: Map<number, Ballot>;
  /** Votes whose blocks were not imported when they came. */
  unplaced: number;
  /** Weight of voters with a placed vote or two votes. */
  seen: bigint;
  equivocated: bigint;
}

const EMPTY: RoundState = {
  ghost: undefined,
  estimate: undefined,
  finalized: undefined,
  completable: false,
  prevotesSettled: false,
};

export class Round {
  readonly number: bigint;
  readonly base: BlockRef;
  /** The primary's; the first one counts. */
  proposal: BlockRef | undefined;
  readonly #voters: VoterSet;
  readonly #chain: VoterChain;
  #graph: VoteGraph;
  readonly #tallies: Readonly<Record<WeightedKind, Tally>> = {
    prevote: emptyTally(),
    precommit: emptyTally(),
  };
  #ghost: GraphNode | undefined;
  #state: RoundState | undefined = EMPTY;

  constructor({ number, voters, base, chain }: RoundOptions) {
    this.number = number;
    this.base = base;
    this.#voters = voters;
    this.#chain = chain;
    this.#graph = new VoteGraph(base, chain);
  }

  /** Final by now: votes for blocks that do not descend from it cannot matter any more. */
  get decided(): BlockRef {
    return this.#graph.base.block;
  }

  /**
   * Counts anew above a block that became final.
   *
   * What was possible beside it is not any more, so rounds that were stuck between forks may become completable.
   */
  rebase(finalized: BlockRef): void {
    if (finalized.number <= this.decided.number) return;
    this.#graph = new VoteGraph(finalized, this.#chain);
    this.#ghost = undefined;
    this.#state = undefined;
    for (const kind of ["prevote", "precommit"] as const) {
      const tally = this.#tallies[kind];
      tally.unplaced = 0;
      tally.seen = 0n;
      for (const { weight, votes } of tally.ballots.values()) {
        for (const one of votes) {
          one.node = this.#nodeOf(one.vote.target, finalized.number);
          if (one.node === undefined) tally.unplaced++;
        }
        const [first, second] = votes;
        if (second) tally.seen += weight;
        else if (first?.node) this.#count(kind, first.node, weight);
      }
    }
  }

  /** @param finalizedNumber see `VoteGraph.place` */
  add(kind: WeightedKind, voter: number, vote: SignedTarget, finalizedNumber: number): VoteImport {
    const tally = this.#tallies[kind];
    const weight = this.#voters.voters[voter]?.weight ?? 0n;
    const ballot = tally.ballots.get(voter) ?? { weight, votes: [] };
    const [first] = ballot.votes;
    if (this.holds(kind, voter, vote.target)) return { type: "duplicate" };
    const placed = this.#graph.place(vote.target, finalizedNumber);
    if (placed === "wrong-number") return { type: "wrong-number" };
    const node = placed === "unknown" ? undefined : placed;
    this.#state = undefined;
    ballot.votes.push({ vote, node });
    tally.ballots.set(voter, ballot);
    if (node === undefined) tally.unplaced++;
    if (first === undefined) {
      if (node) this.#count(kind, node, weight);
      return { type: "added" };
    }
    if (first.node) this.#graph.add(first.node, kind, -weight);
    else tally.seen += weight;
    tally.equivocated += weight;
    return { type: "equivocation", first: first.vote };
  }

  /** Finds the places of votes whose blocks have been imported meanwhile. */
  refresh(finalizedNumber: number): void {
    for (const kind of ["prevote", "precommit"] as const) {
      const tally = this.#tallies[kind];
      if (tally.unplaced === 0) continue;
      for (const { weight, votes } of tally.ballots.values())
        for (const one of votes) {
          if (one.node) continue;
          one.node = this.#nodeOf(one.vote.target, finalizedNumber);
          if (one.node === undefined) continue;
          tally.unplaced--;
          this.#state = undefined;
          if (votes.length === 1) this.#count(kind, one.node, weight);
        }
    }
  }

  get state(): RoundState {
    this.#state ??= this.#decide();
    return this.#state;
  }

  /** Whether another vote for a block would change nothing. */
  holds(kind: WeightedKind, voter: number, target: BlockRef): boolean {
    const [first, second] = this.#tallies[kind].ballots.get(voter)?.votes ?? [];
    return second !== undefined || (first !== undefined && isSameBlock(first.vote.target, target));
  }

  has(kind: WeightedKind, voter: number): boolean {
    return this.#tallies[kind].ballots.has(voter);
  }

  /** Weight of the voters that voted. */
  weightOf(kind: WeightedKind): bigint {
    let sum = 0n;
    for (const { weight } of this.#tallies[kind].ballots.values()) sum += weight;
    return sum;
  }

  /** Every vote of a kind, both of an equivocator. */
  votes(kind: WeightedKind): readonly SignedTarget[] {
    return [...this.#tallies[kind].ballots.values()].flatMap(({ votes }) =>
      votes.map(({ vote }) => vote),
    );
  }

  /** A precommit of each voter that has one at `target` or above it. */
  precommitsFor(target: BlockRef, finalizedNumber: number): readonly SignedTarget[] {
    const node = this.#graph.place(target, finalizedNumber);
    if (typeof node === "string") return [];
    return [...this.#tallies.precommit.ballots.values()].flatMap(({ votes }) => {
      const supporting = votes.find((one) => one.node && isNodeAtOrAbove(one.node, node));
      return supporting ? [supporting.vote] : [];
    });
  }

  /** Blocks voted for that are not imported. */
  missingBlocks(): readonly BlockRef[] {
    return [this.#tallies.prevote, this.#tallies.precommit].flatMap(({ unplaced, ballots }) =>
      unplaced === 0
        ? []
        : [...ballots.values()].flatMap(({ votes }) =>
            votes.flatMap(({ vote, node }) => (node ? [] : [vote.target])),
          ),
    );
  }

  #nodeOf(target: BlockRef, finalizedNumber: number): GraphNode | undefined {
    const placed = this.#graph.place(target, finalizedNumber);
    if (placed === "unknown") return undefined;
    // A height that turns out wrong: the vote supports no block.
    return placed === "wrong-number" ? this.#graph.base : placed;
  }

  #count(kind: WeightedKind, node: GraphNode, weight: bigint): void {
    this.#graph.add(node, kind, weight);
    this.#tallies[kind].seen += weight;
  }

  #decide(): RoundState {
    const { total, threshold } = this.#voters;
    const { prevote, precommit } = this.#tallies;
    if (prevote.seen < threshold) return EMPTY;
    // Weights with equivocators only grow, so the ghost only rises.
    const ghost = this.#graph.highest(
      this.#ghost ?? this.#graph.base,
      ({ weight }) => weight.prevote + prevote.equivocated >= threshold,
    );
    this.#ghost = ghost;
    const unseen = total - precommit.seen;
    const moreEquivocators = max(total - threshold - precommit.equivocated, 0n);
    const isPossible = (forBlock: bigint): boolean => {
      const against = precommit.seen - forBlock;
      return forBlock + unseen + min(against, moreEquivocators) >= threshold;
    };
    const isNodePossible = ({ weight }: GraphNode): boolean =>
      isPossible(weight.precommit + precommit.equivocated);
    let estimate = ghost;
    while (estimate.parent && !isNodePossible(estimate)) estimate = estimate.parent;
    const completable =
      estimate !== ghost ||
      // Of a child that nobody has voted for yet, and of those that are known.
      !(isPossible(precommit.equivocated) || ghost.children.some(isNodePossible));
    return {
      ghost: ghost.block,
      estimate: estimate.block,
      finalized: this.#finalizedBelow(ghost),
      completable,
      prevotesSettled: this.#isSettled(ghost),
    };
  }

  #isSettled(ghost: GraphNode): boolean {
    const { total, threshold } = this.#voters;
    const { seen, equivocated } = this.#tallies.prevote;
    let most = 0n;
    for (const { weight } of ghost.children) most = max(most, weight.prevote);
    return most + equivocated + (total - seen) < threshold;
  }

  #finalizedBelow(ghost: GraphNode): BlockRef | undefined {
    const { threshold } = this.#voters;
    const { seen, ballots, equivocated } = this.#tallies.precommit;
    if (seen < threshold) return undefined;
    const twice =
      equivocated === 0n ? [] : [...ballots.values()].filter(({ votes }) => votes.length > 1);
    for (let node: GraphNode | undefined = ghost; node; node = node.parent) {
      let weight = node.weight.precommit;
      for (const ballot of twice)
        if (ballot.votes.some((one) => one.node && node && isNodeAtOrAbove(one.node, node)))
          weight += ballot.weight;
      if (weight >= threshold) return node.block;
    }
    return undefined;
  }
}

function emptyTally(): Tally {
  return { ballots: new Map(), unplaced: 0, seen: 0n, equivocated: 0n };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
