/**
 * Which nodes stay in memory: the most recently used half of the budget, upper levels first.
 *
 * A walk marks every node it comes through, so a parent is never older than its children, and letting a node go lets
 * its whole subtree go.
 */
import type { TrieNode } from "./node.ts";
import type { CacheBudget } from "./trie.ts";

/** Unlinks nodes until at most half of the budget is in use under this root, unless a quarter is free already. */
export function trimCache(root: TrieNode, budget: CacheBudget): void {
  const all = linkedNodes(root);
  budget.count = all.length;
  if (all.length <= budget.limit * 0.75) return;
  const keep = Math.max(1, budget.limit >> 1);
  const times = Float64Array.from(all, (node) => node.usedAt).sort();
  const oldest = times[times.length - keep] ?? 0;
  const kept: TrieNode[] = [root];
  for (let i = 0; i < kept.length; i++) {
    const kids = kept[i]?.kids;
    if (kids === undefined) continue;
    for (let nibble = 0; nibble < 16; nibble++) {
      const kid = kids[nibble];
      if (kid === undefined) continue;
      if (kid.usedAt >= oldest && kept.length < keep) kept.push(kid);
      else kids[nibble] = undefined;
    }
  }
  budget.count = kept.length;
}

/** The nodes in memory under a root, level by level. */
function linkedNodes(root: TrieNode): readonly TrieNode[] {
  const nodes: TrieNode[] = [root];
  for (let i = 0; i < nodes.length; i++) {
    const kids = nodes[i]?.kids;
    if (kids === undefined) continue;
    for (const kid of kids) if (kid !== undefined) nodes.push(kid);
  }
  return nodes;
}
