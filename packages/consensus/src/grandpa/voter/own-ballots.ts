/**
 * Own votes of the live rounds, and which of them are signed.
 *
 * **Bounds**: `MAX_LIVE_ROUNDS` rounds; the lowest go first. What went belongs to rounds in which nothing is cast any
 * more.
 */
import { assert } from "@pha/scale";
import type { BlockRef } from "../../block-ref.ts";
import type { VoteKind } from "../vote.ts";
import { MAX_LIVE_ROUNDS, type OwnVotes } from "./voter-record.ts";

interface OwnRound {
  votes: OwnVotes;
  readonly signed: Set<VoteKind>;
  /** Never to be signed. */
  readonly refused: Set<VoteKind>;
}

export interface UnsignedVote {
  readonly round: bigint;
  readonly kind: VoteKind;
  readonly block: BlockRef;
}

const KINDS: readonly VoteKind[] = ["proposal", "prevote", "precommit"];
const NONE: Readonly<Record<VoteKind, BlockRef | undefined>> = {
  proposal: undefined,
  prevote: undefined,
  precommit: undefined,
};

export class OwnBallots {
  readonly #rounds = new Map<bigint, OwnRound>();

  constructor(recorded: readonly OwnVotes[]) {
    for (const votes of recorded) this.#rounds.set(votes.round, untouched(votes));
  }

  of(round: bigint): Readonly<Record<VoteKind, BlockRef | undefined>> {
    return this.#rounds.get(round)?.votes ?? NONE;
  }

  isSigned(round: bigint, kind: VoteKind): boolean {
    return this.#rounds.get(round)?.signed.has(kind) ?? false;
  }

  cast(round: bigint, kind: VoteKind, block: BlockRef, base: BlockRef): void {
    const own = this.#rounds.get(round) ?? untouched({ round, base, ...NONE });
    assert(own.votes[kind] === undefined, "a round has one own vote of a kind");
    own.votes = { ...own.votes, [kind]: block };
    this.#rounds.set(round, own);
    while (this.#rounds.size > MAX_LIVE_ROUNDS) this.#dropLowest();
  }

  /** Takes a vote with the own signature that arrived from outside for the own one, unless there is one. */
  adopt(round: bigint, kind: VoteKind, block: BlockRef, base: BlockRef): void {
    if (this.of(round)[kind]) return;
    this.cast(round, kind, block, base);
    this.sign(round, kind);
  }

  sign(round: bigint, kind: VoteKind): void {
    this.#rounds.get(round)?.signed.add(kind);
  }

  refuse(round: bigint, kind: VoteKind): void {
    this.#rounds.get(round)?.refused.add(kind);
  }

  /** Those that wait for a signature, in the order in which they were cast. */
  unsigned(): readonly UnsignedVote[] {
    return this.records().flatMap((votes) =>
      KINDS.flatMap((kind) => {
        const block = votes[kind];
        return block && !this.#isDone(votes.round, kind)
          ? [{ round: votes.round, kind, block }]
          : [];
      }),
    );
  }

  keepFrom(lowest: bigint): void {
    for (const round of this.#rounds.keys()) if (round < lowest) this.#rounds.delete(round);
  }

  /** Ascending by round. */
  records(): readonly OwnVotes[] {
    return [...this.#rounds.values()]
      .map(({ votes }) => votes)
      .sort((a, b) => (a.round < b.round ? -1 : 1));
  }

  #isDone(round: bigint, kind: VoteKind): boolean {
    return this.isSigned(round, kind) || (this.#rounds.get(round)?.refused.has(kind) ?? false);
  }

  #dropLowest(): void {
    let lowest: bigint | undefined;
    for (const round of this.#rounds.keys())
      if (lowest === undefined || round < lowest) lowest = round;
    if (lowest !== undefined) this.#rounds.delete(lowest);
  }
}

function untouched(votes: OwnVotes): OwnRound {
  return { votes, signed: new Set(), refused: new Set() };
}
