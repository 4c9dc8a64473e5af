/**
 * Which nodes stay in memory: the most recently used half of the budget, upper levels first.
 *
 * A walk marks every node it comes through, so a parent is never older than its children, and letting a node go lets
 * its whole subtree go.
 */
import type { TrieNode } from "./node.ts";
import type { CacheBudget } from "./trie.ts";

/** Ages that are told apart; older nodes count as of this age. */
const AGES = 256;

/** Unlinks nodes until at most half of the budget is in use under this root, unless a quarter is free already. */
export function trimCache(root: TrieNode, budget: CacheBudget): void {
  const { clock, limit } = budget;
  const nodes: TrieNode[] = [root];
  const byAge = new Uint32Array(AGES + 1);
  for (let i = 0; i < nodes.length; i++) {
    const kids = nodes[i]?.kids;
    if (kids === undefined) continue;
    for (let nibble = 0; nibble < 16; nibble++) {
      const kid = kids[nibble];
      if (kid === undefined) continue;
      nodes.push(kid);
      const age = Math.min(clock - kid.usedAt, AGES);
      byAge[age] = (byAge[age] ?? 0) + 1;
    }
  }
  budget.count = nodes.length;
  if (nodes.length <= limit * 0.75) return;
  const keep = Math.max(1, limit >> 1);
  let oldest = 0;
  for (let kept = byAge[0] ?? 0; kept < keep && oldest < AGES; kept += byAge[oldest] ?? 0) oldest++;
  let end = 1;
  for (let i = 0; i < end; i++) {
    const kids = nodes[i]?.kids;
    if (kids === undefined) continue;
    for (let nibble = 0; nibble < 16; nibble++) {
      const kid = kids[nibble];
      if (kid === undefined) continue;
      if (end < keep && Math.min(clock - kid.usedAt, AGES) <= oldest) nodes[end++] = kid;
      else kids[nibble] = undefined;
    }
  }
  budget.count = end;
}
