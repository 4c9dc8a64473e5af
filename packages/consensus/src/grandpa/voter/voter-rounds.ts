/**
 * The rounds a voter keeps: those in the background whose estimates are not final, the current one, the next one when
 * votes for it come early, and one that a catch-up brought.
 *
 * **Bounds**: `MAX_BACKGROUND` rounds before the current one, the lowest go first; two after it.
 */
import { assert } from "@pha/scale";
import type { BlockRef } from "../../block-ref.ts";
import { Round, type RoundState, type WeightedKind } from "./round.ts";
import type { RoundResult } from "./rules.ts";
import type { VoterChain } from "./voter-chain.ts";
import type { CompletedRound, VoterRecord } from "./voter-record.ts";
import type { VoterSet } from "./voter-set.ts";

export const MAX_BACKGROUND = 4;

/** What an operator sees of a round. */
export interface RoundView {
  readonly round: bigint;
  readonly totalWeight: bigint;
  readonly thresholdWeight: bigint;
  readonly prevoteWeight: bigint;
  readonly precommitWeight: bigint;
  /** Keys that have not voted, in the order of the set. */
  readonly missingPrevotes: readonly Uint8Array[];
  readonly missingPrecommits: readonly Uint8Array[];
  readonly state: RoundState;
}

export interface VoterRoundsOptions {
  readonly voters: VoterSet;
  readonly chain: VoterChain;
  readonly finalized: BlockRef;
  /** Of this set. */
  readonly record: VoterRecord | undefined;
}

export class VoterRounds {
  readonly #voters: VoterSet;
  readonly #chain: VoterChain;
  readonly #rounds = new Map<bigint, Round>();
  #current = 1n;
  #catchUp: bigint | undefined;
  /** Result of the round before the current one when that was begun; its votes may say more by now. */
  #previous: RoundResult | undefined;

  constructor({ voters, chain, finalized, record }: VoterRoundsOptions) {
    this.#voters = voters;
    this.#chain = chain;
    if (record) {
      assert(
        record.round === 1n || record.previous,
        "a later round is recorded with the one before",
      );
      this.#current = record.round;
      for (const { round, base } of record.own) this.#make(round, base);
      if (record.previous) this.#restore(record.previous, finalized);
    }
    this.open(this.#current, finalized);
  }

  get current(): bigint {
    return this.#current;
  }

  get count(): number {
    return this.#rounds.size;
  }

  get round(): Round {
    const round = this.#rounds.get(this.#current);
    assert(round, "the current round is kept");
    return round;
  }

  get lowest(): bigint {
    let lowest = this.#current;
    for (const number of this.#rounds.keys()) if (number < lowest) lowest = number;
    return lowest;
  }

  /** Result of the round before the current one; `undefined` in round 1. */
  previous(): RoundResult | undefined {
    if (this.#current === 1n) return undefined;
    const round = this.#rounds.get(this.#current - 1n);
    return (round && resultOf(round)) ?? this.#previous;
  }

  /** The round before the current one with its votes; `undefined` in round 1 and when its votes are not known. */
  completed(): CompletedRound | undefined {
    const round = this.#rounds.get(this.#current - 1n);
    const result = this.previous();
    if (round === undefined || result === undefined) return undefined;
    const { ghost, estimate } = result;
    return {
      round: round.number,
      base: round.base,
      ghost,
      estimate,
      prevotes: round.votes("prevote"),
      precommits: round.votes("precommit"),
    };
  }

  /** Block that was final when the votes of the round before the current one were counted last. */
  decidedInCompleted(): BlockRef | undefined {
    return this.#rounds.get(this.#current - 1n)?.decided;
  }

  /** Whether votes of a round are taken. */
  isLive(round: bigint): boolean {
    return this.#rounds.has(round) || round === this.#current + 1n;
  }

  holds(round: bigint, kind: WeightedKind, voter: number, target: BlockRef): boolean {
    return this.#rounds.get(round)?.holds(kind, voter, target) ?? false;
  }

  proposalOf(round: bigint): BlockRef | undefined {
    return this.#rounds.get(round)?.proposal;
  }

  baseOf(round: bigint, finalized: BlockRef): BlockRef {
    return this.#rounds.get(round)?.base ?? finalized;
  }

  open(round: bigint, finalized: BlockRef): Round {
    return this.#rounds.get(round) ?? this.#make(round, finalized);
  }

  /** As `open`, for any round from the current one on; the one opened this way before is dropped. */
  openCatchUp(round: bigint, finalized: BlockRef): Round {
    if (round > this.#current + 1n) {
      if (this.#catchUp !== undefined && this.#catchUp !== round && this.#catchUp > this.#current)
        this.#rounds.delete(this.#catchUp);
      this.#catchUp = round;
    }
    return this.open(round, finalized);
  }

  begin(number: bigint, finalized: BlockRef): void {
    const before = this.#rounds.get(number - 1n);
    this.#previous = before && resultOf(before);
    assert(this.#previous, "a round begins when the one before it is completable");
    this.#current = number;
    this.#catchUp = undefined;
    this.open(number, finalized);
    this.prune(finalized);
  }

  /** After finality moved. */
  onFinalized(finalized: BlockRef): void {
    for (const round of this.#rounds.values()) round.rebase(finalized);
    this.prune(finalized);
  }

  /** Lets rounds go that can decide nothing more; the one before the current one stays, to be shown to others. */
  prune(finalized: BlockRef): void {
    const background: bigint[] = [];
    for (const [number, round] of this.#rounds) {
      if (number >= this.#current - 1n) continue;
      const { estimate } = round.state;
      if (estimate === undefined || estimate.number <= finalized.number)
        this.#rounds.delete(number);
      else background.push(number);
    }
    background.sort((a, b) => (a < b ? -1 : 1));
    for (const number of background.slice(0, Math.max(0, background.length - MAX_BACKGROUND + 1)))
      this.#rounds.delete(number);
  }

  refresh(finalizedNumber: number): void {
    for (const round of this.#rounds.values()) round.refresh(finalizedNumber);
  }

  /** Later than the current one, and completable by the votes that came. */
  highestCompletableAhead(): bigint | undefined {
    let highest: bigint | undefined;
    for (const [number, round] of this.#rounds)
      if (number > this.#current && number > (highest ?? 0n) && round.state.completable)
        highest = number;
    return highest;
  }

  all(): Iterable<Round> {
    return this.#rounds.values();
  }

  missingBlocks(): readonly BlockRef[] {
    return [...this.#rounds.values()].flatMap((round) => round.missingBlocks());
  }

  views(): readonly RoundView[] {
    return [...this.#rounds.values()]
      .filter(({ number }) => number <= this.#current)
      .sort((a, b) => (a.number > b.number ? -1 : 1))
      .map((round) => this.#viewOf(round));
  }

  #viewOf(round: Round): RoundView {
    const { voters, total, threshold } = this.#voters;
    const missing = (kind: WeightedKind) =>
      voters.flatMap(({ key }, voter) => (round.has(kind, voter) ? [] : [key]));
    return {
      round: round.number,
      totalWeight: total,
      thresholdWeight: threshold,
      prevoteWeight: round.weightOf("prevote"),
      precommitWeight: round.weightOf("precommit"),
      missingPrevotes: missing("prevote"),
      missingPrecommits: missing("precommit"),
      state: round.state,
    };
  }

  #make(number: bigint, base: BlockRef): Round {
    const round = new Round({ number, base, voters: this.#voters, chain: this.#chain });
    this.#rounds.set(number, round);
    return round;
  }

  #restore(
    { round: number, base, ghost, estimate, prevotes, precommits }: CompletedRound,
    finalized: BlockRef,
  ): void {
    const round = this.#rounds.get(number) ?? this.#make(number, base);
    this.#previous = { base, ghost, estimate };
    for (const [kind, votes] of [
      ["prevote", prevotes],
      ["precommit", precommits],
    ] as const)
      for (const vote of votes) {
        const voter = this.#voters.indexOf(vote.authority);
        if (voter !== undefined) round.add(kind, voter, vote, finalized.number);
      }
  }
}

function resultOf({ base, state }: Round): RoundResult | undefined {
  const { ghost, estimate, completable } = state;
  return completable && ghost && estimate ? { base, ghost, estimate } : undefined;
}
