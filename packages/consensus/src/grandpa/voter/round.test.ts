import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aChain, aHeader, aVoter, bytesOf, refOf } from "../../../test/chain-builder.ts";
import { type SpecVote, specState } from "../../../test/grandpa-specification.ts";
import { type BlockRef, bytesKey, isSameBlock } from "../../block-ref.ts";
import type { Header } from "../../header.ts";
import { Round, type WeightedKind } from "./round.ts";
import { isAtOrAbove, type VoterChain } from "./voter-chain.ts";
import { voterSetOf } from "./voter-set.ts";

/** A tree of 13 blocks: a trunk of 6, forks at 1 and 3. */
const genesis = aHeader();
const trunk = aChain(genesis, 6);
const low = aChain(trunk[0]!, 3, { salt: 1 });
const high = aChain(trunk[2]!, 3, { salt: 2 });
const all: readonly Header[] = [genesis, ...trunk, ...low, ...high];
const blocks = all.map(refOf);
const headers = new Map(all.map((header) => [bytesKey(refOf(header).hash), header]));
const chain: VoterChain = {
  header: (hash) => headers.get(bytesKey(hash)),
  bestContaining: () => undefined,
};

function roundOf(weights: readonly bigint[], from: VoterChain = chain): Round {
  const authorities = weights.map((weight, i) => ({ key: aVoter(i).key, weight }));
  const voters = voterSetOf({ setId: 0n, authorities });
  return new Round({ number: 1n, voters, base: blocks[0]!, chain: from });
}

function signed(block: BlockRef, voter: number) {
  return { target: block, signature: bytesOf(voter, 64), authority: aVoter(voter).key };
}

interface Cast {
  readonly kind: WeightedKind;
  readonly voter: number;
  readonly block: number;
}

/** What counts: a voter's first two different votes of a kind. */
function counted(casts: readonly Cast[], kind: WeightedKind): readonly SpecVote[] {
  const votes: SpecVote[] = [];
  for (const cast of casts) {
    if (cast.kind !== kind) continue;
    const block = blocks[cast.block]!;
    const own = votes.filter(({ voter }) => voter === cast.voter);
    if (own.length < 2 && !own.some((vote) => isSameBlock(vote.block, block)))
      votes.push({ voter: cast.voter, block });
  }
  return votes;
}

function expected(weights: readonly bigint[], casts: readonly Cast[]) {
  return specState({
    weights,
    base: blocks[0]!,
    blocks,
    isAtOrAbove: (block, ancestor) => isAtOrAbove(chain, block, ancestor),
    prevotes: counted(casts, "prevote"),
    precommits: counted(casts, "precommit"),
  });
}

/** Fewer than a third of the weight may vote twice, or there need not be one ghost. */
function isTolerable(weights: readonly bigint[], casts: readonly Cast[]): boolean {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  return (["prevote", "precommit"] as const).every((kind) => {
    const votes = counted(casts, kind);
    const twice = weights.filter((_, i) => votes.filter(({ voter }) => voter === i).length > 1);
    return twice.reduce((sum, weight) => sum + weight, 0n) <= (total - 1n) / 3n;
  });
}

const weightLists = fc.oneof(
  fc.integer({ min: 1, max: 7 }).map((n) => Array.from({ length: n }, () => 1n)),
  fc.array(fc.bigInt({ min: 1n, max: 5n }), { minLength: 1, maxLength: 6 }),
);

const games = weightLists.chain((weights) =>
  fc.record({
    weights: fc.constant(weights),
    casts: fc.array(
      fc.record({
        kind: fc.constantFrom<WeightedKind>("prevote", "precommit"),
        voter: fc.nat(weights.length - 1),
        // Mostly the trunk, so that something is decided.
        block: fc.oneof(fc.nat(6), fc.integer({ min: 3, max: 5 }), fc.nat(blocks.length - 1)),
      }),
      { maxLength: 24 },
    ),
  }),
);

describe("the vote graph agrees with the paper's predicates", () => {
  test("after every vote, equivocations and weights included", () => {
    let decided = 0;
    let twice = 0;
    fc.assert(
      fc.property(games, ({ weights, casts }) => {
        const round = roundOf(weights);
        for (const [i, { kind, voter, block }] of casts.entries()) {
          const added = round.add(kind, voter, signed(blocks[block]!, voter), 0);
          if (!isTolerable(weights, casts.slice(0, i + 1))) return;
          if (added.type === "equivocation") twice++;
          const want = expected(weights, casts.slice(0, i + 1));
          const { ghost, estimate, finalized, completable } = round.state;
          expect({ ghost, estimate, finalized, completable }).toEqual(want);
          if (completable) decided++;
        }
      }),
      { numRuns: 400 },
    );
    expect(decided).toBeGreaterThan(3);
    expect(twice).toBeGreaterThan(20);
  });

  test("when blocks are imported after the votes for them", () => {
    fc.assert(
      fc.property(games, ({ weights, casts }) => {
        if (!isTolerable(weights, casts)) return;
        let isImported = false;
        const round = roundOf(weights, {
          ...chain,
          header: (hash) => (isImported ? chain.header(hash) : undefined),
        });
        for (const { kind, voter, block } of casts)
          round.add(kind, voter, signed(blocks[block]!, voter), 0);
        isImported = true;
        round.refresh(0);
        expect(round.missingBlocks()).toEqual([]);
        const { ghost, estimate, finalized, completable } = round.state;
        expect({ ghost, estimate, finalized, completable }).toEqual(expected(weights, casts));
      }),
      { numRuns: 200 },
    );
  });
});

test("a completable round never has its estimate rise, nor its finalized block leave the estimate's chain", () => {
  fc.assert(
    fc.property(games, ({ weights, casts }) => {
      const round = roundOf(weights);
      let before: BlockRef | undefined;
      for (const [i, { kind, voter, block }] of casts.entries()) {
        round.add(kind, voter, signed(blocks[block]!, voter), 0);
        if (!isTolerable(weights, casts.slice(0, i + 1))) return;
        const { estimate, finalized, completable } = round.state;
        if (!completable || !estimate) continue;
        if (before) expect(isAtOrAbove(chain, before, estimate)).toBe(true);
        if (finalized) expect(isAtOrAbove(chain, estimate, finalized)).toBe(true);
        before = estimate;
      }
    }),
    { numRuns: 200 },
  );
});

test("a vote for a block under a wrong height, abandoned or below the base supports nothing above it", () => {
  const round = roundOf([1n, 1n, 1n, 1n]);
  expect(round.add("prevote", 0, signed({ ...blocks[2]!, number: 5 }, 0), 0)).toEqual({
    type: "wrong-number",
  });
  for (const voter of [0, 1]) round.add("prevote", voter, signed(blocks[2]!, voter), 0);
  const abandoned = { hash: bytesOf(9), number: 3 };
  round.add("prevote", 2, signed(abandoned, 2), 3);
  expect(round.state.ghost).toEqual(blocks[0]);
  expect(round.missingBlocks()).toEqual([]);
});

test("prevotes are settled when those to come cannot raise the ghost", () => {
  const round = roundOf([1n, 1n, 1n, 1n]);
  round.add("prevote", 0, signed(blocks[1]!, 0), 0);
  round.add("prevote", 1, signed(blocks[2]!, 1), 0);
  round.add("prevote", 2, signed(blocks[2]!, 2), 0);
  // The fourth may make block 2 the ghost.
  expect(round.state).toMatchObject({ ghost: blocks[1], prevotesSettled: false });
  round.add("prevote", 3, signed(blocks[1]!, 3), 0);
  expect(round.state).toMatchObject({ ghost: blocks[1], prevotesSettled: true });
});
