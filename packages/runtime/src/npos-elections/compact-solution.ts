/**
 * A result of an election in few bytes: voters and targets by their positions in a snapshot, parts of 65,535.
 *
 * Votes are grouped by how many targets they have; the last target of a vote gets what the others leave.
 *
 * **Bounds**: `MAX_VOTES` votes of each group, 1 to 16 targets each. **Trust**: solutions come from anybody; what they
 * say is judged by `evaluateSolution`.
 *
 * @see polkadot-sdk "sp-npos-elections" NposSolution
 */
import { array, type Codec, compact, type Shape, tuple, u16, u32, vec } from "@pha/scale";
import { ONE_U16 } from "./arithmetic.ts";
import type { Assignment } from "./assignment.ts";

export const MAX_TARGETS_PER_VOTE = 16;
const MAX_VOTES = 10_000;

export interface CompactVote {
  /** Position of the voter in the snapshot. */
  readonly voter: number;
  /** All targets but the last, each with its part of the voter's stake, in 65,535ths. */
  readonly parts: readonly (readonly [target: number, part: number])[];
  /** Target that gets the rest. */
  readonly last: number;
}

/** In the order of their numbers of targets. */
export type CompactSolution = readonly CompactVote[];

const PerU16: Shape = {
  kind: "composite",
  path: ["sp_arithmetic", "per_things", "PerU16"],
  fields: [{ shape: u16.shape, typeName: "u16" }],
};
const voterIndex = compact(u32);
const targetIndex = compact(u16);
const compactPart: Codec<number> = { ...compact(u16), shape: { kind: "compact", inner: PerU16 } };
const targetPart = tuple(targetIndex, compactPart);

/** Votes of a number of targets. */
function group(targets: number): Codec<readonly CompactVote[]> {
  if (targets === 1) {
    const single = vec(tuple(voterIndex, targetIndex), MAX_VOTES);
    return {
      ...single,
      write: (w, votes) =>
        single.write(
          w,
          votes.map(({ voter, last }) => [voter, last]),
        ),
      read: (r) => single.read(r).map(([voter, last]) => ({ voter, parts: [], last })),
    };
  }
  const votesOf = vec(tuple(voterIndex, array(targetPart, targets - 1), targetIndex), MAX_VOTES);
  return {
    ...votesOf,
    write: (w, votes) =>
      votesOf.write(
        w,
        votes.map(({ voter, parts, last }) => [
          voter,
          parts.map(([target, part]): [number, number] => [target, part]),
          last,
        ]),
      ),
    read: (r) => votesOf.read(r).map(([voter, parts, last]) => ({ voter, parts, last })),
  };
}

const GROUPS = Array.from({ length: MAX_TARGETS_PER_VOTE }, (_, i) => group(i + 1));

export const CompactSolution: Codec<CompactSolution> = {
  shape: {
    kind: "composite",
    path: ["pha_runtime", "NposCompactSolution16"],
    fields: GROUPS.map(({ shape }, i) => ({ name: `votes${i + 1}`, shape })),
  },
  minBytes: GROUPS.length,
  write: (w, votes) => {
    for (const [i, codec] of GROUPS.entries())
      codec.write(
        w,
        votes.filter(({ parts }) => parts.length === i),
      );
  },
  read: (r) => GROUPS.flatMap((codec) => codec.read(r)),
};

/** Parts of 65,535 for all targets of a vote; `undefined` when one of them gets nothing, or the last no rest. */
export function assignmentOf({ voter, parts, last }: CompactVote): Assignment<number> | undefined {
  const sum = parts.reduce((total, [, part]) => total + BigInt(part), 0n);
  if (sum >= ONE_U16 || parts.some(([, part]) => part === 0)) return undefined;
  const given = parts.map(([target, part]) => [target, BigInt(part)] as const);
  return { who: voter, distribution: [...given, [last, ONE_U16 - sum]] };
}

/** @param assignment parts of 65,535 that sum up to it, of at most 16 targets; `undefined` without a target */
export function compactVote({ who, distribution }: Assignment<number>): CompactVote | undefined {
  const last = distribution.at(-1);
  if (last === undefined) return undefined;
  return {
    voter: who,
    parts: distribution.slice(0, -1).map(([target, part]) => [target, Number(part)] as const),
    last: last[0],
  };
}
