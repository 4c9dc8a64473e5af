/**
 * GRANDPA's predicates over whole sets of votes, as the paper words them: slow, obvious, to compare with.
 *
 * A vote set is every vote of one kind; a voter with two different votes equivocates and counts for every block.
 */
import { type BlockRef, isSameBlock } from "../src/index.ts";

export interface SpecVote {
  readonly voter: number;
  readonly block: BlockRef;
}

export interface SpecRound {
  readonly weights: readonly bigint[];
  readonly base: BlockRef;
  /** Base and everything above it. */
  readonly blocks: readonly BlockRef[];
  readonly isAtOrAbove: (block: BlockRef, ancestor: BlockRef) => boolean;
  readonly prevotes: readonly SpecVote[];
  readonly precommits: readonly SpecVote[];
}

export interface SpecState {
  readonly ghost: BlockRef | undefined;
  readonly estimate: BlockRef | undefined;
  readonly finalized: BlockRef | undefined;
  readonly completable: boolean;
}

export function specState(round: SpecRound): SpecState {
  const { base, blocks, isAtOrAbove, weights } = round;
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  const tolerated = (total - 1n) / 3n;
  const threshold = total - tolerated;
  const weightOf = (voters: Iterable<number>): bigint =>
    [...new Set(voters)].reduce((sum, voter) => sum + (weights[voter] ?? 0n), 0n);
  const equivocators = (votes: readonly SpecVote[]): readonly number[] =>
    votes
      .filter((a) => votes.some((b) => a.voter === b.voter && !isSameBlock(a.block, b.block)))
      .map(({ voter }) => voter);
  const supporters = (votes: readonly SpecVote[], block: BlockRef): readonly number[] => [
    ...equivocators(votes),
    ...votes.filter((vote) => isAtOrAbove(vote.block, block)).map(({ voter }) => voter),
  ];
  const voted = (votes: readonly SpecVote[]): readonly number[] => votes.map(({ voter }) => voter);
  const { prevotes, precommits } = round;

  if (weightOf(voted(prevotes)) < threshold)
    return { ghost: undefined, estimate: undefined, finalized: undefined, completable: false };
  const ghost =
    highest(blocks.filter((b) => weightOf(supporters(prevotes, b)) >= threshold)) ?? base;

  /** Could precommits that have not been seen, and equivocations to come, still make a supermajority? */
  const isPossible = (block: BlockRef | "unseen child"): boolean => {
    const support =
      block === "unseen child" ? equivocators(precommits) : supporters(precommits, block);
    const unseen = total - weightOf(voted(precommits));
    const against = weightOf(voted(precommits)) - weightOf(support);
    const mayTurn = tolerated - weightOf(equivocators(precommits));
    const turning = mayTurn < 0n ? 0n : mayTurn < against ? mayTurn : against;
    return weightOf(support) + unseen + turning >= threshold;
  };
  const estimate =
    highest(blocks.filter((block) => isAtOrAbove(ghost, block) && isPossible(block))) ?? base;
  const children = blocks.filter((b) => b.number === ghost.number + 1 && isAtOrAbove(b, ghost));
  const completable =
    !isSameBlock(estimate, ghost) ||
    (!isPossible("unseen child") && !children.some((child) => isPossible(child)));
  const shown = (block: BlockRef): bigint =>
    weightOf(precommits.filter((vote) => isAtOrAbove(vote.block, block)).map((v) => v.voter));
  const finalized = highest(
    blocks.filter((block) => isAtOrAbove(ghost, block) && shown(block) >= threshold),
  );
  return { ghost, estimate, finalized, completable };
}

function highest(blocks: readonly BlockRef[]): BlockRef | undefined {
  return blocks.reduce<BlockRef | undefined>(
    (best, block) => (best && best.number >= block.number ? best : block),
    undefined,
  );
}
