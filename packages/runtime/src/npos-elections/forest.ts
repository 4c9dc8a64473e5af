/** Forest of voters and targets, in which each node knows its parent: what `reduce` finds cycles with. */
import type { Id } from "./graph.ts";

interface Rooted<V extends Id, C extends Id> {
  parent: Node<V, C> | undefined;
}
export interface VoterNode<V extends Id, C extends Id> extends Rooted<V, C> {
  readonly role: "voter";
  readonly who: V;
}
export interface TargetNode<V extends Id, C extends Id> extends Rooted<V, C> {
  readonly role: "target";
  readonly who: C;
}
export type Node<V extends Id, C extends Id> = VoterNode<V, C> | TargetNode<V, C>;

/** A voter and a target of one name are different nodes. */
export class Forest<V extends Id, C extends Id> {
  readonly #voters = new Map<V, VoterNode<V, C>>();
  readonly #targets = new Map<C, TargetNode<V, C>>();

  hasVoter(who: V): boolean {
    return this.#voters.has(who);
  }

  hasTarget(who: C): boolean {
    return this.#targets.has(who);
  }

  voter(who: V): VoterNode<V, C> {
    const node = this.#voters.get(who) ?? { role: "voter", who, parent: undefined };
    this.#voters.set(who, node);
    return node;
  }

  target(who: C): TargetNode<V, C> {
    const node = this.#targets.get(who) ?? { role: "target", who, parent: undefined };
    this.#targets.set(who, node);
    return node;
  }

  /** From the node up to its root. */
  pathOf(start: Node<V, C>): readonly Node<V, C>[] {
    const path = new Set<Node<V, C>>();
    for (let node: Node<V, C> | undefined = start; node && !path.has(node); node = node.parent)
      path.add(node);
    return [...path];
  }

  /** Makes two trees one by an edge between the starts of two paths: the shorter path is turned round. */
  join(a: readonly Node<V, C>[], b: readonly Node<V, C>[]): void {
    const [short, long] = a.length <= b.length ? [a, b] : [b, a];
    for (const [i, node] of short.entries()) {
      const next = short[i + 1];
      if (next) next.parent = node;
    }
    const [start] = short;
    if (start) start.parent = long[0];
  }
}
