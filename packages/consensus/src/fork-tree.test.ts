import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesOf } from "../test/chain-builder.ts";
import { ForkTree, type TreeBlock } from "./fork-tree.ts";

const root = { hash: bytesOf(0), number: 10 };

function block(id: number, parent: number, number: number, primary = false): TreeBlock<number> {
  return { hash: bytesOf(id), parentHash: bytesOf(parent), number, primary, data: id };
}

function treeOf(...blocks: readonly TreeBlock<number>[]): ForkTree<number> {
  const tree = new ForkTree<number>(root);
  for (const item of blocks) expect(tree.insert(item)).toEqual({ ok: true, value: undefined });
  return tree;
}

test("an empty tree is best at its root", () => {
  expect(treeOf().best).toEqual(root);
});

test("the longer chain is best when no claim is primary", () => {
  const tree = treeOf(block(1, 0, 11), block(2, 0, 11), block(3, 2, 12));
  expect(tree.best.hash).toEqual(bytesOf(3));
});

test("more primary claims beat more blocks", () => {
  const tree = treeOf(block(1, 0, 11, true), block(2, 0, 11), block(3, 2, 12), block(4, 3, 13));
  expect(tree.best.hash).toEqual(bytesOf(1));
});

test("of equal chains the one seen first stays best", () => {
  const tree = treeOf(block(1, 0, 11, true), block(2, 0, 11, true));
  expect(tree.best.hash).toEqual(bytesOf(1));
});

test("finalizing drops other chains and moves the best off them", () => {
  const tree = treeOf(
    block(1, 0, 11, true),
    block(2, 0, 11),
    block(3, 1, 12, true),
    block(4, 2, 12),
    block(5, 4, 13),
  );
  expect(tree.best.hash).toEqual(bytesOf(3));
  const result = tree.finalize(bytesOf(4));
  expect(result.ok && result.value.finalized.map(({ data }) => data)).toEqual([2, 4]);
  expect(result.ok && result.value.pruned.map(({ data }) => data)).toEqual([1, 3]);
  expect(tree.root).toEqual({ hash: bytesOf(4), number: 12 });
  expect(tree.best.hash).toEqual(bytesOf(5));
  expect(tree.size).toBe(1);
  expect(tree.pathTo(bytesOf(5)).map(({ data }) => data)).toEqual([5]);
});

test("refuses duplicates, orphans, wrong heights, unknown blocks and too many blocks", () => {
  const tree = new ForkTree<number>(root, { maxBlocks: 2 });
  expect(tree.insert(block(1, 0, 11)).ok).toBe(true);
  expect(tree.insert(block(1, 0, 11))).toMatchObject({ error: { code: "fork-tree/duplicate" } });
  expect(tree.insert(block(0, 1, 12))).toMatchObject({ error: { code: "fork-tree/duplicate" } });
  expect(tree.insert(block(2, 9, 11))).toMatchObject({
    error: { code: "fork-tree/unknown-parent" },
  });
  expect(tree.insert(block(2, 1, 11))).toMatchObject({
    error: { code: "fork-tree/wrong-number", expected: 12, actual: 11 },
  });
  expect(tree.insert(block(2, 1, 12)).ok).toBe(true);
  expect(tree.insert(block(3, 2, 13))).toMatchObject({ error: { code: "fork-tree/full" } });
  expect(tree.finalize(bytesOf(7))).toMatchObject({ error: { code: "fork-tree/unknown-block" } });
});

test("agrees with a naive model on random insertions and finalizations", () => {
  const step = fc.record({
    parent: fc.nat(40),
    primary: fc.boolean(),
    finalize: fc.nat(9).map((n) => n === 0),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const tree = new ForkTree<number>(root);
      const all: TreeBlock<number>[] = [];
      let finalized = 0;
      const byId = (id: number) => all.find(({ data }) => data === id);
      const ancestors = (id: number): number[] => {
        const item = byId(id);
        return item ? [id, ...ancestors(item.parentHash[0] ?? 0)] : [id];
      };
      const alive = () =>
        all.filter(({ data }) => data !== finalized && ancestors(data).includes(finalized));
      for (const [i, { parent, primary, finalize }] of steps.entries()) {
        const candidates = [finalized, ...alive().map(({ data }) => data)];
        const chosen = candidates[parent % candidates.length] ?? 0;
        const number = (byId(chosen)?.number ?? root.number) + 1;
        const item = block(i + 1, chosen, number, primary);
        expect(tree.insert(item).ok).toBe(true);
        all.push(item);
        if (finalize) {
          expect(tree.finalize(item.hash).ok).toBe(true);
          finalized = item.data;
        }
        const rank = ({ data, number: height }: TreeBlock<number>) =>
          ancestors(data).filter((id) => byId(id)?.primary).length * 1000 + height;
        let best: TreeBlock<number> | undefined;
        for (const other of alive()) if (!best || rank(other) > rank(best)) best = other;
        expect(tree.best.hash[0]).toBe(best?.data ?? finalized);
        expect(tree.size).toBe(alive().length);
        for (const a of alive())
          for (const b of alive())
            expect(tree.isDescendant(a, b)).toBe(
              a.data !== b.data && ancestors(a.data).includes(b.data),
            );
      }
    }),
    { numRuns: 60 },
  );
});

test("chains are compared by the same claims whether they came before or after finality", () => {
  const tree = treeOf(block(1, 0, 11, true), block(2, 1, 12), block(3, 2, 13));
  tree.finalize(bytesOf(1));
  tree.insert(block(4, 1, 12, true));
  expect(tree.best.hash).toEqual(bytesOf(4));
});

test("the best chain that holds a block is found on every fork", () => {
  const tree = treeOf(
    block(1, 0, 11, true),
    block(2, 1, 12, true),
    block(3, 0, 11),
    block(4, 3, 12),
    block(5, 3, 12, true),
    block(6, 4, 13),
  );
  const heads = [0, 1, 3, 4, 5, 6].map((id) => tree.bestContaining(bytesOf(id))?.hash[0]);
  expect(heads).toEqual([2, 2, 5, 6, 5, 6]);
  expect(tree.bestContaining(bytesOf(9))).toBeUndefined();
  tree.finalize(bytesOf(3));
  expect(tree.bestContaining(bytesOf(1))).toBeUndefined();
  expect(tree.bestContaining(bytesOf(3))?.hash).toEqual(bytesOf(5));
});
