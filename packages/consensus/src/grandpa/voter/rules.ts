/** The two rules that GRANDPA's safety rests on, as one value, so that the simulation can break one at a time. */
import type { BlockRef } from "../../block-ref.ts";
import { supermajorityOf } from "../authority-set.ts";

/** A completed round, to the one after it. */
export interface RoundResult {
  readonly base: BlockRef;
  readonly ghost: BlockRef;
  readonly estimate: BlockRef;
}

/** Of what was decided before the first round: a block that stands for all three. */
export function sameThrice(block: BlockRef): RoundResult {
  return { base: block, ghost: block, estimate: block };
}

export interface GrandpaRules {
  /** Least weight that decides. */
  readonly threshold: (totalWeight: bigint) => bigint;
  /** The block that every vote of a round must hold, by the round before it. */
  readonly floor: (previous: RoundResult) => BlockRef;
}

export const GRANDPA_RULES: GrandpaRules = {
  threshold: supermajorityOf,
  floor: ({ estimate }) => estimate,
};
