/**
 * Removes edges that are not needed: fewer edges, the same backing of every target and the same stake of every voter.
 *
 * First cycles of four (two voters sharing two targets), then cycles of any length: edges are added to a forest one by
 * one, and an edge that closes a cycle lets stake circulate until one edge of the cycle is empty. At most
 * voters + targets − 1 edges are left.
 *
 * @see npos §Reduce
 */
import { assert } from "@pha/scale";
import { U128_MAX } from "./arithmetic.ts";
import type { StakedAssignment } from "./assignment.ts";
import { Forest, type Node } from "./forest.ts";
import type { Id } from "./graph.ts";

export interface Reduced<V extends Id, C extends Id> {
  readonly assignments: readonly StakedAssignment<V, C>[];
  /** Number of edges that were removed. */
  readonly removed: number;
}

/** Both steps. Voters are named once; of a repeated target only the first edge is used. */
export function reduce<V extends Id, C extends Id>(
  assignments: readonly StakedAssignment<V, C>[],
): Reduced<V, C> {
  const stakes = new Stakes(assignments);
  breakFours(stakes);
  breakCycles(stakes);
  return stakes.result();
}

/** Only cycles of four. */
export function reduceFour<V extends Id, C extends Id>(
  assignments: readonly StakedAssignment<V, C>[],
): Reduced<V, C> {
  const stakes = new Stakes(assignments);
  breakFours(stakes);
  return stakes.result();
}

/** Only the general step. */
export function reduceAll<V extends Id, C extends Id>(
  assignments: readonly StakedAssignment<V, C>[],
): Reduced<V, C> {
  const stakes = new Stakes(assignments);
  breakCycles(stakes);
  return stakes.result();
}

interface Share<C extends Id> {
  readonly target: C;
  stake: bigint;
}

/** The edges, changed in place. */
class Stakes<V extends Id, C extends Id> {
  readonly voters: readonly V[];
  readonly #shares: ReadonlyMap<V, Share<C>[]>;
  removed = 0;

  constructor(assignments: readonly StakedAssignment<V, C>[]) {
    this.voters = assignments.map(({ who }) => who);
    this.#shares = new Map(
      assignments.map(({ who, distribution }) => [
        who,
        distribution.map(([target, stake]) => ({ target, stake })),
      ]),
    );
    assert(this.#shares.size === this.voters.length, "voters are named once");
  }

  of(voter: V): readonly Share<C>[] {
    return this.#shares.get(voter) ?? [];
  }

  /** First edge of the two. */
  edge(voter: V, target: C): Share<C> | undefined {
    return this.of(voter).find((share) => share.target === target);
  }

  /** Changes a stake, if there is the edge; an empty edge is removed, which is answered by `true`. */
  change(voter: V, target: C, by: bigint): boolean {
    const shares = this.#shares.get(voter);
    const at = shares?.findIndex((share) => share.target === target) ?? -1;
    const share = shares?.[at];
    if (shares === undefined || share === undefined) return false;
    const next = share.stake + by;
    share.stake = next < 0n ? 0n : next > U128_MAX ? U128_MAX : next;
    if (share.stake > 0n) return false;
    shares.splice(at, 1);
    this.removed++;
    return true;
  }

  result(): Reduced<V, C> {
    return {
      assignments: this.voters.map((who) => ({
        who,
        distribution: this.of(who).map(({ target, stake }) => [target, stake] as const),
      })),
      removed: this.removed,
    };
  }
}

/** A voter meets another one that shares two targets with it, in this order of the targets. */
function breakFours<V extends Id, C extends Id>(stakes: Stakes<V, C>): void {
  const seen = new Map<C, Map<C, V>>();
  for (const voter of stakes.voters) {
    const targets = stakes.of(voter).map(({ target }) => target);
    for (const [i, first] of targets.entries())
      for (const second of targets.slice(i + 1)) {
        const partners = seen.get(first) ?? new Map<C, V>();
        seen.set(first, partners);
        const other = partners.get(second);
        if (other === undefined) {
          partners.set(second, voter);
          continue;
        }
        const next = breakFour(stakes, voter, other, [first, second]);
        if (next === undefined) partners.delete(second);
        else partners.set(second, next);
      }
  }
}

/** @returns who stands for the pair of targets from now on; `undefined`: nobody */
function breakFour<V extends Id, C extends Id>(
  stakes: Stakes<V, C>,
  voter: V,
  other: V,
  pair: readonly [C, C],
): V | undefined {
  const own = stakes.of(voter).filter(({ target }) => pair.includes(target));
  const others = stakes.of(other).filter(({ target }) => pair.includes(target));
  // Edges were removed since the pair was listed, or a target is repeated.
  if (own.length !== 2) return other;
  if (others.length < 2) return voter;
  if (others.length > 2) return other;
  const [left, right] = own;
  if (left === undefined || right === undefined || left.target === right.target) return other;
  if (others[0]?.target !== left.target) others.reverse();
  const cycle = [left, right, ...others];
  let least = 0;
  for (const [i, { stake }] of cycle.entries())
    if (stake <= (cycle[least]?.stake ?? U128_MAX)) least = i;
  const amount = cycle[least]?.stake ?? 0n;
  // Edges alternate around the cycle: left, right, the other's right, the other's left.
  const shrinks = least === 0 || least === 3 ? [0, 3] : [1, 2];
  const emptied = [false, false];
  for (const [i, share] of cycle.entries())
    if (!shrinks.includes(i)) stakes.change(i < 2 ? voter : other, share.target, amount);
  for (const i of shrinks) {
    const target = cycle[i]?.target;
    if (target !== undefined && stakes.change(i < 2 ? voter : other, target, -amount))
      emptied[i < 2 ? 0 : 1] = true;
  }
  if (emptied[0] === true) return emptied[1] === true ? undefined : other;
  return voter;
}

/** Edge of a cycle between two neighbours on it. */
interface Step<V extends Id, C extends Id> {
  /** Position of the voter on the cycle. */
  readonly at: number;
  readonly direction: "previous" | "next";
  readonly voter: V;
  readonly target: C;
}

function breakCycles<V extends Id, C extends Id>(stakes: Stakes<V, C>): void {
  const forest = new Forest<V, C>();
  for (const voter of stakes.voters)
    for (let at = 0; ; ) {
      const share = stakes.of(voter)[at];
      if (share === undefined) break;
      if (!addEdge(stakes, forest, voter, share.target)) at++;
    }
}

/** @returns whether an edge of `voter` itself was removed, so that the next one is in its place */
function addEdge<V extends Id, C extends Id>(
  stakes: Stakes<V, C>,
  forest: Forest<V, C>,
  voter: V,
  target: C,
): boolean {
  const voterIsNew = !forest.hasVoter(voter);
  const targetIsNew = !forest.hasTarget(target);
  const from = forest.voter(voter);
  const to = forest.target(target);
  if (targetIsNew || voterIsNew) {
    if (targetIsNew) to.parent = from;
    else from.parent = to;
    return false;
  }
  const fromPath = forest.pathOf(from);
  const toPath = forest.pathOf(to);
  if (fromPath.at(-1) !== toPath.at(-1)) {
    forest.join(fromPath, toPath);
    return false;
  }
  return breakCycle(stakes, fromPath, toPath, voter);
}

/** Lets stake circulate on the cycle that the edge between the starts of the two paths closes. */
function breakCycle<V extends Id, C extends Id>(
  stakes: Stakes<V, C>,
  fromPath: readonly Node<V, C>[],
  toPath: readonly Node<V, C>[],
  voter: V,
): boolean {
  const common = commonTail(fromPath, toPath);
  const toLength = toPath.length - common;
  const cycle = [
    ...toPath.slice(0, toLength + 1),
    ...fromPath.slice(0, fromPath.length - common).reverse(),
  ];
  const steps = stepsOf(cycle);
  let least: Step<V, C> | undefined;
  let amount = U128_MAX;
  for (const step of [...steps].sort(nextFirst)) {
    const stake = stakes.edge(step.voter, step.target)?.stake;
    if (stake !== undefined && stake < amount) {
      amount = stake;
      least = step;
    }
  }
  assert(least !== undefined, "a cycle has edges with stake");
  const removed: (readonly [Node<V, C>, Node<V, C>])[] = [];
  let ownRemoved = false;
  for (const step of steps) {
    // Neighbouring edges change in opposite directions.
    const sign = positionOf(step) % 2 === positionOf(least) % 2 ? -1n : 1n;
    if (!stakes.change(step.voter, step.target, sign * amount)) continue;
    if (step.voter === voter) ownRemoved = true;
    if (step !== least) removed.push(endsOf(cycle, step));
  }
  reorganize(cycle, least, fromPath, toPath, positionOf(least) > toLength);
  for (const [a, b] of removed)
    if (a.parent === b) a.parent = undefined;
    else if (b.parent === a) b.parent = undefined;
  return ownRemoved;
}

/** Number of the edge on the cycle: the one between i − 1 and i is number i. */
function positionOf<V extends Id, C extends Id>({ at, direction }: Step<V, C>): number {
  return direction === "next" ? at + 1 : at;
}

function commonTail<T>(a: readonly T[], b: readonly T[]): number {
  let count = 0;
  while (count < a.length && count < b.length && a.at(-1 - count) === b.at(-1 - count)) count++;
  return count;
}

/** Edges of a cycle, voter by voter: the edge before the voter, then the one after. */
function stepsOf<V extends Id, C extends Id>(cycle: readonly Node<V, C>[]): readonly Step<V, C>[] {
  return cycle.flatMap((node, at): Step<V, C>[] => {
    if (node.role !== "voter") return [];
    const before = cycle.at(at - 1);
    const after = cycle[(at + 1) % cycle.length];
    assert(before?.role === "target" && after?.role === "target", "roles alternate on a cycle");
    return [
      { at, direction: "previous", voter: node.who, target: before.who },
      { at, direction: "next", voter: node.who, target: after.who },
    ];
  });
}

/** The least edge is looked for after the voter first; equal ones are told apart by that. */
function nextFirst(a: Step<Id, Id>, b: Step<Id, Id>): number {
  if (a.at !== b.at) return a.at - b.at;
  return a.direction === b.direction ? 0 : a.direction === "next" ? -1 : 1;
}

function endsOf<V extends Id, C extends Id>(
  cycle: readonly Node<V, C>[],
  { at, direction }: Step<V, C>,
): readonly [Node<V, C>, Node<V, C>] {
  const node = cycle[at];
  const neighbour = direction === "next" ? cycle[(at + 1) % cycle.length] : cycle.at(at - 1);
  assert(node !== undefined && neighbour !== undefined, "a step is on its cycle");
  return [node, neighbour];
}

/** Takes the emptied edge out of the forest and the new one in: the path up to the emptied edge is turned round. */
function reorganize<V extends Id, C extends Id>(
  cycle: readonly Node<V, C>[],
  least: Step<V, C>,
  fromPath: readonly Node<V, C>[],
  toPath: readonly Node<V, C>[],
  inFromPath: boolean,
): void {
  // The new edge itself, between the last of the cycle and the first, never gets in.
  if (least.at === cycle.length - 1 && least.direction === "next") return;
  const ends = endsOf(cycle, least);
  const [path, other] = inFromPath ? [fromPath, toPath] : [toPath, fromPath];
  for (const [i, node] of path.entries()) {
    const next = path[i + 1];
    if (next === undefined || (ends.includes(node) && ends.includes(next))) break;
    next.parent = node;
  }
  const [start] = path;
  if (start) start.parent = other[0];
}
