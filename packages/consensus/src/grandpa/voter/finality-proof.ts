/** Justifications and commits made of precommits. */
import { type BlockRef, bytesKey, isSameBlock } from "../../block-ref.ts";
import type { Header } from "../../header.ts";
import type { Commit, Justification } from "../justification.ts";
import type { SignedTarget } from "../vote.ts";
import type { VoterChain } from "./voter-chain.ts";

export interface FinalityVotes {
  readonly round: bigint;
  readonly setId: bigint;
  readonly target: BlockRef;
  /** One of each voter, for `target` or blocks above it. */
  readonly precommits: readonly SignedTarget[];
}

/** @returns `undefined` when a header between the target and a vote's block is not known any more */
export function justificationOf(
  chain: VoterChain,
  { round, target, precommits }: FinalityVotes,
): Justification | undefined {
  const ancestries = new Map<string, Header>();
  for (const precommit of precommits) {
    let at = precommit.target;
    while (at.number > target.number && !ancestries.has(bytesKey(at.hash))) {
      const header = chain.header(at.hash);
      if (header === undefined) return undefined;
      ancestries.set(bytesKey(at.hash), header);
      at = { hash: header.parentHash, number: at.number - 1 };
    }
    if (at.number === target.number && !isSameBlock(at, target)) return undefined;
  }
  return { round, target, precommits, votesAncestries: [...ancestries.values()] };
}

export function commitOf({ round, setId, target, precommits }: FinalityVotes): Commit {
  return {
    round,
    setId,
    target,
    precommits: precommits.map((one) => one.target),
    signatures: precommits.map(({ signature, authority }) => ({ signature, authority })),
  };
}

export function precommitsOfCommit({ precommits, signatures }: Commit): readonly SignedTarget[] {
  return signatures.flatMap((signature, i) => {
    const target = precommits[i];
    return target ? [{ target, ...signature }] : [];
  });
}
